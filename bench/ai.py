"""How right the small local models are on the kit's own data, held against its truth, and how long they take.

The first call of each loads its model; that is measured apart. What follows is what a workflow waits for.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"


def measure() -> dict[str, Any]:
    """Return word error rates, hits and seconds, by service."""
    return {
        "textract": _textract(),
        "comprehend": _comprehend(),
        "rekognition": _rekognition(),
        "transcribe": _transcribe(),
        "polly": _polly(),
    }


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = call()
    return answer, round(time.perf_counter() - started, 3)


def _truth(folder: str) -> list[dict[str, Any]]:
    truth: list[dict[str, Any]] = json.loads((DATA / folder / "truth.json").read_text(encoding="utf-8"))
    return truth


def _textract() -> dict[str, Any]:
    """Expense fields, and the words of the truth that stand among those read."""
    from localcloud.models import ocr
    from localcloud.services import textract
    from tests.helpers.receipt_score import score

    receipts = json.loads((DATA / "receipts" / "truth.json").read_text(encoding="utf-8"))["receipts"]
    readable = [receipt for receipt in receipts if receipt["readable"]]
    contents = [(DATA / "receipts" / receipt["file"]).read_bytes() for receipt in readable]
    _, load = _timed(lambda: textract.analyze_expense(contents[0]))
    fields = wrong = words = found = 0
    spent = 0.0
    for receipt, content in zip(readable, contents, strict=True):
        page, seconds = _timed(partial(ocr.read, textract.pixels(content)))
        spent += seconds
        read = {word.casefold().strip(",") for line in page.lines for word in line.text.split()}
        true = " ".join([receipt["vendor"], receipt["address"], *(item["description"] for item in receipt["items"])])
        words += len(true.split())
        found += sum(word.casefold().strip(",") in read for word in true.split())
        count, errors = score(textract.analyze_expense(content), receipt)
        fields, wrong = fields + count, wrong + len(errors)
    return {
        "expense_fields_right": fields - wrong,
        "of_fields": fields,
        "words_read": found,
        "of_words": words,
        "first_receipt_seconds": load,
        "reading_seconds_each": round(spent / len(readable), 3),
    }


def _script(call: dict[str, Any], who: str) -> str:
    lines = (DATA / "calls" / call["script"]).read_text(encoding="utf-8").splitlines()
    return " ".join(text for speaker, _, text in (line.partition(": ") for line in lines) if speaker == who)


def _comprehend() -> dict[str, Any]:
    from localcloud.services import comprehend

    calls = _truth("calls")
    texts = [_script(call, "Customer") for call in calls]
    _, first = _timed(
        lambda: [comprehend.sentiment("Hello."), comprehend.entities("Hello."), comprehend.languages("Hi")]
    )
    rated, sentiment = _timed(lambda: [comprehend.sentiment(text)["Sentiment"] for text in texts])
    _, entities = _timed(lambda: [comprehend.entities(text) for text in texts])
    return {
        "sentiment_of_scripts_right": sum(a == call["sentiment"] for a, call in zip(rated, calls, strict=True)),
        "of": len(calls),
        "load_seconds": first,
        "sentiment_seconds_each": round(sentiment / len(texts), 4),
        "entities_seconds_each": round(entities / len(texts), 4),
    }


def _rekognition() -> dict[str, Any]:
    from localcloud.services import rekognition

    photos = _truth("photos")
    images = [rekognition.pixels((DATA / "photos" / photo["file"]).read_bytes()) for photo in photos]
    load = sum(_timed(partial(answer, images[0][:100, :100], {}))[1] for answer in _answers())
    found, labels = _timed(lambda: [rekognition.labels(image, {})["Labels"] for image in images])
    faces, faces_seconds = _timed(lambda: [rekognition.faces(image, {})["FaceDetails"] for image in images])
    unsafe = [rekognition.moderation(image, {})["ModerationLabels"] for image in images]
    right = [
        {label["Name"] for label in each} & set(photo["labels"]) for each, photo in zip(found, photos, strict=True)
    ]
    return {
        "photos_with_a_right_label": sum(map(bool, right)),
        "photos_without": [photo["file"] for photo, hit in zip(photos, right, strict=True) if not hit],
        "photos_with_the_right_number_of_faces": sum(
            len(each) == photo["faces"] for each, photo in zip(faces, photos, strict=True)
        ),
        "photos_moderated_right": sum(
            [label["Name"] for label in each if not label["ParentName"]] == (photo["moderation"] or [])
            for each, photo in zip(unsafe, photos, strict=True)
        ),
        "of": len(photos),
        "load_seconds": round(load, 3),
        "labels_seconds_each": round(labels / len(photos), 3),
        "faces_seconds_each": round(faces_seconds / len(photos), 3),
    }


def _answers() -> list[Callable[[Any, dict[str, Any]], Any]]:
    from localcloud.services import rekognition

    return [rekognition.labels, rekognition.faces, rekognition.moderation]


def _transcribe() -> dict[str, Any]:
    from localcloud.models import audio, speech, whisper
    from localcloud.services import comprehend
    from localcloud.services.transcribe.transcript import transcript

    _, load = _timed(whisper.load)
    figures: dict[str, Any] = {"load_seconds": load, "word_error_rate": {}}
    wrong = total = 0
    spoken = taken = 0.0
    keywords = sentiments = 0
    calls = _truth("calls")
    for call in calls:
        sound = audio.decode((DATA / "calls" / call["file"]).read_bytes(), speech.RATE)
        results, seconds = _timed(partial(transcript, sound, True))
        spoken, taken = spoken + sound.seconds, taken + seconds
        heard = {
            f"ch_{n}": " ".join(s["transcript"] for s in results["audio_segments"] if s["channel_label"] == f"ch_{n}")
            for n in range(2)
        }
        errors = words = 0
        for who, channel in (("Agent", "ch_0"), ("Customer", "ch_1")):
            truth = _words(_script(call, who))
            errors, words = errors + _distance(truth, _words(heard[channel])), words + len(truth)
        figures["word_error_rate"][call["file"]] = round(errors / words, 3)
        wrong, total = wrong + errors, total + words
        keywords += all(word in heard["ch_1"].lower() for word in call["keywords"])
        sentiments += comprehend.sentiment(heard["ch_1"])["Sentiment"] == call["sentiment"]
    return figures | {
        "word_error_rate_of_all": round(wrong / total, 3),
        "calls_with_all_keywords": keywords,
        "calls_with_the_right_sentiment": sentiments,
        "of": len(calls),
        "seconds_for_a_second_of_call": round(taken / spoken, 3),
    }


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _distance(truth: Sequence[str], heard: Sequence[str]) -> int:
    """Words changed, left out or put in, at the least."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(truth, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(heard, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (word != other))
    return row[-1]


def _polly() -> dict[str, Any]:
    from localcloud.models import voice

    _, load = _timed(lambda: voice.speak("Hello."))
    samples, seconds = _timed(lambda: voice.speak("Thank you for calling. How can I help you today?"))
    return {"load_seconds": load, "seconds_for_a_second_of_speech": round(seconds / (len(samples) / voice.RATE), 3)}
