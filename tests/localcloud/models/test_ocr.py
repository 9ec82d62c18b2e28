"""The reader of pictures: quiet, without a network, and the same on every number of cores."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from localcloud.errors import UnsupportedLocally
from localcloud.models import ocr

ROOT = Path(__file__).resolve().parents[3]
#: Where one of them is set, onnxruntime reports nothing by itself.
HUSH = {"CI", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}

RECEIPT = ROOT / "data" / "receipts" / "02-larkspur.jpg"


def receipt() -> np.ndarray:
    with Image.open(RECEIPT) as image:
        return np.asarray(image.convert("RGB"))


def test_words_come_with_their_places_and_how_sure_they_are() -> None:
    page = ocr.read(receipt())
    (total,) = [line for line in page.lines if line.text == "TOTAL"]
    assert total.confidence > 0.9
    (left, top), (right, _), _, _ = total.quad
    assert 0 < left < right < page.width
    assert page.height * 0.6 < top < page.height * 0.8


def test_the_number_of_cores_does_not_change_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ocr._reader()
    pages = []
    for workers in (1, 3):
        with ThreadPoolExecutor(workers) as pool:
            monkeypatch.setattr(type(engine), "pool", pool)
            pages.append(ocr.read(receipt()))
    assert pages[0] == pages[1]


def test_text_is_looked_for_on_a_small_copy_and_small_text_on_a_larger_one() -> None:
    page = Image.new("RGB", (1100, 1500), "white")
    ImageDraw.Draw(page).text((90, 300), "Two seats by the window", fill="black", font=ImageFont.load_default(22))
    small = np.asarray(page)
    texts = [ocr.read(image).lines[0].text for image in (small[260:360, 60:460], small)]
    assert texts == ["Two seats by the window"] * 2
    assert ocr._reader().text_det.limit_side_len == ocr._LARGE
    ocr.read(receipt())
    assert ocr._reader().text_det.limit_side_len == ocr._SMALL


PROGRAM = """
import socket, sys
def refuse(*_args, **_options):
    raise AssertionError("a network was asked for")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from localcloud.models import ocr
print(len(ocr.read(np.asarray(Image.open(sys.argv[1]).convert("RGB"))).lines))
print(len(ocr.read(np.full((200, 200, 3), 255, np.uint8)).lines))
"""


def read_with_home(home: Path) -> subprocess.CompletedProcess[str]:
    """Reads a receipt and a blank page in a process whose sockets fail."""
    environment = {name: value for name, value in os.environ.items() if name not in HUSH}
    homes = {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(RECEIPT)],
        cwd=ROOT,
        env=environment | homes | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def test_reading_says_nothing_and_leaves_nothing_in_a_home(tmp_path: Path) -> None:
    """Where telemetry would keep its identifier."""
    done = read_with_home(tmp_path)
    assert (done.stdout.split(), done.stderr) == (["26", "0"], "")
    assert list(tmp_path.iterdir()) == []


def test_reading_needs_no_home_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = read_with_home(tmp_path / "file" / "home")
    assert (done.stdout.split(), done.stderr) == (["26", "0"], "")


def test_without_rapidocr_the_reader_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UnsupportedLocally, match="reads text with rapidocr, which did not load"):
        ocr._reader.__wrapped__()
