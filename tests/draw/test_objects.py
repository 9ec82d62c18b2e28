"""Which objects in S3 a state's data names, and what was found on them."""

from __future__ import annotations

from typing import Any

import pytest

from draw.objects import MOST, Box, Place, boxes, named

THERE = Place("workshop-1", "receipts/01 a.png")


@pytest.mark.parametrize(
    "value",
    [
        "s3://workshop-1/receipts/01 a.png",
        "arn:aws:s3:::workshop-1/receipts/01 a.png",
        "https://s3.us-east-1.amazonaws.com/workshop-1/receipts/01%20a.png",
        "https://workshop-1.s3.us-east-1.amazonaws.com/receipts/01%20a.png",
        {"bucket": "workshop-1", "key": "receipts/01 a.png"},
        {"Document": {"S3Object": {"Bucket": "workshop-1", "Name": "receipts/01 a.png"}}},
        {"S3Bucket": "workshop-1", "S3Key": "receipts/01 a.png"},
        {"detail": {"bucket": {"name": "workshop-1"}, "object": {"key": "receipts/01 a.png"}}},
        [["nothing", {"deep": ["s3://workshop-1/receipts/01 a.png"]}]],
    ],
)
def test_an_object_is_known_in_every_way_that_services_name_it(value: Any) -> None:
    assert named(value) == [THERE]


@pytest.mark.parametrize(
    "value",
    [
        *("s3://workshop-1", "s3://", "https://example.com/workshop-1/key", "a s3://workshop-1/key", None, 3, True),
        *({"bucket": 1, "key": "a"}, {"bucket": "workshop-1"}, {"bucket": "NO", "key": "a"}, {"key": "a"}),
        *({"bucket": "workshop-1", "key": ""}, "https://workshop-1.s3.us-east-1.amazonaws.com/a?X-Amz-Signature=1"),
    ],
)
def test_what_names_no_object_is_none(value: Any) -> None:
    assert named(value) == []


def test_each_object_counts_once_and_only_a_few_do() -> None:
    assert named([f"s3://workshop-1/{at // 2}" for at in range(100)]) == [
        Place("workshop-1", str(at)) for at in range(MOST)
    ]


BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.05}


@pytest.mark.parametrize(
    ("result", "kind", "text"),
    [
        ({"Blocks": [{"BlockType": "LINE", "Text": "TOTAL", "Geometry": {"BoundingBox": BOX}}]}, "line", "TOTAL"),
        (
            {
                "ExpenseDocuments": [
                    {
                        "SummaryFields": [
                            {"Type": {"Text": "TAX"}, "ValueDetection": {"Geometry": {"BoundingBox": BOX}}},
                            {"Type": {"Text": "NAME"}},
                        ]
                    }
                ]
            },
            "field",
            "TAX",
        ),
        ({"Labels": [{"Name": "Dog", "Instances": [{"BoundingBox": BOX}]}, {"Name": "Sky"}]}, "thing", "Dog"),
        ({"FaceDetails": [{"BoundingBox": BOX}]}, "face", "Face"),
        (
            {"TextDetections": [{"Type": "LINE", "DetectedText": "a", "Geometry": {"BoundingBox": BOX}}]},
            "line",
            "a",
        ),
    ],
)
def test_what_textract_and_rekognition_found_has_its_place(result: Any, kind: str, text: str) -> None:
    assert boxes(result) == [Box(0.1, 0.2, 0.3, 0.05, kind, text)]


@pytest.mark.parametrize(
    "result",
    [
        *(None, [], "Blocks", {"Blocks": None}, {"Blocks": [1]}, {"Labels": [{"Instances": "x"}]}),
        {"Blocks": [{"BlockType": "LINE", "Geometry": {"BoundingBox": {"Left": "0"}}}]},
        {"FaceDetails": [{"BoundingBox": BOX | {"Left": 1e9}}]},
        {"ExpenseDocuments": [{"SummaryFields": [{"Type": "x", "ValueDetection": 3}]}]},
    ],
)
def test_a_result_of_another_form_has_no_boxes(result: Any) -> None:
    assert boxes(result) == []
