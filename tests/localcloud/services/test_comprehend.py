"""Comprehend as the local cloud answers it: AWS's shapes, limits and errors."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.localcloud.services import answers

ROLE = "arn:aws:iam::123456789012:role/comprehend"
CALL = "Maria Garcia from Berlin wants a refund of $129 for the broken kettle."


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    cloud.client("s3").create_bucket(Bucket="texts")
    yield cloud
    cloud.close()


@pytest.fixture(scope="module")
def comprehend(cloud: Cloud) -> Any:
    return answers.client(cloud, "comprehend")


def cut(text: str, found: dict[str, Any]) -> str:
    return text[found["BeginOffset"] : found["EndOffset"]]


# ---- one text


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("Thank you, your technician was friendly and quick.", "POSITIVE"),
        ("This is the third time that I call about the same broken router.", "NEGATIVE"),
        ("What time does the shop open on Sunday?", "NEUTRAL"),
        ("The food was delicious but the waiter was terrible.", "MIXED"),
    ],
)
def test_sentiment_is_the_highest_of_four_scores_whose_sum_is_one(comprehend: Any, text: str, sentiment: str) -> None:
    answer = comprehend.detect_sentiment(Text=text, LanguageCode="en")
    scores = answer["SentimentScore"]
    assert answer["Sentiment"] == sentiment == max(scores, key=scores.get).upper()
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)


def test_entities_have_comprehend_s_types_and_their_place_in_the_text(comprehend: Any) -> None:
    found = comprehend.detect_entities(Text=CALL, LanguageCode="en")["Entities"]
    assert {(each["Type"], each["Text"]) for each in found} == {
        ("PERSON", "Maria Garcia"), ("LOCATION", "Berlin"), ("QUANTITY", "$129")
    }  # fmt: skip
    assert all(cut(CALL, each) == each["Text"] for each in found)


def test_key_phrases_are_the_noun_phrases_and_no_pronouns(comprehend: Any) -> None:
    text = "She says that the replacement never reached the office."
    found = comprehend.detect_key_phrases(Text=text, LanguageCode="en")["KeyPhrases"]
    assert [each["Text"] for each in found] == ["the replacement", "the office"]
    assert all(cut(text, each) == each["Text"] for each in found)


def test_offsets_count_code_points_as_python_does(comprehend: Any) -> None:
    text = "🎉🎉 Maria Garcia called."
    (person,) = comprehend.detect_entities(Text=text, LanguageCode="en")["Entities"]
    assert cut(text, person) == "Maria Garcia"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is my parcel? I have been waiting for it since Monday.", "en"),
        ("Wo bleibt mein Paket? Ich warte seit Montag darauf.", "de"),
        ("Où est mon colis ? Je l'attends depuis lundi.", "fr"),
        ("¿Dónde está mi paquete? Lo espero desde el lunes.", "es"),
        ("私の荷物はどこですか。月曜日から待っています。", "ja"),
    ],
)
def test_the_likeliest_language_comes_first(comprehend: Any, text: str, code: str) -> None:
    assert comprehend.detect_dominant_language(Text=text)["Languages"][0]["LanguageCode"] == code


def test_personal_data_comes_by_type_and_place_without_the_text_itself(comprehend: Any) -> None:
    text = "Write to maria@example.com or call 415-555-0199."
    found = comprehend.detect_pii_entities(Text=text, LanguageCode="en")["Entities"]
    assert [(each["Type"], cut(text, each)) for each in found] == [
        ("EMAIL", "maria@example.com"), ("PHONE", "415-555-0199")
    ]  # fmt: skip
    assert "Text" not in found[0]
    labels = comprehend.contains_pii_entities(Text=text, LanguageCode="en")["Labels"]
    assert [label["Name"] for label in labels] == ["EMAIL", "PHONE"]


# ---- batches


@pytest.mark.parametrize("name", ["sentiment", "entities", "key_phrases", "dominant_language"])
def test_a_batch_gives_what_its_texts_give_one_by_one(comprehend: Any, name: str) -> None:
    texts = [CALL, "Thank you for the quick reply.", "The office is closed."]
    language = {} if name == "dominant_language" else {"LanguageCode": "en"}
    batch = getattr(comprehend, f"batch_detect_{name}")(TextList=texts, **language)
    assert batch["ErrorList"] == []
    for index, (text, result) in enumerate(zip(texts, batch["ResultList"], strict=True)):
        single = getattr(comprehend, f"detect_{name}")(Text=text, **language)
        assert result == {key: value for key, value in single.items() if key != "ResponseMetadata"} | {"Index": index}


def test_a_batch_has_twenty_five_texts_at_most(comprehend: Any) -> None:
    code, _ = answers.error(comprehend.batch_detect_sentiment, TextList=["a"] * 26, LanguageCode="en")
    assert code == "BatchSizeLimitExceededException"


# ---- what is refused


@pytest.mark.parametrize(
    ("name", "most"), [("sentiment", 5_000), ("entities", 100_000), ("key_phrases", 100_000), ("pii_entities", 100_000)]
)
def test_a_text_over_the_operation_s_limit_is_refused_in_aws_s_words(comprehend: Any, name: str, most: int) -> None:
    detect = getattr(comprehend, f"detect_{name}")
    code, message = answers.error(detect, Text="ä" * (most // 2) + "b", LanguageCode="en")
    assert code == "TextSizeLimitExceededException"
    assert message.startswith(f"Input text size exceeds limit. Max length of request text allowed is {most} bytes")
    assert message.endswith(f"the text size is {most + 1} bytes")


def test_a_text_of_exactly_the_limit_is_answered(comprehend: Any) -> None:
    assert comprehend.detect_sentiment(Text="good " * 1000, LanguageCode="en")["Sentiment"] == "POSITIVE"


def test_blanks_are_no_text(comprehend: Any) -> None:
    assert answers.error(comprehend.detect_sentiment, Text="  ", LanguageCode="en")[0] == "InvalidRequestException"


def test_other_languages_are_refused_with_what_to_do_instead(comprehend: Any) -> None:
    code, message = answers.error(comprehend.detect_sentiment, Text="Sehr gut!", LanguageCode="de")
    assert code == "UnsupportedLocally"
    assert "whose small models know English. Send English text" in message


def test_a_language_that_aws_does_not_have_either_is_aws_s_error(comprehend: Any) -> None:
    code, _ = answers.error(comprehend.detect_pii_entities, Text="Sehr gut!", LanguageCode="de")
    assert code == "UnsupportedLanguageException"


def test_a_model_of_one_s_own_is_refused(comprehend: Any) -> None:
    endpoint = "arn:aws:comprehend:us-east-1:123456789012:entity-recognizer-endpoint/mine"
    code, message = answers.error(comprehend.detect_entities, Text=CALL, EndpointArn=endpoint)
    assert code == "UnsupportedLocally"
    assert "EndpointArn" in message


# ---- jobs


def start(comprehend: Any, key: str, **more: Any) -> str:
    job: str = comprehend.start_sentiment_detection_job(
        InputDataConfig={"S3Uri": f"s3://texts/{key}", **more.pop("source", {})},
        OutputDataConfig={"S3Uri": "s3://texts/out/"},
        DataAccessRoleArn=ROLE,
        LanguageCode="en",
        **more,
    )["JobId"]
    return job


def described(comprehend: Any, job: str) -> dict[str, Any]:
    found: dict[str, Any] = comprehend.describe_sentiment_detection_job(JobId=job)["SentimentDetectionJobProperties"]
    return found


def test_a_job_rates_every_line_and_leaves_an_archive(cloud: Cloud, comprehend: Any) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket="texts", Key="in/one.txt", Body=b"It is great.\n\nIt is awful.\n" + b"x" * 5001)
    started = cloud.clock.now()
    job = start(comprehend, "in/one.txt", JobName="calls")
    answers.pass_seconds(cloud, 600)
    done = described(comprehend, job)
    assert (done["JobStatus"], done["JobName"]) == ("COMPLETED", "calls")
    assert done["EndTime"].timestamp() - done["SubmitTime"].timestamp() == 300
    assert done["SubmitTime"].timestamp() >= started
    uri = done["OutputDataConfig"]["S3Uri"]
    assert uri == f"s3://texts/out/123456789012-SENTIMENT-{job}/output/output.tar.gz"
    archive = s3.get_object(Bucket="texts", Key=uri.removeprefix("s3://texts/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        output = opened.extractfile("output")
        assert output is not None
        lines = [json.loads(line) for line in output]
    assert [(line["File"], line["Line"], line.get("Sentiment"), line.get("ErrorCode")) for line in lines] == [
        ("one.txt", 0, "POSITIVE", None),
        ("one.txt", 2, "NEGATIVE", None),
        ("one.txt", 3, None, "DOCUMENT_SIZE_EXCEEDED"),
    ]


def test_a_job_may_take_a_text_a_file(cloud: Cloud, comprehend: Any) -> None:
    for name in ("a", "b"):
        cloud.client("s3").put_object(Bucket="texts", Key=f"files/{name}.txt", Body=b"It is great.\nReally great.")
    job = start(comprehend, "files/", source={"InputFormat": "ONE_DOC_PER_FILE"})
    answers.pass_seconds(cloud, 600)
    key = described(comprehend, job)["OutputDataConfig"]["S3Uri"].removeprefix("s3://texts/")
    archive = cloud.client("s3").get_object(Bucket="texts", Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        output = opened.extractfile("output")
        assert output is not None
        assert [json.loads(line)["File"] for line in output] == ["a.txt", "b.txt"]


def test_a_job_without_input_fails_with_aws_s_message(cloud: Cloud, comprehend: Any) -> None:
    job = start(comprehend, "nothing/here")
    answers.pass_seconds(cloud, 600)
    done = described(comprehend, job)
    assert done["JobStatus"] == "FAILED"
    assert done["Message"].startswith("NO_READ_ACCESS_TO_INPUT")


def test_jobs_are_listed_newest_first_in_pages_and_by_status(cloud: Cloud, comprehend: Any) -> None:
    jobs = [start(comprehend, "nothing/here", JobName=f"listed-{n}") for n in range(3)]
    answers.pass_seconds(cloud, 600)
    page = comprehend.list_sentiment_detection_jobs(MaxResults=2)
    listed = [job["JobId"] for job in page["SentimentDetectionJobPropertiesList"]]
    assert listed == jobs[:0:-1]
    rest = comprehend.list_sentiment_detection_jobs(NextToken=page["NextToken"])["SentimentDetectionJobPropertiesList"]
    assert rest[0]["JobId"] == jobs[0]
    named = comprehend.list_sentiment_detection_jobs(Filter={"JobName": "listed-1"})
    assert [job["JobId"] for job in named["SentimentDetectionJobPropertiesList"]] == [jobs[1]]
    failed = comprehend.list_sentiment_detection_jobs(Filter={"JobStatus": "FAILED"})
    assert set(jobs) <= {job["JobId"] for job in failed["SentimentDetectionJobPropertiesList"]}


def test_a_request_token_starts_one_job(comprehend: Any) -> None:
    assert start(comprehend, "x", ClientRequestToken="t") == start(comprehend, "x", ClientRequestToken="t")


def test_a_job_that_nobody_started_is_not_found(comprehend: Any) -> None:
    code, _ = answers.error(comprehend.describe_sentiment_detection_job, JobId="0" * 32)
    assert code == "JobNotFoundException"


def test_a_job_that_is_stopped_writes_nothing() -> None:
    cloud = Cloud(speed=1)
    try:
        comprehend = answers.client(cloud, "comprehend")
        cloud.client("s3").create_bucket(Bucket="texts")
        job = start(comprehend, "nothing/here")
        assert described(comprehend, job)["JobStatus"] == "IN_PROGRESS"
        assert comprehend.stop_sentiment_detection_job(JobId=job)["JobStatus"] == "STOP_REQUESTED"
        assert described(comprehend, job)["JobStatus"] == "STOPPED"
        assert comprehend.stop_sentiment_detection_job(JobId=job)["JobStatus"] == "STOPPED"
    finally:
        cloud.close()
