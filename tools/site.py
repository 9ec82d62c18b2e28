"""All notebooks as a site: `python3 workshop.py site`. It fetches nothing, needs no kernel; the browser searches it.

Sphinx builds it, with MyST-NB for notebooks and Furo's looks, all of the lock for tests. What they read stands in
build/source: the notebooks, without what only a person at a kernel or in front of a room needs, solutions folded in,
and executions as films.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
from sphinx.cmd.build import build_main

from tools import films
from tools.execute import NOTEBOOKS
from tools.processes import ROOT

BUILT = ROOT / "build"
#: What axe-core finds in what Sphinx and Furo write, and what stands there instead: names for landmarks and headings,
#: and a stop for the Tab key at what scrolls.
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<th class="head"><p></p></th>': "<td></td>",
    '<div id="search-results"></div>': '<h1>Search</h1><div id="search-results"></div>',
    '<a href="#" class="back-to-top': '<nav aria-label="Page"><a href="#" class="back-to-top',
    "<span>Back to top</span>\n        </a>": "<span>Back to top</span>\n        </a></nav>",
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    "<pre>": '<pre tabindex="0">',
    "<p><img ": '<p tabindex="0"><img ',
    '<div class="cell_output': '<div tabindex="0" class="cell_output',
}
REPOSITORY_FILES = ("src", "pictures")
CONF = {
    "project": "Serverless machine learning",
    "author": "the workshop's authors",
    "extensions": ["myst_nb"],
    "nb_execution_mode": "off",
    "myst_heading_anchors": 4,
    "html_theme": "furo",
    "html_title": "Serverless machine learning with AWS Step Functions",
    "html_static_path": ["_static"],
    "html_css_files": ["site.css"],
    "html_js_files": [("films.js", {"defer": "defer"})],
    "html_copy_source": False,
    "html_show_search_summary": False,  # it would be fetched, which a page from a disk may not
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "exclude_patterns": ["src/**"],
    "suppress_warnings": ["myst.header", "myst.xref_missing", "mystnb.unknown_mime_type"],
}
FIRST_PAGE = """# Serverless machine learning with AWS Step Functions

Notebooks that teach you to orchestrate machine learning with AWS Step Functions. Here you read them, and play every
execution in them. To run them yourself, on your own machine, without an AWS account: `python3 workshop.py lab`.

{table}

```{{toctree}}
:caption: Notebooks
:hidden:

{notebooks}
```

```{{toctree}}
:caption: Beside them
:hidden:

README
capstone
glossary
reading
licence
```
"""


def main() -> int:
    """Write the site; returns Sphinx's exit code."""
    code = build(sorted(NOTEBOOKS.glob("*.ipynb")), BUILT)
    if not code:
        size = sum(file.stat().st_size for file in (BUILT / "site").rglob("*") if file.is_file())
        print(f"build/site: {size / 2**20:.1f} MB. Open build/site/index.html in a browser.")
    return code


def build(paths: list[Path], folder: Path) -> int:
    """Build a site of some notebooks in `folder`/site, from what it writes into `folder`/source.

    Returns:
        Sphinx's exit code.
    """
    source, site = folder / "source", folder / "site"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(site, ignore_errors=True)
    (source / "_static").mkdir(parents=True)
    for name in REPOSITORY_FILES:
        shutil.copytree(NOTEBOOKS / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "capstone.md", "glossary.md"):
        shutil.copy(NOTEBOOKS / name, source / name)
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in paths}
    for name, notebook in notebooks.items():
        nbformat.write(readable(notebook), source / f"{name}.ipynb")
    titles = {name: films.title(notebook) for name, notebook in notebooks.items()}
    lines = [f"- [{name[:2]} {title}]({name}.ipynb)" for name, title in titles.items()]
    first = FIRST_PAGE.format(
        table="\n".join(lines), notebooks="\n".join(f"{titles[name]} <{name}>" for name in titles)
    )
    (source / "index.md").write_text(first, encoding="utf-8")
    (source / "reading.md").write_text(reading(notebooks, titles), encoding="utf-8")
    licence = (ROOT / "LICENSE").read_text("utf-8")
    (source / "licence.md").write_text(f"# Licence\n\n{licence}", encoding="utf-8")
    (source / "_static" / "films.js").write_text(films.scripts(), encoding="utf-8")
    looks = films.looks() + (films.WEB / "site.css").read_text("utf-8")
    (source / "_static" / "site.css").write_text(looks, encoding="utf-8")
    conf = "".join(f"{name} = {value!r}\n" for name, value in CONF.items())
    (source / "conf.py").write_text(conf, encoding="utf-8")
    code = int(build_main(["-q", "-b", "html", "-d", str(folder / "doctrees"), str(source), str(site)]))
    for page in site.glob("*.html"):
        html = page.read_text("utf-8")
        for written, mended in MENDED.items():
            html = html.replace(written, mended)
        page.write_text(html, encoding="utf-8")
    return code


def readable(notebook: Any) -> Any:
    """A notebook for readers without a kernel."""
    cells: list[Any] = []
    for cell in notebook.cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            continue
        if "solution" in cell.metadata.get("tags", []):
            cells.pop()  # how to load it
            cell = solution(cell)
        record = films.record_of(cell)
        if record and record["events"]:
            played = films.film(record)
            if not films.plays(cell.source):
                played = f"<details><summary>Play this execution</summary>{played}</details>"
            for output in cell.outputs:
                if "record" in output.get("metadata", {}):
                    html = output.data["text/html"]
                    output.data["text/html"] = f'<div class="still">{html}</div>{played}'
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = films.heard(output.data["text/html"])
            output.pop("metadata", None) if output.output_type in ("stream", "error") else output.update(metadata={})
        cells.append(cell)
    notebook.cells = cells
    return notebook


def solution(cell: Any) -> Any:
    """A cell that loads a solution, as the solution, folded."""
    name = cell.source.removeprefix("# %load ").strip()
    code = (NOTEBOOKS / name).read_text("utf-8").strip()
    text = f"<details>\n<summary>A solution</summary>\n\n```python\n{code}\n```\n\n</details>"
    return nbformat.v4.new_markdown_cell(text)


def reading(notebooks: dict[str, Any], titles: dict[str, str]) -> str:
    """A page of every link that leads out of the notebooks, each once in each notebook."""
    parts = ["# Further reading", "Where the notebooks lead, in their order."]
    for name, notebook in notebooks.items():
        prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        links = {url: text.strip("*`") for text, url in re.findall(r"\[([^\]]+)\]\((https://[^)\s]+)\)", prose)}
        lines = [f"- [{text}]({url})" for url, text in links.items()]
        parts += [f"## {titles[name]}", "\n".join(lines)] if lines else []
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
