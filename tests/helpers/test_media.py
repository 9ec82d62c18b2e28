"""The photos, the calls and the episodes are what data/README.md and their truth say."""

from __future__ import annotations

import hashlib
import json
import wave
from pathlib import Path
from xml.etree import ElementTree

import pytest
import soundfile
from PIL import Image

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize("folder", ["photos", "calls", "episodes"])
def test_every_file_has_its_checksum_in_the_readme(folder: str) -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    files = [path for path in (DATA / folder).iterdir() if path.suffix != ".txt"]
    assert len(files) >= 5
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rows = [line for line in readme.splitlines() if line.startswith(f"| {path.name} |")]
        assert any(f"`{digest}`" in row for row in rows), path.name


def test_photos_are_small_and_each_has_its_truth_and_its_licence() -> None:
    truth = json.loads((DATA / "photos" / "truth.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in truth} == {path.name for path in (DATA / "photos").glob("*.jpg")}
    for entry in truth:
        path = DATA / "photos" / entry["file"]
        assert path.stat().st_size < 200_000
        with Image.open(path) as image:
            assert max(image.size) <= 640
            assert not image.getexif()
        assert entry["author"]
        assert entry["licence"].startswith(("CC0", "CC-BY", "public domain"))


def test_calls_have_two_channels_and_say_what_their_scripts_say() -> None:
    truth = json.loads((DATA / "calls" / "truth.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in truth} == {path.name for path in (DATA / "calls").glob("*.wav")}
    for entry in truth:
        script = (DATA / "calls" / entry["script"]).read_text(encoding="utf-8")
        customer = " ".join(line for line in script.splitlines() if line.startswith("Customer: ")).lower()
        assert all(word in customer for word in entry["keywords"])
        with wave.open(str(DATA / "calls" / entry["file"])) as call:
            assert (call.getnchannels(), call.getframerate(), call.getsampwidth()) == (2, 8000, 2)
            assert 20 < call.getnframes() / 8000 < 60


def test_episodes_say_what_their_scripts_say_and_the_feed_lists_them() -> None:
    truth = json.loads((DATA / "episodes" / "truth.json").read_text(encoding="utf-8"))
    feed = ElementTree.parse(DATA / "episodes" / "feed.xml").findall("channel/item")
    listed = [(item.findtext("title"), item.find("enclosure").attrib["url"]) for item in reversed(feed)]
    assert listed == [(episode["title"], f"episodes/{episode['file']}") for episode in truth]
    for episode in truth:
        script = (DATA / "episodes" / episode["file"]).with_suffix(".txt").read_text(encoding="utf-8")
        assert all(word in script.lower() for word in episode["words"])
        assert 8 < soundfile.info(DATA / "episodes" / episode["file"]).duration < 12


def test_all_data_is_under_ten_megabytes() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 10_000_000
