"""A look into objects in S3, for the previews of the data lens: on AWS as on this machine.

Everything that can go wrong (no object, no right to read it, too large, broken) becomes words: a lens never fails for
want of a preview. The size is asked for first; of a text only the beginning is read.

A photo is made small with Pillow, as a JPEG. Its bytes are the same on every system with the locked Pillow: its wheels
bring their own libjpeg-turbo, whose default transforms are exact, and it scales in whole numbers.
"""

from __future__ import annotations

import csv
import io
import json
import wave
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from draw import Preview

SIDE = 280  # pixels of a small photo, the longer side
QUALITY = 50
LARGEST = {"image": 12_000_000, "sound": 8_000_000, "transcript": 1_000_000}  # bytes read whole
BEGINNING = 16_384  # bytes of what is not
MOST_PIXELS = 50_000_000
ROWS, COLUMNS, LINES, LETTERS, SPOKEN = 5, 16, 8, 88, 320
BARS = 60
IMAGES = ("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff")
TABLES = {"csv": ",", "tsv": "\t"}
TEXTS = ("json", "jsonl", "txt", "md", "log", "xml", "html", "yaml", "yml", "py", "out", "manifest", "svg")


class Previews:
    """What there is to see of objects, each asked for once.

    Args:
        client: boto3's of S3.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: dict[tuple[str, str], Preview] = {}

    def __call__(self, bucket: str, key: str) -> Preview:
        """An object, or the first of a folder."""
        if (bucket, key) not in self._known:
            self._known[bucket, key] = self._look(bucket, key)
        return self._known[bucket, key]

    def _look(self, bucket: str, key: str) -> Preview:
        try:
            head = self._head(bucket, key)
            return self._folder(bucket, key) if head is None else self._object(bucket, key, head)
        except ClientError as problem:
            code = problem.response["Error"]["Code"]
            denied = code in ("403", "AccessDenied")
            return Preview("may not be read with these credentials" if denied else f"cannot be shown: {code}")
        except BotoCoreError as problem:
            return Preview(f"cannot be shown: {type(problem).__name__}")
        except Exception:  # a picture can be broken in any way; it is never the lens's failure
            return Preview("cannot be shown: it is broken, or not what its name says")

    def _head(self, bucket: str, key: str) -> dict[str, Any] | None:
        if key.endswith("/"):
            return None
        try:
            head: dict[str, Any] = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as problem:
            if problem.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
        return head

    def _folder(self, bucket: str, key: str) -> Preview:
        """What SageMaker and Map readers name: all objects whose keys begin so."""
        prefix = key.rstrip("/") + "/"
        try:
            listed = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=100)
        except self._client.exceptions.NoSuchBucket:
            return Preview("is not there: no such bucket")
        found = [item for item in listed.get("Contents", []) if item["Size"]]
        if not found:
            return Preview("is not there")
        more = "or more " if listed.get("IsTruncated") else ""
        count = f"{len(found)} {more}objects" if len(found) > 1 or more else "1 object"
        first = self._object(bucket, found[0]["Key"], {"ContentLength": found[0]["Size"]})
        name = found[0]["Key"].removeprefix(prefix)
        return Preview(f"folder of {count}; {name}: {first.about}", *_shown(first))

    def _object(self, bucket: str, key: str, head: dict[str, Any]) -> Preview:
        size = int(head["ContentLength"])
        kind, ending = _kind(key, str(head.get("ContentType", "")))
        weight = _weight(size)
        if not size:
            return Preview("empty")
        if kind == "" or size > LARGEST.get(kind, size):
            return Preview(f"{ending.upper()}, {weight}" if ending else weight)
        whole = kind in LARGEST or (kind == "text" and ending == "json" and size <= LARGEST["transcript"])
        ask = {} if whole or size <= BEGINNING else {"Range": f"bytes=0-{BEGINNING - 1}"}
        body = self._client.get_object(Bucket=bucket, Key=key, **ask)["Body"].read()
        if kind == "image":
            return _image(body, weight)
        if kind == "sound":
            return _sound(body, weight)
        text = body.decode("utf-8", "replace")
        if len(body) < size:
            text = text[: text.rfind("\n") + 1] or text
        if ending in TABLES:
            return _table(text, TABLES[ending], weight)
        return _transcript(text, weight) or _text(text, ending, weight)


def _shown(preview: Preview) -> tuple[Any, ...]:
    return preview.image, preview.wave, preview.rows, preview.text, preview.spoken


def _kind(key: str, content: str) -> tuple[str, str]:
    """What to read an object as ("" if it is not looked into), and the ending of its name."""
    ending = key.rpartition("/")[2].rpartition(".")[2].lower() if "." in key.rpartition("/")[2] else ""
    if ending in IMAGES or (not ending and content.startswith("image/")):
        return "image", ending
    if ending == "wav":
        return "sound", ending
    if ending in TABLES or ending in TEXTS or content.startswith("text/") or content == "application/json":
        return "text", ending if len(ending) < 9 else ""
    return "", ending if len(ending) < 9 else ""


def _weight(size: int) -> str:
    """Bytes as a reader would say them."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.0f} KB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"


def _image(body: bytes, weight: str) -> Preview:
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(body)) as opened:
        form = opened.format
        if opened.width * opened.height > MOST_PIXELS:
            size = f"{opened.width} \N{MULTIPLICATION SIGN} {opened.height}"
            return Preview(f"{form}, {size}, {weight}: too large to show")
        # Turned by its EXIF data, as Rekognition turns it before it says where things are:
        # https://docs.aws.amazon.com/rekognition/latest/dg/image-orientation.html
        small = ImageOps.exif_transpose(opened).convert("RGB")
    about = f"{form}, {small.width} \N{MULTIPLICATION SIGN} {small.height}, {weight}"
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    small.save(packed, "JPEG", quality=QUALITY, optimize=True)
    return Preview(about, image=(packed.getvalue(), small.width, small.height))


def _sound(body: bytes, weight: str) -> Preview:
    with wave.open(io.BytesIO(body)) as opened:
        rate, channels, width = opened.getframerate(), opened.getnchannels(), opened.getsampwidth()
        frames = opened.readframes(opened.getnframes())
    seconds = len(frames) / (rate * channels * width)
    about = f"WAV, {seconds:.0f} s, {weight}"
    if width != 2:
        return Preview(about)
    samples = array("h", frames[: len(frames) // 2 * 2])
    step = max(1, len(samples) // BARS)
    peaks = [max(abs(sample) for sample in samples[at : at + step]) for at in range(0, step * BARS, step)][:BARS]
    most = max(1, *peaks)
    return Preview(about, wave=tuple(peak * 100 // most for peak in peaks))


def _table(text: str, between: str, weight: str) -> Preview:
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=between) if row][: ROWS + 1]
    widest = max(map(len, rows), default=0)
    count = f"{widest} columns" if widest != 1 else "1 column"
    return Preview(f"first {len(rows)} lines, {count}, {weight}", rows=tuple(tuple(row[:COLUMNS]) for row in rows))


def _transcript(text: str, weight: str) -> Preview | None:
    """What Amazon Transcribe wrote: the words of it (its guide, "Example output")."""
    try:
        transcript = json.loads(text)["results"]["transcripts"][0]["transcript"]
    except (ValueError, LookupError, TypeError):
        return None
    said = str(transcript)
    return Preview(f"transcript, {weight}", text=said[:SPOKEN] + ("…" if len(said) > SPOKEN else ""), spoken=True)


def _text(text: str, ending: str, weight: str) -> Preview:
    if ending == "json":
        with suppress(ValueError):  # only a part of it was read, or it is none: as it stands
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    lines = [line if len(line) <= LETTERS else line[: LETTERS - 1] + "…" for line in _first(text)]
    return Preview(f"{ending.upper() or 'text'}, {weight}", text="\n".join(lines))


def _first(text: str) -> Iterator[str]:
    for at, line in enumerate(filter(str.strip, text.splitlines())):
        if at == LINES:
            yield "…"
            return
        yield line
