"""Notebook 01: the picture that grows, a part for each of its four sections."""

from helpers import show

COLUMNS = ["Data", "Streams", "Lake", "Tools", "AI services", "Output"]


def part(name, does, icon, column, row, *feeds):
    """A service in its place; `feeds` are the names of those that its data goes to."""
    return {"name": name, "does": does, "icon": icon, "column": column, "row": row, "feeds": feeds}


PARTS = [
    [
        part("Tills", "checkouts", "event", 0, 1, "Kinesis"),
        part("Kinesis", "keeps order", "wave", 1, 1, "Firehose", "Lambda"),
        part("Firehose", "gathers, zips", "queue", 1, 2, "S3"),
        part("S3", "the lake", "bucket", 2, 2, "Glue", "Athena"),
        part("Glue", "the catalog", "document", 2, 1),
    ],
    [
        part("Lambda", "as it happens", "lambda", 3, 0, "DynamoDB", "Spoken alert"),
        part("DynamoDB", "one by its key", "table", 3, 1, "API record"),
        part("Athena", "SQL on all of it", "search", 3, 2, "Report"),
    ],
    [
        part("Files", "photo, call, text", "document", 0, 4, "Objects"),
        part("Objects", "in the same lake", "bucket", 2, 4, "Rekognition", "Transcribe", "Textract", "Comprehend"),
        part("Rekognition", "sees", "eye", 4, 3, "Search index"),
        part("Transcribe", "hears", "wave", 4, 4, "Search index"),
        part("Textract", "reads", "document", 4, 5, "Search index"),
        part("Comprehend", "understands", "speech", 4, 6, "Search index"),
    ],
    [
        part("Spoken alert", "by Polly, for drivers", "speech", 5, 0),
        part("API record", "for a program", "table", 5, 1),
        part("Report", "for the books", "document", 5, 2),
        part("Search index", "for people", "search", 5, 4),
    ],
]


def architecture(parts):
    """The picture with its first so many parts; the last of them stands out."""
    services = [service for group in PARTS[:parts] for service in group]
    columns = COLUMNS[: 1 + max(service["column"] for service in services)]
    new = {service["name"] for service in PARTS[parts - 1]} if parts > 1 else set()
    return show.services(f"Data and AI services, {parts} of 4", columns, services, new=new)
