"""`python -m tools.registry_table`: writes what is ours, kept and refused into localcloud/README.md."""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.cloud import Cloud
from localcloud.door import moto
from localcloud.door.registry import Kind
from tools.processes import ROOT

README = ROOT / "localcloud" / "README.md"

_BEGIN, _END = "<!-- begin: table (python -m tools.registry_table) -->", "<!-- end: table -->"


def actions(cloud: Cloud) -> Iterator[tuple[str, str, Kind]]:
    """Every action of botocore's models of the services that moto or we implement: service, action, what it is."""
    for service in sorted(moto.services() | cloud.registry.names):
        for action in cloud.session.get_service_model(service).operation_names:
            yield service, action, cloud.registry.kind(service, action)


def table(cloud: Cloud) -> str:
    """The table, in Markdown."""
    found: dict[str, dict[Kind, list[str]]] = {}
    for service, action, kind in actions(cloud):
        found.setdefault(service, {"ours": [], "kept": [], "refused": []})[kind].append(action)
    totals = {kind: sum(len(each[kind]) for each in found.values()) for kind in ("ours", "kept", "refused")}
    rows = [
        f"| {service} | {_names(each['ours'])} | {_names(each['kept'])} | {len(each['refused'])} |"
        for service, each in found.items()
        if each["ours"] or each["kept"]
    ]
    others = [service for service, each in found.items() if not each["ours"] and not each["kept"]]
    refused = sum(len(found[service]["refused"]) for service in others)
    return "\n".join(
        [
            f"Of {sum(totals.values()):,} actions of {len(found)} services, {totals['ours']} are ours, "
            f"{totals['kept']} are kept by moto and {totals['refused']:,} are refused.",
            "",
            "| service | ours | kept by moto | refused |",
            "| --- | --- | --- | ---: |",
            *rows,
            f"| {len(others)} others | | | {refused:,} |",
        ]
    )


def _names(names: list[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else ""


def written(text: str, made: str) -> str:
    """README's text with this table between its marks."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{made}\n\n{_END}{rest.partition(_END)[2]}"


def main() -> None:
    """Write the table."""
    cloud = Cloud()
    try:
        README.write_text(written(README.read_text("utf-8"), table(cloud)), "utf-8")
    finally:
        cloud.close()


if __name__ == "__main__":
    main()
