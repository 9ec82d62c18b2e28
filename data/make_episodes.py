"""Make the episodes of this folder, their feed, and the truth about them: `python data/make_episodes.py`.

The local Polly reads each script aloud.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from localcloud.models import audio, voice

HERE = Path(__file__).parent / "episodes"

RATE = 16_000

#: What a listener would say of each.
TRUTH: list[dict[str, Any]] = [
    {"file": "1-the-lighthouse.mp3", "title": "The lighthouse", "sentiment": "POSITIVE", "words": ["bergen", "ships"]},
    {"file": "2-bread-at-four.mp3", "title": "Bread at four", "sentiment": "POSITIVE", "words": ["paris", "bread"]},
    {"file": "3-the-night-train.mp3", "title": "The night train", "sentiment": "NEUTRAL", "words": ["vienna", "train"]},
    {"file": "4-storm-warning.mp3", "title": "Storm warning", "sentiment": "NEGATIVE", "words": ["bergen", "ships"]},
    {"file": "5-the-lost-violin.mp3", "title": "The lost violin", "sentiment": "NEGATIVE", "words": ["vienna"]},
    {
        "file": "6-bees-on-the-roof.mp3",
        "title": "Bees on the roof",
        "sentiment": "POSITIVE",
        "words": ["london", "bees"],
    },
]


def record(script: str) -> bytes:
    """An MP3 of the script, read aloud."""
    return audio.encode((audio.resampled(voice.speak(script), voice.RATE, RATE),), RATE, "mp3")


def feed() -> bytes:
    """RSS, as a podcast's players read it: the newest episode first."""
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    ElementTree.SubElement(channel, "title").text = "Night Work"
    for episode in reversed(TRUTH):
        item = ElementTree.SubElement(channel, "item")
        ElementTree.SubElement(item, "title").text = episode["title"]
        ElementTree.SubElement(item, "enclosure", url=f"episodes/{episode['file']}", type="audio/mpeg")
    ElementTree.indent(rss)
    return ElementTree.tostring(rss, encoding="utf-8", xml_declaration=True) + b"\n"


def main() -> None:
    """Write every episode, feed.xml and truth.json."""
    for episode in TRUTH:
        script = (HERE / episode["file"]).with_suffix(".txt").read_text(encoding="utf-8")
        (HERE / episode["file"]).write_bytes(record(script))
    (HERE / "feed.xml").write_bytes(feed())
    (HERE / "truth.json").write_text(json.dumps(TRUTH, indent=2) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
