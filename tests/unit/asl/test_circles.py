"""The interpreter is layers: what a module imports never imports it back, not even for its types."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import helpers.localcloud.asl as asl

FOLDER = Path(asl.__file__).parent
PACKAGE = asl.__name__

#: The JSONata evaluator counts as one module here: it is a program of its own behind `jsonata`.
ONE = f"{PACKAGE}.query"


def modules() -> dict[str, Path]:
    """Every module of the interpreter by its dotted name."""
    found = {}
    for path in sorted(FOLDER.rglob("*.py")):
        parts = path.relative_to(FOLDER).with_suffix("").parts
        found[".".join([PACKAGE, *(part for part in parts if part != "__init__")])] = path
    return found


def imported(path: Path, names: set[str]) -> set[str]:
    """The modules that a file imports anywhere: at its top, in a function, under TYPE_CHECKING."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & names or {node.module}
    return found & names


def test_no_module_of_the_interpreter_imports_itself_by_way_of_others() -> None:
    paths = modules()
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        here = ONE if name.startswith(ONE) else name
        there = {ONE if other.startswith(ONE) else other for other in imported(path, set(paths))}
        graph.setdefault(here, set()).update(there - {here})
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle
    below, above = f"{PACKAGE}.running", f"{PACKAGE}.compiler"
    assert order.index(below) < order.index(f"{PACKAGE}.machine") < order.index(above)
