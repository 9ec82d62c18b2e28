"""`workshop.py bench lab`: each cell's seconds and longest silence, and the table of them in notebooks/README.md."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.lab.desk import CHROMIUM, FLAGS, laid
from bench.lab.listening import Cell, run_all
from tools.execute import NOTEBOOKS, find

README = NOTEBOOKS / "README.md"
BEGIN, END = "<!-- bench lab: begin -->", "<!-- bench lab: end -->"


def main(arguments: list[str] | None = None) -> int:
    """Run the named notebooks, or all, one after the other; returns 1 when a cell failed that should not."""
    parser = argparse.ArgumentParser(prog="workshop.py bench lab")
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args(arguments).names
    paths = sorted({path for name in names for path in find(name)} if names else NOTEBOOKS.glob("*.ipynb"))
    measured = {}
    with tempfile.TemporaryDirectory() as folder, laid(Path(folder)) as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for path in paths:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(desk.address(path.name))
            measured[path.name] = cells = run_all(page)
            page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            page.close()
            print(f"{path.name}: {sum(cell.seconds for cell in cells):.0f} s", file=sys.stderr, flush=True)
            print(details(path.name, cells), flush=True)
        browser.close()
    README.write_text(table(README.read_text(encoding="utf-8"), measured), encoding="utf-8")
    return 0


def details(name: str, cells: list[Cell]) -> str:
    """A notebook's cells that take a second or more."""
    lines = [name]
    for number, cell in enumerate(cells, 1):
        if cell.seconds >= 1:
            first = next((line for line in cell.source.splitlines() if line and not line.startswith("#")), "")
            lines.append(f"  [{number:2}] {cell.seconds:5.1f} s, silent {cell.silence:4.1f} s  {first[:70]}")
    return "\n".join(lines)


def table(page: str, measured: dict[str, list[Cell]]) -> str:
    """The running order with these figures in its table; those of other notebooks stay."""
    before, table, after = re.split(f"{BEGIN}\n(.*?){END}", page, maxsplit=1, flags=re.S)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines()[2:] if line}
    for name, cells in measured.items():
        slowest = max(cells, key=lambda cell: cell.seconds)
        silence = max(cell.silence for cell in cells)
        all_of_it = sum(cell.seconds for cell in cells)
        number = name.split("_")[0]
        rows[number] = f"| {number} | {all_of_it:.0f} s | {slowest.seconds:.0f} s | {silence:.1f} s |"
    head = "| notebook | Run All | its slowest cell | the longest silence |\n|---|---|---|---|\n"
    body = "".join(f"{rows[number]}\n" for number in sorted(rows))
    return f"{before}{BEGIN}\n{head}{body}{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
