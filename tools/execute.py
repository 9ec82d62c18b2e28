"""Execute notebooks in place and save their outputs, the same bytes each time."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def main(arguments: list[str] | None = None) -> int:
    """Execute the named notebooks, or all; returns 1 when one failed or would save what must not be saved."""
    parser = argparse.ArgumentParser(prog="workshop.py notebooks")
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args(arguments).names
    paths = sorted({path for name in names for path in find(name)} if names else NOTEBOOKS.glob("*.ipynb"))
    failed = False
    for path in paths:
        started = time.monotonic()
        problem = execute(path)
        failed |= problem is not None
        print(f"{path.name}: {problem or f'{time.monotonic() - started:.1f} s'}", flush=True)
    return int(failed)


def find(name: str) -> list[Path]:
    """Return the notebooks meant by `03`, `03_orchestrate` or a path; exits when there is none."""
    found = sorted(NOTEBOOKS.glob(f"{Path(name).stem}*.ipynb"))
    if not found:
        known = ", ".join(path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))) or "none yet"
        sys.exit(f"workshop: no notebook's name begins with {name!r}. There are: {known}.")
    return found


#: What a kernel runs to say the histories of its run.
HISTORIES = "print(__import__('json').dumps(__import__('tools.histories').histories.of_this_run()))"


def run(path: Path, timeout: int | None = None, *, then: str = HISTORIES) -> tuple[Any, dict[str, Any]]:
    """Runs a notebook from a fresh kernel.

    Args:
        path: the notebook's; the file stays as it is.
        timeout: seconds for one cell.
        then: what the kernel runs when a cell is about to clean up; it prints a JSON object.

    Returns:
        The executed notebook, and what was printed: else the histories of what it ran.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    found: dict[str, Any] = {}

    async def before(cell: Any, cell_index: int) -> None:
        if cell.cell_type == "code" and "clean_up()" in cell.source:
            printed: list[str] = []
            kernel: Any = client.kc
            await kernel.execute_interactive(
                then,
                store_history=False,
                allow_stdin=False,
                output_hook=lambda message: printed.append(message["content"].get("text", "")),
            )
            found.update(json.loads("".join(printed)))

    # Reached through files, where the system can: a port might be another process's before the kernel takes it.
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
        reached = {"transport": "ipc", "ip": f"{sockets}/k"} if zmq.has("ipc") else {}
        options: dict[str, Any] = {"config": Config(KernelManager=reached), "kernel_name": "python3"}
        client = NotebookClient(notebook, timeout=timeout, resources=folder, on_cell_execute=before, **options)
        client.execute()
    return notebook, found


def histories_of(path: Path) -> Path:
    """Where the histories of a notebook's executions are kept, beside which another cloud's are held."""
    return path.parent / "histories" / f"{path.stem}.json"


def execute(path: Path) -> str | None:
    """Run a notebook from a fresh kernel and save it; returns what went wrong, the file left as it was."""
    try:
        notebook, histories = run(path, 300)
    except CellExecutionError as error:
        return f"a cell failed; nothing is saved.\n{error}"
    normalise(notebook)
    leaks = machine_paths(notebook)
    if leaks:
        return f"an output names a path of this machine; nothing is saved: {', '.join(leaks)}"
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    histories_of(path).parent.mkdir(exist_ok=True)
    histories_of(path).write_text(json.dumps(histories, indent=1) + "\n", encoding="utf-8", newline="\n")
    for plan in plans(notebook):
        picture_of(path).write_bytes(plan)
    return None


def picture_of(path: Path) -> Path:
    """The picture at the top of a notebook, of what will be built."""
    return path.parent / "pictures" / f"{path.stem}.svg"


def plans(notebook: Any) -> list[bytes]:
    """The picture that a cell with the tag `plan` gives, as SVG: at most one."""
    cells = [cell for cell in notebook.cells if "plan" in cell.metadata.get("tags", [])]
    shown = "".join(output.get("data", {}).get("text/html", "") for cell in cells for output in cell.outputs)
    return [
        unquote(unescape(svg)).encode() for svg in re.findall(r'data:image/svg\+xml;charset=utf-8,([^"]+)', shown)[:1]
    ]


def normalise(notebook: Any) -> None:
    """Remove what differs between two runs or two machines: times, versions, random ids.

    Args:
        notebook: an executed notebook, changed in place.
    """
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        if cell.source.strip():
            count += 1
            cell.execution_count = count
        cell.outputs = _whole(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count


def _whole(outputs: list[Any]) -> list[Any]:
    """Printed text in one piece: on a busy machine, the kernel sends it in several."""
    whole: list[Any] = []
    for output in outputs:
        if whole and output.output_type == "stream" and whole[-1].get("name") == output.name:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def machine_paths(notebook: Any) -> list[str]:
    """Return the paths of this machine, and of any reader's home, that the outputs name."""
    prefixes = [str(NOTEBOOKS.parent), sys.prefix, str(Path.home()), tempfile.gettempdir()]
    homes = ["/home/", "/Users/", "/root/", r"[A-Z]:\\+Users\\"]
    pattern = "|".join([*map(re.escape, prefixes), *homes])
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sorted(set(re.findall(rf"(?:{pattern})[^\s\"'<>\\]*", json.dumps(outputs))))


if __name__ == "__main__":
    sys.exit(main())
