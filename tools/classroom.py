"""The instructor's page: who has come how far, read from the files that readers' kernels append to a shared folder.

Served on 127.0.0.1 alone, to whoever has the key in its address. It is plain HTML that reloads itself: no script runs
in it, whatever readers call themselves.
"""

from __future__ import annotations

import argparse
import hmac
import json
import re
import secrets
import stat
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

MOST_BYTES = 4_000_000  # of a file; a day of a reader's takes 100 KB
STUCK_TRIES, SILENT_MINUTES = 3, 10
EVERY = 3  # seconds


@dataclass
class Reader:
    """What is known of one reader, by the name that they chose.

    Attributes:
        notebook: the one that they were last seen in.
        checkpoints: those reached, each with its notebook, in their order.
        wrong: exercise -> how often it was answered wrongly since it was last right.
        right: the exercises that were answered rightly.
        errors: cells in a row that ended in an error.
        points: incident -> points of the game day.
        solved: when the last incident was, in minutes since they began.
        seen, began: seconds since 1970.
    """

    name: str
    notebook: str = ""
    checkpoints: dict[tuple[str, str], None] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    right: set[str] = field(default_factory=set)
    errors: int = 0
    points: dict[str, int] = field(default_factory=dict)
    solved: float = 0.0
    seen: float = 0.0
    began: float = 0.0

    def stuck(self, now: float) -> str:
        """Where they are stuck, or ""."""
        for exercise, times in self.wrong.most_common(1):
            if times >= STUCK_TRIES:
                return f"{exercise}: {times} wrong answers"
        if self.errors >= STUCK_TRIES:
            return f"{self.errors} errors in a row"
        silent = (now - self.seen) / 60
        return f"silent for {silent:.0f} min" if silent >= SILENT_MINUTES else ""


@dataclass
class Class:
    """All readers, and exercise -> reader -> their last wrong answer with its verdict."""

    readers: dict[str, Reader] = field(default_factory=dict)
    wrong: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)


def lines(folder: Path) -> Iterator[dict[str, object]]:
    """Every whole line of every file, oldest first; what is torn, vanished or not a reader's is passed over."""
    found = []
    for path in folder.glob("*.jsonl"):
        try:
            about = path.lstat()
            if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:  # a link, a pipe, a flood
                continue
            content = path.read_bytes()
        except OSError:
            continue
        for text in content.splitlines():
            try:
                line = json.loads(text)
                line["at"] = float(line["at"])
                if all(isinstance(line[key], str) for key in ("name", "notebook", "kind", "what")):
                    found.append(line)
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
    return iter(sorted(found, key=lambda line: line["at"]))


def gather(folder: Path) -> Class:
    """What the files say."""
    known = Class()
    for line in lines(folder):
        name, kind, what = _plain(line["name"], 40) or "nameless", line["kind"], _plain(line["what"], 80)
        reader = known.readers.setdefault(name, Reader(name, began=float(str(line["at"]))))
        reader.seen, reader.notebook = float(str(line["at"])), _plain(line["notebook"], 60)
        reader.errors = reader.errors + 1 if kind == "error" else 0
        if kind == "checkpoint":
            reader.checkpoints[reader.notebook, what] = None
        elif kind == "answer" and line.get("right") is True:
            reader.right.add(what)
            reader.wrong.pop(what, None)
            known.wrong.get(what, {}).pop(name, None)
            points = re.search(r"(\d{1,3}) points\.$", str(line.get("verdict")))
            if points and what not in reader.points:
                reader.points[what], reader.solved = int(points[1]), (reader.seen - reader.began) / 60
        elif kind == "answer":
            reader.wrong[what] += 1
            answer = _plain(line.get("answer"), 200), _plain(line.get("verdict"), 300)
            known.wrong.setdefault(what, {})[name] = answer
    return known


def _plain(text: object, most: int) -> str:
    """One line of printable text."""
    return "".join(each if each.isprintable() else " " for each in str(text))[:most].strip()


def page(known: Class, now: float) -> str:
    """The page, as HTML.

    Args:
        known: of `gather`.
        now: seconds since 1970.
    """
    readers = sorted(known.readers.values(), key=lambda each: (not each.stuck(now), each.name.lower()))
    rows = [
        (
            each.name,
            each.notebook[:2],
            f"{len(each.checkpoints)}: {list(each.checkpoints)[-1][1]}" if each.checkpoints else "none yet",
            f"{len(each.right)} right, {len(each.wrong)} open",
            f"! {each.stuck(now)}" if each.stuck(now) else "",
            f"{max(0, now - each.seen) / 60:.0f} min ago",
        )
        for each in readers
    ]
    exercises = []
    for name in sorted({*known.wrong, *(what for each in readers for what in each.right)}):
        wrong = known.wrong.get(name, {})
        (answer, verdict), times = next(iter(Counter(wrong.values()).most_common(1)), (("", ""), 0))
        commonest = f"{times} x  {answer}" if times else ""
        right = sum(name in each.right for each in readers)
        exercises.append((name, str(right), str(len(wrong)), commonest, verdict))
    players = sorted(
        (each for each in readers if each.points), key=lambda each: (-sum(each.points.values()), each.solved)
    )
    board = [
        (each.name, str(sum(each.points.values())), str(len(each.points)), f"{each.solved:.0f} min") for each in players
    ]
    stuck = sum(bool(each.stuck(now)) for each in readers)
    heads = ("Reader", "Notebook", "Checkpoints", "Exercises", "Stuck", "Last sign")
    asked = ("Exercise", "Right", "Wrong now", "Commonest wrong answer", "What they read")
    parts = [_table(f"{len(readers)} readers, {stuck} stuck", heads, rows), _table("Exercises", asked, exercises)]
    if board:
        parts.append(_table("Game day", ("Player", "Points", "Incidents", "The last one after"), board))
    return _PAGE.format(every=EVERY, parts="\n".join(parts))


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "\n".join(
        f"<tr{' class=stuck' if any(cell.startswith('! ') for cell in row) else ''}>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2>\n<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="{every}"><title>The class</title>
<meta name="viewport" content="width=device-width"><style>
:root {{ color-scheme: light dark; --text: #16191f; --page: #fff; --line: #d5dbdb; --mark: #fdf0d9; --warn: #8a4b00 }}
@media (prefers-color-scheme: dark) {{ :root {{ --text: #e9ebed; --page: #16191f; --line: #414d5c; --mark: #3d2f14;
 --warn: #ffc266 }} }}
body {{ font: 15px/1.3 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 1rem 1.5rem }}
h1 {{ font-size: 1.3rem; margin: 0 }} h2 {{ font-size: 1.1rem; margin: 1.2rem 0 .4rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .15rem .6rem; border-bottom: 1px solid var(--line);
 font-weight: 400 }}
thead th, tbody th {{ font-weight: 600; white-space: nowrap }}
td {{ overflow-wrap: break-word; max-width: 30rem }}
.stuck {{ background: var(--mark) }}
.stuck td:nth-child(5) {{ color: var(--warn); font-weight: 600 }}
</style></head><body><main><h1>The class</h1>
{parts}
</main></body></html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def server(folder: Path, port: int, key: str) -> ThreadingHTTPServer:
    """Answers GET /?key=KEY on 127.0.0.1, and nothing else.

    Args:
        folder: the shared one.
        port: 0 for a free one.
        key: what the address must have.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            host = self.headers.get("Host", "")  # of a name that leads here, a page in the browser could read this one
            own = host in (f"127.0.0.1:{httpd.server_port}", f"localhost:{httpd.server_port}")
            sent = parse_qs(asked.query).get("key", [""])[0].encode("utf-8", "replace")
            if not (own and asked.path == "/" and hmac.compare_digest(sent, key.encode())):
                self.send_error(403)
                return
            content = page(gather(folder), time.time()).encode("utf-8", "replace")
            self.send_response(200)
            for name, value in {**_HEADERS, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """The address has the key in it."""

    httpd = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    return httpd


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="workshop.py class")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        sys.exit(f"workshop: {options.folder} is no folder. Make it where every reader can write, then run this again.")
    key = secrets.token_urlsafe(16)
    with server(options.folder, options.port, key) as httpd:
        print(f"The class: http://127.0.0.1:{httpd.server_port}/?key={key}")
        print(
            f"Readers set WORKSHOP_CLASS={options.folder.resolve()} before `workshop.py lab`. Ctrl-C here ends it.",
            flush=True,
        )
        try:
            httpd.serve_forever()
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
