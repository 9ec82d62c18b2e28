"""The script that runs jsonata-js's suite: what passes, what misses, and that every miss has a reason."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools import jsonata_suite

ROOT = Path(__file__).resolve().parents[2]
CASES: dict[str, Any] = {
    "paths/value": {"expr": "a.b", "dataset": "one", "result": [1, {"c": None}]},
    "paths/data": {"expr": "a", "data": {"a": 1.0}, "result": 1},
    "paths/nothing": {"expr": "b", "dataset": None, "undefinedResult": True},
    "paths/root": {"expr": "$$.a + $x", "data": {"a": 1}, "bindings": {"x": 2}, "result": 3},
    "errors/code": [
        {"expr": "1 + 'a'", "code": "T2002"},
        {"expr": "'open", "code": "S0101"},
        {"expr": "$error('no')", "error": {"code": "D3137", "message": "no"}},
        {"expr": "($f := function($n) { 1 + $f($n) }; $f(0))", "code": "U1001", "depth": 500, "timelimit": 1000},
    ],
    "paths/file": {"expr-file": "file.jsonata", "result": 6},
}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the table goes; no reason is known."""
    path = tmp_path / "jsonata.md"
    monkeypatch.setattr(jsonata_suite, "PAGE", path)
    monkeypatch.setattr(jsonata_suite, "REASONS", ())
    return path


def checkout(folder: Path, cases: dict[str, Any]) -> str:
    suite = folder / "test" / "test-suite"
    (suite / "datasets").mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "2.0.6"}')
    (suite / "datasets" / "one.json").write_text('{"a": {"b": [1, {"c": null}]}}')
    for name, spec in cases.items():
        path = suite / "groups" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(spec))
    if "paths/file" in cases:
        (suite / "groups" / "paths" / "file.jsonata").write_text("1 + /* two */\n2 + 3\n")
    return str(folder)


def test_every_kind_of_case_is_run(page: Path, tmp_path: Path) -> None:
    assert jsonata_suite.main([checkout(tmp_path / "js", CASES)]) == 0
    assert "## jsonata-js 2.0.6: 9 of 9 cases" in page.read_text()


@pytest.mark.parametrize(
    ("spec", "there", "here"),
    [
        ({"expr": "1 + 1", "result": True}, "`true`", "`2`"),
        ({"expr": "1", "undefinedResult": True}, "nothing", "`1`"),
        ({"expr": "x", "data": {}, "result": None}, "`null`", "nothing"),
        ({"expr": "true", "result": 1}, "`1`", "`true`"),
        ({"expr": "$abs('a') | 1", "code": "T0411"}, "error T0411", "error S0201"),
        ({"expr": "[1]", "result": [1, 2]}, "`[1, 2]`", "`[1]`"),
    ],
)
def test_a_miss_is_listed_and_fails_without_a_reason(
    spec: Any, there: str, here: str, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jsonata_suite.main([checkout(tmp_path / "js", {"paths/miss": spec})]) == 1
    assert f"| {there} | {here} | **unexplained** |" in page.read_text()
    assert "no reason is known: paths/miss" in capsys.readouterr().out


def test_a_reason_excuses_a_miss_until_the_case_passes(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(jsonata_suite, "REASONS", (("paths/", "AWS says so"),))
    miss = checkout(tmp_path / "miss", {"paths/miss": {"expr": "1", "result": 2}})
    assert jsonata_suite.main([miss]) == 0
    assert "| `2` | `1` | AWS says so |" in page.read_text()
    assert jsonata_suite.main([checkout(tmp_path / "hit", {"paths/miss": {"expr": "1", "result": 1}})]) == 1
    assert "a reason is given and no case misses: paths/" in capsys.readouterr().out


def test_the_page_that_is_kept_explains_every_miss() -> None:
    page = (ROOT / "docs" / "jsonata.md").read_text(encoding="utf-8")
    assert "**unexplained**" not in page
    (passed, count) = re.findall(r"## jsonata-js 2\.0\.6: ([\d,]+) of ([\d,]+) cases", page)[0]
    section = page.partition("jsonata-js 2.0.6")[2].partition("\n## ")[0]
    listed = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| cases")]
    assert int(count.replace(",", "")) - int(passed.replace(",", "")) == len(listed) - 1
