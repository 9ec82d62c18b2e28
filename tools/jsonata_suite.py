"""jsonata-js's own suite, run on the local cloud's JSONata as AWS configures it; the misses go to docs/jsonata.md.

    git clone https://github.com/jsonata-js/jsonata && git -C jsonata checkout v2.0.6
    .venv/bin/python -m tools.jsonata_suite jsonata

Several checkouts give a table each. The suite itself (MIT) is not kept here. It ends with 1 where a case misses for no
reason that is known, or a reason is given that no case needs any more.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.asl.data import ExpressionSyntaxError
from localcloud.asl.query.program import Program, QueryFailed
from localcloud.asl.query.values import UNDEFINED, JsonataError, LimitExceeded

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "jsonata.md"
MOMENT = 1_767_603_600.0

#: Why cases miss: (the start of their names, the reason). The first that fits is taken.
_LATER = "JSONata 2.1 has this operator. AWS has 2.0.6 and refuses it in a definition (measured by iwamot/sfnx)"
_ROOT = "The input is an array at the root. AWS has no root: it refuses names and `$` at the top of an expression"
_MEMORY = "AWS ends an expression that holds more than 873,782 numbers (measured by floci, pull 2783)"
REASONS: tuple[tuple[str, str], ...] = (
    ("function-eval/", "AWS has no `$eval` (developer guide); calling it is T1006 (floci, issue 2737)"),
    ("range-operator/case021", _MEMORY),
    ("range-operator/case024", _MEMORY),
    ("tail-recursion/case001", "AWS ends an expression that nests deeper than 100 (measured by floci, pull 2783)"),
    ("coalescing-operator/", _LATER),
    ("default-operator/", _LATER),
    ("flattening/array-inputs", _ROOT),
    ("flattening/case034", _ROOT),
    ("object-constructor/case024", _ROOT),
    ("sorting/case01", _ROOT),
    ("function-contains/case007", "jsonata-js mended this in 2.1; 2.0.6 fails as well, with an internal error"),
    ("joins/library-joins[12]", "jsonata-js mended this in 2.2; 2.0.6 fails as well, with an internal error"),
)


@dataclass(frozen=True)
class Case:
    """One case of the suite.

    Attributes:
        name: "group/file", and "[n]" where the file has several.
        spec: as TESTSUITE.md describes it.
        document: what the expression is applied to; UNDEFINED for nothing.
    """

    name: str
    spec: Mapping[str, Any]
    document: Any


def cases(checkout: Path) -> Iterator[Case]:
    """All cases of a checkout's suite, in the order of their names."""
    suite = checkout / "test" / "test-suite"
    datasets = {path.stem: _read(path) for path in (suite / "datasets").glob("*.json")}
    for path in sorted((suite / "groups").glob("*/*.json")):
        specs = _read(path)
        for number, spec in enumerate(specs if isinstance(specs, list) else [specs]):
            if "expr-file" in spec:
                spec["expr"] = (path.parent / spec["expr-file"]).read_text(encoding="utf-8")
            name = f"{path.parent.name}/{path.stem}" + (f"[{number}]" if isinstance(specs, list) else "")
            document = spec["data"] if "data" in spec else datasets.get(spec.get("dataset"), UNDEFINED)
            yield Case(name, spec, document)


def outcome(case: Case) -> Any:
    """What the expression gives: a value, UNDEFINED, or an error's code as a JsonataError."""
    variables = {"$": case.document, **(case.spec.get("bindings") or {})}
    try:
        return Program(case.spec["expr"]).run({}, variables, None, MOMENT, case.document)
    except ExpressionSyntaxError as error:
        return JsonataError(str(error.code))
    except QueryFailed as error:
        cause = error.__cause__
        # The suite knows one code for all limits.
        return cause if isinstance(cause, JsonataError) else JsonataError("U1001" if _is_limit(cause) else str(error))


def passes(case: Case, result: Any) -> bool:
    """Whether a result is the one that the case wants."""
    if "undefinedResult" in case.spec:
        return result is UNDEFINED
    if isinstance(result, JsonataError):
        return bool(result.code == _code(case))
    return "result" in case.spec and _same(result, case.spec["result"])


def report(checkout: Path) -> tuple[str, list[str]]:
    """The section of a checkout, and the names of the cases that miss."""
    version = _read(checkout / "package.json")["version"]
    count, misses = 0, []
    for case in cases(checkout):
        count += 1
        result = outcome(case)
        if not passes(case, result):
            misses.append((case, result))
    lines = [
        f"## jsonata-js {version}: {count - len(misses):,} of {count:,} cases",
        "",
        "| cases | expression | there | here | reason |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case, result in misses:
        expression = " ".join(case.spec["expr"].split())
        cells = (case.name, _cell(expression), _wanted(case), _shown(result), reason(case.name) or "**unexplained**")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines), [case.name for case, _ in misses]


def reason(name: str) -> str | None:
    """Why a case may miss."""
    return next((text for start, text in REASONS if name.startswith(start)), None)


def main(arguments: list[str] | None = None) -> int:
    """Run the suites, write docs/jsonata.md, and say what has no reason or has one too many."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkout", nargs="+", type=Path, help="a checkout of jsonata-js")
    sections, missed = [], []
    for checkout in parser.parse_args(arguments).checkout:
        section, names = report(checkout)
        sections.append(section)
        missed += names
    PAGE.write_text(INTRODUCTION + "\n" + "\n\n".join(sections) + "\n", encoding="utf-8")
    print("\n".join(section.partition("\n")[0].removeprefix("## ") for section in sections))
    unexplained = [name for name in missed if reason(name) is None]
    stale = [start for start, _ in REASONS if not any(name.startswith(start) for name in missed)]
    for name in unexplained:
        print(f"no reason is known: {name}")
    for start in stale:
        print(f"a reason is given and no case misses: {start}")
    return 1 if unexplained or stale else 0


INTRODUCTION = """# JSONata: what differs from jsonata-js, and why

Step Functions documents JSONata 2.0.6 without `$eval`, with six functions of its own and with limits. The local cloud
follows what AWS does. `python -m tools.jsonata_suite CHECKOUT...` runs jsonata-js's own suite on it and writes this
page; these are the cases that end otherwise here than there.
"""


def _is_limit(cause: BaseException | None) -> bool:
    return isinstance(cause, LimitExceeded | RecursionError)


def _code(case: Case) -> Any:
    return case.spec.get("code") or case.spec.get("error", {}).get("code")


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON values: true is not 1, 1 is 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _wanted(case: Case) -> str:
    if "undefinedResult" in case.spec:
        return "nothing"
    return _cell(json.dumps(case.spec["result"])) if "result" in case.spec else f"error {_code(case)}"


def _shown(result: Any) -> str:
    if isinstance(result, JsonataError):
        return f"error {result.code}"
    return "nothing" if result is UNDEFINED else _cell(json.dumps(result))


def _cell(text: str) -> str:
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    return "`" + shown.replace("|", "\\|").replace("`", "'") + "`"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
