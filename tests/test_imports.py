"""No module of the packages imports itself by way of others, typing imports and lazy ones counted."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = ("helpers", "localcloud", "draw", "tools", "bench")


def modules() -> dict[str, Path]:
    """Every module of the packages: its name and its file."""
    found = {}
    for path in (each for package in PACKAGES for each in (ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of `known` that a file imports anywhere in it, under TYPE_CHECKING and inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                found.add(name if name in known else str(node.module))
    return found & known.keys()


def test_no_module_imports_itself_by_way_of_others() -> None:
    known = modules()
    graph = {name: imports(path, known) - {name} for name, path in known.items()}
    assert graph["localcloud.__main__"] > {"localcloud.aws_settings", "localcloud.cloud"}  # lazy ones count
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        raise AssertionError(" <- ".join(circle.args[1])) from None


def test_nothing_but_what_starts_a_cloud_imports_the_composition_root() -> None:
    known = modules()
    root = "localcloud.cloud"
    importers = {name for name, path in known.items() if root in imports(path, known)}
    importers -= {"tools.soak.hostile", "tools.soak.kills", "tools.soak.nonsense"}  # trials of a cloud in their process
    assert importers == {"localcloud.__main__", "bench.sagemaker", "tools.asl_corpus", "tools.registry_table"}


def test_one_file_touches_moto() -> None:
    touching = set()
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(each.partition(".")[0] == "moto" for each in names):
                touching.add(name)
    assert touching == {"localcloud.door.moto"}
