"""Rekognition as the local cloud answers it: AWS's shapes, limits and errors; what it sees on the kit's photos."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from localcloud.cloud import Cloud
from localcloud.door.wire import ServiceError
from localcloud.services.rekognition import labels, moderation, pixels
from tests.localcloud.services import answers

PHOTOS = Path(__file__).resolve().parents[3] / "data" / "photos"
TRUTH = json.loads((PHOTOS / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="dogs.jpg", Body=photo("dogs"))
    s3.put_object(Bucket="photos", Key="notes.txt", Body=b"A dog.")
    yield cloud
    cloud.close()


@pytest.fixture(scope="module")
def rekognition(cloud: Cloud) -> Any:
    return answers.client(cloud, "rekognition")


def photo(name: str) -> bytes:
    return (PHOTOS / f"{name}.jpg").read_bytes()


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def names(answer: dict[str, Any]) -> list[str]:
    return [label["Name"] for label in answer["Labels"]]


# ---- labels


def test_a_label_comes_with_parents_category_and_boxes(rekognition: Any) -> None:
    answer = rekognition.detect_labels(Image={"Bytes": photo("dogs")})
    dog = next(label for label in answer["Labels"] if label["Name"] == "Dog")
    assert [parent["Name"] for parent in dog["Parents"]] == ["Animal", "Canine", "Mammal", "Pet"]
    assert {parent["Name"] for parent in dog["Parents"]} <= set(names(answer))
    assert dog["Categories"] == [{"Name": "Animals and Pets"}]
    assert len(dog["Instances"]) >= 2
    for instance in dog["Instances"]:
        box = instance["BoundingBox"]
        assert 0 <= box["Left"] < box["Left"] + box["Width"] <= 1
        assert 0 <= box["Top"] < box["Top"] + box["Height"] <= 1
        assert instance["Confidence"] >= 55
    assert answer["LabelModelVersion"]


def test_labels_come_surest_first_and_fifty_five_is_the_least(rekognition: Any) -> None:
    found = rekognition.detect_labels(Image={"Bytes": photo("coffee")})["Labels"]
    confidences = [label["Confidence"] for label in found]
    assert confidences == sorted(confidences, reverse=True)
    assert 55 <= confidences[-1] <= confidences[0] <= 100
    few = rekognition.detect_labels(Image={"Bytes": photo("pagoda")})["Labels"]
    more = rekognition.detect_labels(Image={"Bytes": photo("pagoda")}, MinConfidence=20)["Labels"]
    assert len(more) > len(few)


def test_a_request_may_ask_for_fewer_and_for_some_only(rekognition: Any) -> None:
    image = {"Bytes": photo("coffee")}
    assert len(rekognition.detect_labels(Image=image, MaxLabels=2)["Labels"]) == 2
    rules = {"LabelInclusionFilters": ["Coffee", "Cup"], "LabelExclusionFilters": ["Cup"]}
    assert names(rekognition.detect_labels(Image=image, Settings={"GeneralLabels": rules})) == ["Coffee"]
    rules = {"LabelCategoryInclusionFilters": ["Kitchen and Dining"]}
    found = rekognition.detect_labels(Image=image, Settings={"GeneralLabels": rules})["Labels"]
    assert {label["Categories"][0]["Name"] for label in found} == {"Kitchen and Dining"}


def test_most_of_the_kit_s_photos_get_a_label_that_a_person_would_give() -> None:
    """What it misses is in data/README.md: it knows no sunset, no rocket on its pad and no dahlia."""
    right = {
        entry["file"]: sorted(
            set(entry["labels"]) & set(names(labels(pixels((PHOTOS / entry["file"]).read_bytes()), {})))
        )
        for entry in TRUTH
    }
    assert sum(map(bool, right.values())) >= 12, right


def test_bytes_and_an_object_give_the_same_answer(rekognition: Any) -> None:
    stored = rekognition.detect_labels(Image={"S3Object": {"Bucket": "photos", "Name": "dogs.jpg"}})
    assert stored["Labels"] == rekognition.detect_labels(Image={"Bytes": photo("dogs")})["Labels"]


# ---- moderation


def test_a_bottle_of_wine_is_alcohol_in_aws_s_taxonomy(rekognition: Any) -> None:
    found = rekognition.detect_moderation_labels(Image={"Bytes": photo("wine")})["ModerationLabels"]
    assert [(label["Name"], label["ParentName"], label["TaxonomyLevel"]) for label in found] == [
        ("Alcoholic Beverages", "Alcohol", 2), ("Alcohol", "", 1)
    ]  # fmt: skip
    assert found[0]["Confidence"] >= 50


def test_harmless_photos_get_no_moderation_label() -> None:
    for entry in TRUTH:
        found = moderation(pixels((PHOTOS / entry["file"]).read_bytes()), {})["ModerationLabels"]
        assert [label["Name"] for label in found if not label["ParentName"]] == (entry["moderation"] or []), entry[
            "file"
        ]


# ---- faces


@pytest.mark.parametrize("entry", TRUTH, ids=lambda entry: entry["file"])
def test_every_face_is_found_and_nothing_else(rekognition: Any, entry: dict[str, Any]) -> None:
    found = rekognition.detect_faces(Image={"Bytes": (PHOTOS / entry["file"]).read_bytes()})["FaceDetails"]
    assert len(found) == entry["faces"]


def test_a_face_has_five_points_within_its_box_and_no_guesses(rekognition: Any) -> None:
    (face,) = rekognition.detect_faces(Image={"Bytes": photo("astronaut")})["FaceDetails"]
    assert set(face) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    points = {point["Type"]: point for point in face["Landmarks"]}
    assert list(points) == ["eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"]
    assert points["eyeLeft"]["X"] < points["nose"]["X"] < points["eyeRight"]["X"]
    assert points["eyeLeft"]["Y"] < points["nose"]["Y"] < points["mouthLeft"]["Y"]
    box = face["BoundingBox"]
    assert all(box["Left"] < point["X"] < box["Left"] + box["Width"] for point in points.values())
    assert abs(face["Pose"]["Roll"]) < 10
    assert 0 < face["Quality"]["Brightness"] < 100


def test_a_face_that_leans_has_roll(rekognition: Any) -> None:
    image = Image.open(PHOTOS / "astronaut.jpg").rotate(-15, Image.Resampling.BICUBIC, fillcolor="grey")
    (face,) = rekognition.detect_faces(Image={"Bytes": encoded(image)})["FaceDetails"]
    assert face["Pose"]["Roll"] == pytest.approx(15, abs=6)


def test_age_and_mood_are_not_guessed(rekognition: Any) -> None:
    code, message = answers.error(
        rekognition.detect_faces, Image={"Bytes": photo("astronaut")}, Attributes=["AGE_RANGE", "EMOTIONS"]
    )
    assert code == "UnsupportedLocally"
    assert "AGE_RANGE, EMOTIONS" in message


# ---- text


def sign() -> bytes:
    image = Image.new("RGB", (420, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.text((30, 30), "Mind the gap", fill="black", font=ImageFont.load_default(40))
    draw.text((30, 120), "Platform 42", fill="black", font=ImageFont.load_default(40))
    return encoded(image)


def test_text_comes_as_lines_and_then_as_their_words(rekognition: Any) -> None:
    found = rekognition.detect_text(Image={"Bytes": sign()})["TextDetections"]
    assert [(each["Type"], each["DetectedText"], each.get("ParentId")) for each in found] == [
        ("LINE", "Mind the gap", None),
        ("LINE", "Platform 42", None),
        ("WORD", "Mind", 0),
        ("WORD", "the", 0),
        ("WORD", "gap", 0),
        ("WORD", "Platform", 1),
        ("WORD", "42", 1),
    ]
    assert [each["Id"] for each in found] == list(range(7))


def test_words_may_be_filtered_by_size(rekognition: Any) -> None:
    found = rekognition.detect_text(Image={"Bytes": sign()}, Filters={"WordFilter": {"MinBoundingBoxWidth": 0.3}})
    assert [each["DetectedText"] for each in found["TextDetections"] if each["Type"] == "WORD"] == ["Platform"]


# ---- what is refused


@pytest.mark.parametrize("call", ["detect_labels", "detect_faces", "detect_text", "detect_moderation_labels"])
def test_no_operation_takes_a_text_file(rekognition: Any, call: str) -> None:
    image = {"S3Object": {"Bucket": "photos", "Name": "notes.txt"}}
    assert answers.error(getattr(rekognition, call), Image=image) == (
        "InvalidImageFormatException", "Request has invalid image format"
    )  # fmt: skip


@pytest.mark.parametrize("place", [("photos", "cats.jpg"), ("nowhere", "dogs.jpg")])
def test_an_object_that_is_not_there_is_an_invalid_s3_object(rekognition: Any, place: tuple[str, str]) -> None:
    bucket, key = place
    assert answers.error(rekognition.detect_labels, Image={"S3Object": {"Bucket": bucket, "Name": key}}) == (
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    )


def test_a_picture_that_is_nowhere_is_an_invalid_parameter(rekognition: Any) -> None:
    assert answers.error(rekognition.detect_labels, Image={})[0] == "InvalidParameterException"


def test_an_object_of_twenty_megabytes_is_too_large(cloud: Cloud, rekognition: Any) -> None:
    cloud.client("s3").put_object(Bucket="photos", Key="big.jpg", Body=photo("dogs") + b"\0" * 20 * 1024 * 1024)
    code, _ = answers.error(rekognition.detect_labels, Image={"S3Object": {"Bucket": "photos", "Name": "big.jpg"}})
    assert code == "ImageTooLargeException"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "InvalidParameterException"),
        (photo("dogs") + b"\0" * 5 * 1024 * 1024, "ImageTooLargeException"),
        (photo("dogs")[:9000], "InvalidImageFormatException"),
        (encoded(Image.new("RGB", (100, 100)), "TIFF"), "InvalidImageFormatException"),
        (encoded(Image.new("RGB", (100, 79))), "InvalidParameterException"),
        (encoded(Image.new("1", (10_001, 100))), "ImageTooLargeException"),
        (b"%PDF-1.7", "InvalidImageFormatException"),
    ],
    ids=["empty", "over 5 MB", "broken off", "TIFF", "too small", "too wide", "PDF"],
)
def test_what_is_no_picture_for_rekognition_is_refused_by_its_error(content: bytes, code: str) -> None:
    with pytest.raises(ServiceError) as raised:
        pixels(content)
    assert raised.value.code == code


def test_what_needs_other_models_is_refused_by_name(rekognition: Any) -> None:
    for call, more in (
        (rekognition.detect_labels, {"Features": ["IMAGE_PROPERTIES"]}),
        (rekognition.detect_text, {"Filters": {"RegionsOfInterest": [{"BoundingBox": {"Width": 1, "Height": 1}}]}}),
        (
            rekognition.detect_moderation_labels,
            {"ProjectVersion": "arn:aws:rekognition:us-east-1:123456789012:project/p/version/v/1700000000000"},
        ),
    ):
        assert answers.error(call, Image={"Bytes": photo("cat")}, **more)[0] == "UnsupportedLocally"
    assert answers.error(rekognition.list_collections)[0] == "UnsupportedLocally"


def test_a_blank_picture_has_no_face_and_no_text(rekognition: Any) -> None:
    blank = {"Bytes": encoded(Image.fromarray(np.full((100, 100, 3), 255, np.uint8)))}
    assert rekognition.detect_faces(Image=blank)["FaceDetails"] == []
    assert rekognition.detect_text(Image=blank)["TextDetections"] == []
