"""A look into objects in S3: what each kind of object becomes, and that nothing fails for want of one."""

from __future__ import annotations

import io
import json
import wave
from array import array
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from PIL import Image

from draw import Preview
from helpers import deploy, run, show
from helpers.previews import BARS, ROWS, SIDE, Previews
from helpers.session import Session

BROKEN = "cannot be shown: it is broken, or not what its name says"
DATA = Path(__file__).resolve().parents[2] / "data"


class Bucket:
    """S3 as far as previews ask it, with one bucket."""

    class exceptions:
        class NoSuchBucket(Exception): ...

    def __init__(self, problem: str = "", **objects: bytes) -> None:
        self.objects = {name.replace("__", "/").replace("_", "."): body for name, body in objects.items()}
        self.problem = problem
        self.asked: list[tuple[str, Any]] = []

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        self.asked.append(("head", Key))
        code = self.problem or ("" if Key in self.objects else "404")
        if code:
            raise botocore.exceptions.ClientError({"Error": {"Code": code}}, "HeadObject")
        return {"ContentLength": len(self.objects[Key]), "ContentType": "binary/octet-stream"}

    def get_object(self, Bucket: str, Key: str, Range: str = "bytes=0-") -> dict[str, Any]:
        self.asked.append(("get", Range))
        first, _, last = Range.removeprefix("bytes=").partition("-")
        return {"Body": io.BytesIO(self.objects[Key][int(first) : int(last) + 1 if last else None])}

    def list_objects_v2(self, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:
        self.asked.append(("list", Prefix))
        found = [{"Key": key, "Size": len(body)} for key, body in self.objects.items() if key.startswith(Prefix)]
        return {"Contents": found} if found else {}


def look(key: str, body: bytes) -> Preview:
    bucket = Bucket()
    bucket.objects[key] = body
    return Previews(bucket)("workshop", key)


def photo(size: tuple[int, int], form: str = "PNG") -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", size, (200, 30, 40)).save(packed, form)
    return packed.getvalue()


def sound(samples: list[int], width: int = 2) -> bytes:
    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(array("h" if width == 2 else "b", samples).tobytes())
    return packed.getvalue()


def test_a_photo_is_made_small_and_keeps_its_shape() -> None:
    preview = look("a/photo.png", photo((1000, 500)))
    assert preview.image
    jpeg, width, height = preview.image
    assert (width, height) == (SIDE, SIDE // 2)
    assert Image.open(io.BytesIO(jpeg)).size == (width, height)
    assert preview.about.startswith("PNG, 1000 \N{MULTIPLICATION SIGN} 500, ")


def test_a_photo_is_turned_by_its_exif_data_as_rekognition_turns_it() -> None:
    packed, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    Image.new("RGB", (100, 50)).save(packed, "JPEG", exif=exif)
    preview = look("a/photo.jpg", packed.getvalue())
    assert preview.image
    assert preview.image[1:] == (50, 100)
    assert preview.about.startswith("JPEG, 50 \N{MULTIPLICATION SIGN} 100, ")


@pytest.mark.parametrize("name", ["receipts/01-harbour-light.png", "photos/astronaut.jpg"])
def test_a_real_photo_takes_a_few_kilobytes_and_the_same_bytes_each_time(name: str) -> None:
    body = (DATA / name).read_bytes()
    first, again = look(name, body), look(name, body)
    assert first == again
    assert first.image
    assert len(first.image[0]) < 13_000


def test_a_table_shows_its_first_rows_and_columns() -> None:
    rows = [",".join(f"{row}.{column}" for column in range(20)) for row in range(5000)]
    preview = look("clicks.csv", "\n".join(rows).encode())
    assert len(preview.rows) == ROWS + 1
    assert preview.rows[0][:2] == ("0.0", "0.1")
    assert {len(row) for row in preview.rows} == {16}
    assert "20 columns" in preview.about


def test_of_a_large_text_only_the_beginning_is_read() -> None:
    bucket = Bucket(notes_txt=b"line\n" * 1_000_000)
    preview = Previews(bucket)("workshop", "notes.txt")
    assert preview.text.splitlines() == ["line"] * 8 + ["…"]
    assert bucket.asked == [("head", "notes.txt"), ("get", "bytes=0-16383")]


def test_a_transcript_is_what_was_said() -> None:
    body = {"jobName": "a", "results": {"transcripts": [{"transcript": "Good morning. " * 50}], "items": []}}
    preview = look("transcripts/a.json", json.dumps(body).encode())
    assert preview.spoken
    assert preview.text.startswith("Good morning. Good")
    assert len(preview.text) < 330


def test_json_is_shown_line_by_line() -> None:
    assert look("a.json", b'{"a":{"b":1}}').text == '{\n  "a": {\n    "b": 1\n  }\n}'
    assert look("a.json", b'{"a":').text == '{"a":'


def test_a_sound_is_shown_by_how_loud_it_is() -> None:
    preview = look("a.wav", sound([0] * 8000 + [1000, -2000] * 4000))
    assert len(preview.wave) == BARS
    assert (preview.wave[0], preview.wave[-1]) == (0, 100)
    assert preview.about.startswith("WAV, 2 s, ")
    assert look("a.wav", sound([1] * 800, width=1)).wave == ()


def test_a_folder_is_shown_by_its_first_object() -> None:
    bucket = Bucket(features__train_csv=b"a,b\n1,2\n", features__test_csv=b"a,b\n")
    preview = Previews(bucket)("workshop", "features")
    assert preview.about == "folder of 2 objects; train.csv: first 2 lines, 2 columns, 8 bytes"
    assert preview.rows == (("a", "b"), ("1", "2"))


@pytest.mark.parametrize(
    ("key", "body", "words"),
    [
        ("a.png", b"no picture at all", BROKEN),
        ("a.wav", b"no sound", BROKEN),
        ("a.tar.gz", b"x" * 2000, "GZ, 2 KB"),
        ("a.json", b"", "empty"),
        ("noending", b"x" * 10, "10 bytes"),
    ],
)
def test_what_has_nothing_to_show_is_told_in_words(key: str, body: bytes, words: str) -> None:
    preview = look(key, body)
    assert preview.about == words
    assert not preview.shows


def test_what_is_too_large_is_not_read() -> None:
    bucket = Bucket(big_png=bytes(13_000_000))
    assert Previews(bucket)("workshop", "big.png").about == "PNG, 13.0 MB"
    assert bucket.asked == [("head", "big.png")]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("404", "is not there"),
        ("403", "may not be read with these credentials"),
        ("SlowDown", "cannot be shown: SlowDown"),
    ],
)
def test_a_problem_of_s3_is_told_in_words(code: str, words: str) -> None:
    assert Previews(Bucket(code))("workshop", "a.png") == Preview(words)


def test_the_lens_shows_what_is_in_the_connected_cloud(workshop: Session) -> None:
    s3 = workshop.client("s3")
    s3.upload_file(str(DATA / "photos" / "dogs.jpg"), workshop.bucket, "dogs.jpg")
    machine = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}
    given = {"bucket": workshop.bucket, "key": "dogs.jpg", "gone": f"s3://{workshop.bucket}/no", "far": "s3://abc/d"}
    picture = show.data(run(deploy(machine, "workshop-previews"), given))
    assert '<img alt="dogs.jpg" width="262" height="280" src="data:image/jpeg;base64,' in picture.html
    assert "In S3           no: is not there" in picture.text
    assert "In S3           d: is not there: no such bucket" in picture.text
