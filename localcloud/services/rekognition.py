"""Rekognition's operations on one picture, answered by small local models.

Shapes, limits and errors are those of https://docs.aws.amazon.com/rekognition/latest/APIReference/ and of
https://docs.aws.amazon.com/rekognition/latest/dg/limits.html; messages are AWS's where they are known. Labels come
from two networks: one classifies the whole picture in a thousand classes, one detects objects of eighty classes. A
label's confidence is the higher of the two.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Service
from localcloud.services import _objects, _pictures
from localcloud.services._remembered import Remembered

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localcloud.models.detector import Box
    from localcloud.models.faces import Face

    Image = npt.NDArray[np.uint8]


_MOST_SENT, _MOST_STORED = 5 * 1024 * 1024, 15 * 1024 * 1024  # bytes
_LEAST_PIXELS, _MOST_PIXELS = 80, 10_000  # a side
_MOST_WORDS = 100

_LEAST_LABEL, _LEAST_MODERATION = 55.0, 50.0  # MinConfidence, where a request does not say

#: What AWS answers today. The local models' versions are in data/README.md.
_LABEL_MODEL, _TEXT_MODEL, _MODERATION_MODEL = "3.0", "3.0", "7.0"

#: Labels that moderation reports, with their place in Rekognition's taxonomy, level by level
#: (https://docs.aws.amazon.com/rekognition/latest/dg/moderation-api.html).
_MODERATED = {
    "Alcohol": ("Alcohol", "Alcoholic Beverages"),
    "Gambling": ("Gambling",),
    "Gun": ("Violence", "Weapons"),
}

T = TypeVar("T")
Confidences = tuple[dict[str, float], dict[str, list[Structure]]]
#: What each network saw in a picture: workflows ask for labels, moderation and text, and then once more.
_seen: Remembered[Any] = Remembered(256, "pictures")

_LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


def register(cloud: Host) -> Service:
    """The actions of Rekognition that look at one picture."""

    def on_picture(answer: Callable[[Image, Structure], Structure]) -> Callable[[Structure], Mapping[str, Any]]:
        return lambda request: answer(pixels(*_content(cloud, request)), request)

    return Service(
        "rekognition",
        {
            "DetectFaces": on_picture(faces),
            "DetectLabels": on_picture(labels),
            "DetectModerationLabels": on_picture(moderation),
            "DetectText": on_picture(text),
        },
    )


# ---- the picture


def _content(cloud: Host, request: Structure) -> tuple[bytes, int]:
    """The picture's bytes, and how many Rekognition takes of one that comes this way."""
    content, place = request["Image"].get("Bytes"), request["Image"].get("S3Object")
    if (content is None) == (place is None):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if content is not None:
        return content, _MOST_SENT
    return _objects.picture(cloud, place, _MOST_STORED, _too_large), _MOST_STORED


def _too_large(size: int, most: int) -> ServiceError:
    return ServiceError("ImageTooLargeException", f"Input image has {size} bytes; {most} are the most.")


def pixels(content: bytes, most: int = _MOST_SENT) -> Image:
    """A picture as height x width x 3, RGB.

    Raises:
        ServiceError: InvalidParameterException, ImageTooLargeException or InvalidImageFormatException.
    """
    if not content:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if len(content) > most:
        raise _too_large(len(content), most)
    kind = _pictures.kind(content)
    if kind not in ("PNG", "JPEG"):
        raise ServiceError("InvalidImageFormatException", "Request has invalid image format")
    try:
        image = _pictures.pixels(content, kind, _MOST_PIXELS)
    except _pictures.TooWide as found:
        raise ServiceError(
            "ImageTooLargeException",
            f"Input image dimensions {found.width} x {found.height} exceed maximum dimension size of "
            f"{_MOST_PIXELS} pixels",
        ) from None
    except (_pictures.ManyPages, _pictures.Unreadable):
        raise ServiceError("InvalidImageFormatException", "Request has invalid image format") from None
    if min(image.shape[:2]) < _LEAST_PIXELS:
        # AWS says no more than "Request has invalid parameters".
        raise ServiceError(
            "InvalidParameterException",
            f"Request has invalid parameters: the picture is {image.shape[1]} x {image.shape[0]} pixels, "
            f"{_LEAST_PIXELS} a side are the least",
        )
    return image


def _look(for_what: str, look: Callable[[Image], T], image: Image) -> T:
    """What there is in a picture, which is looked at once."""
    key = hashlib.sha256(str(image.shape).encode() + image.tobytes()).digest()
    found: T = _seen.get((for_what, key), partial(look, image))
    return found


# ---- labels


def _confidences(image: Image) -> Confidences:
    """Each label's confidence in per cent, and the instances of those that have a box."""
    from localcloud.models import classifier, detector
    from localcloud.models.labels import labels, most_specific

    probabilities = classifier.classify(image).tolist()
    objects = detector.detect(image)
    confidences = {}
    for label in labels().values():
        whole = min(sum(probabilities[number] for number in sorted(label.imagenet)), 1.0)
        boxes = [each.confidence for each in objects if each.coco_id in label.coco]
        confidences[label.name] = 100 * max([whole, *boxes])
    instances: dict[str, list[Structure]] = {}
    for each in objects:
        if each.coco_id in most_specific():
            instance = {"BoundingBox": _box(each.box), "Confidence": round(100 * each.confidence, 3)}
            instances.setdefault(most_specific()[each.coco_id], []).append(instance)
    return confidences, instances


def labels(image: Image, request: Structure) -> Structure:
    """DetectLabels' answer for a picture."""
    from localcloud.models.labels import labels as known

    if "IMAGE_PROPERTIES" in request.get("Features", ()):
        raise UnsupportedLocally(
            "Rekognition's IMAGE_PROPERTIES are not computed by the local cloud. Ask for GENERAL_LABELS only, or set "
            "WORKSHOP_TARGET=aws."
        )
    least = request.get("MinConfidence", _LEAST_LABEL)
    wanted = _filter(request.get("Settings", {}).get("GeneralLabels", {}))
    confidences, instances = _look("labels", _confidences, image)
    names = [name for name, value in confidences.items() if value >= least and value > 0 and wanted(name)]
    names.sort(key=lambda name: (-confidences[name], name))
    found = [
        {
            "Name": name,
            "Confidence": round(confidences[name], 3),
            "Instances": [each for each in instances.get(name, []) if each["Confidence"] >= least],
            "Parents": [{"Name": parent} for parent in known()[name].parents],
            "Aliases": [],
            "Categories": [{"Name": known()[name].category}],
        }
        for name in names[: request.get("MaxLabels")]
    ]
    return {"Labels": found, "LabelModelVersion": _LABEL_MODEL}


def _filter(rules: Structure) -> Callable[[str], bool]:
    from localcloud.models.labels import labels

    kept, dropped = (set(rules.get(f"Label{kind}Filters", ())) for kind in ("Inclusion", "Exclusion"))
    families, without = (set(rules.get(f"LabelCategory{kind}Filters", ())) for kind in ("Inclusion", "Exclusion"))

    def wanted(name: str) -> bool:
        category = labels()[name].category
        included = not (kept or families) or name in kept or category in families
        return included and name not in dropped and category not in without

    return wanted


def moderation(image: Image, request: Structure) -> Structure:
    """DetectModerationLabels' answer for a picture.

    Explicit content is scored by a network of its own; alcohol, weapons and gambling by the labels.
    """
    from localcloud.models import explicit

    for name in ("HumanLoopConfig", "ProjectVersion"):
        if name in request:
            raise UnsupportedLocally(
                f"Rekognition's moderation with {name} is not run by the local cloud. Leave it out, or set "
                "WORKSHOP_TARGET=aws."
            )
    least = request.get("MinConfidence", _LEAST_MODERATION)
    confidences, _ = _look("labels", _confidences, image)
    found: list[tuple[float, tuple[str, ...]]] = [(100 * _look("explicit", explicit.score, image), ("Explicit",))]
    found += [(confidences[label], path) for label, path in _MODERATED.items()]
    found.sort(key=lambda entry: -entry[0])
    answer = [
        {
            "Confidence": round(confidence, 3),
            "Name": name,
            "ParentName": path[level - 1] if level else "",
            "TaxonomyLevel": level + 1,
        }
        for confidence, path in found
        if confidence >= least and confidence > 0
        for level, name in reversed(list(enumerate(path)))
    ]
    return {"ModerationLabels": answer, "ModerationModelVersion": _MODERATION_MODEL, "ContentTypes": []}


# ---- text


def text(image: Image, request: Structure) -> Structure:
    """DetectText's answer for a picture: the lines, then their words, a hundred at the most."""
    from localcloud.models import ocr

    rules = request.get("Filters", {})
    if "RegionsOfInterest" in rules:
        raise UnsupportedLocally(
            "Rekognition's RegionsOfInterest are not looked at by the local cloud. Crop the picture, or set "
            "WORKSHOP_TARGET=aws."
        )
    rule = rules.get("WordFilter", {})
    page = _look("text", partial(ocr.read, photo=True), image)
    lines: list[Structure] = []
    words: list[Structure] = []
    for line in page.lines:
        found = [_detection(page, "WORD", word) for word in line.words]
        found = [word for word in found if _passes(word, rule)][: _MOST_WORDS - len(words)]
        if found:
            words += [word | {"ParentId": len(lines)} for word in found]
            lines.append(_detection(page, "LINE", line))
    numbered = [detection | {"Id": number} for number, detection in enumerate([*lines, *words])]
    return {"TextDetections": numbered, "TextModelVersion": _TEXT_MODEL}


def _detection(page: Any, kind: str, found: Any) -> Structure:
    return {
        "DetectedText": found.text,
        "Type": kind,
        "Confidence": round(100 * found.confidence, 3),
        "Geometry": _pictures.geometry(found.quad, page.width, page.height),
    }


def _passes(word: Structure, rule: Structure) -> bool:
    box = word["Geometry"]["BoundingBox"]
    return bool(
        word["Confidence"] >= rule.get("MinConfidence", 0)
        and box["Height"] >= rule.get("MinBoundingBoxHeight", 0)
        and box["Width"] >= rule.get("MinBoundingBoxWidth", 0)
    )


# ---- faces


def faces(image: Image, request: Structure) -> Structure:
    """DetectFaces' answer for a picture: the attributes that AWS calls DEFAULT.

    Pose is a rough estimate from the five landmarks.
    """
    from localcloud.models import faces as model

    guessed = sorted(set(request.get("Attributes", ())) - {"DEFAULT"})
    if guessed:
        raise UnsupportedLocally(
            f"The face attributes {', '.join(guessed)} (age, gender, mood and the like) are not guessed by the local "
            "cloud. Leave Attributes out, or set WORKSHOP_TARGET=aws."
        )
    return {"FaceDetails": [_face(image, face) for face in _look("faces", model.detect, image)]}


def _face(image: Image, face: Face) -> Structure:
    height, width = image.shape[:2]
    (lx, ly), (rx, ry), (nx, ny), *mouth = [(x * width, y * height) for x, y in face.landmarks]
    roll = math.atan2(ry - ly, rx - lx)
    # The nose against the line between the eyes and the mouth, in the upright face: it sticks out, and so it moves
    # with the head.
    eyes, lips = ((lx + rx) / 2, (ly + ry) / 2), (sum(x for x, _ in mouth) / 2, sum(y for _, y in mouth) / 2)
    apart = max(math.dist((lx, ly), (rx, ry)), 1.0)
    long = max(math.dist(eyes, lips), 1.0)
    across = ((nx - eyes[0]) * math.cos(roll) + (ny - eyes[1]) * math.sin(roll)) / apart
    down = ((ny - eyes[1]) * math.cos(roll) - (nx - eyes[0]) * math.sin(roll)) / long
    return {
        "BoundingBox": _box(face.box),
        "Landmarks": [
            {"Type": kind, "X": round(x, 6), "Y": round(y, 6)}
            for kind, (x, y) in zip(_LANDMARKS, face.landmarks, strict=True)
        ],
        "Pose": {
            "Roll": round(math.degrees(roll), 3),
            "Yaw": round(min(max(90 * across, -90.0), 90.0), 3),
            "Pitch": round(min(max(90 * (0.55 - down), -90.0), 90.0), 3),
        },
        "Quality": _quality(image, face.box),
        "Confidence": round(100 * face.confidence, 3),
    }


def _quality(image: Image, box: Box) -> Structure:
    """Brightness: the mean of the face's grey. Sharpness: how much neighbouring pixels differ. 0 to 100, both."""
    import numpy as np

    height, width = image.shape[:2]
    rows = slice(int(box.top * height), max(int((box.top + box.height) * height), int(box.top * height) + 2))
    columns = slice(int(box.left * width), max(int((box.left + box.width) * width), int(box.left * width) + 2))
    grey = image[rows, columns].astype(np.float64).mean(axis=2)
    steps = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return {
        "Brightness": round(float(grey.mean()) / 2.55, 3),
        "Sharpness": round(min(float(steps) * 5, 100.0), 3),
    }


def _box(box: Box) -> Structure:
    return {
        "Width": round(box.width, 6),
        "Height": round(box.height, 6),
        "Left": round(box.left, 6),
        "Top": round(box.top, 6),
    }
