"""Where Firehose puts an object: prefixes with dates, partition keys and error types, and the object's name.

Source: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html and s3-object-name.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from localcloud.door.wire import ServiceError

#: What stands behind a prefix without expressions.
DEFAULT = "!{timestamp:yyyy/MM/dd/HH/}"

_EXPRESSION = re.compile(r"!\{(timestamp|firehose|partitionKeyFromQuery|partitionKeyFromLambda):([^}]*)\}")

#: Letters of Java's DateTimeFormatter. `Y`, the week's year, is what Firehose's own default is written with.
_LETTERS: Mapping[str, Callable[[datetime], str]] = {
    "y": lambda when: f"{when.year:04}",
    "Y": lambda when: f"{when.isocalendar().year:04}",
    "M": lambda when: f"{when.month}",
    "d": lambda when: f"{when.day}",
    "D": lambda when: f"{when.timetuple().tm_yday}",
    "H": lambda when: f"{when.hour}",
    "h": lambda when: f"{when.hour % 12 or 12}",
    "m": lambda when: f"{when.minute}",
    "s": lambda when: f"{when.second}",
    "S": lambda when: f"{when.microsecond // 1000:03}",
    "a": lambda when: "AM" if when.hour < 12 else "PM",
    "E": lambda when: when.strftime("%a"),
}
_PART = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


def check(prefix: str, error_prefix: str | None, queried: set[str], *, partitioned: bool) -> None:
    """Refuse prefixes that Firehose refuses.

    Args:
        prefix, error_prefix: as a destination has them.
        queried: the keys that MetadataExtraction finds.
        partitioned: whether dynamic partitioning is enabled.

    Raises:
        ServiceError: InvalidArgumentException.
    """
    used, of_errors = set(_EXPRESSION.findall(prefix)), set(_EXPRESSION.findall(error_prefix or ""))
    kinds = {kind for kind, _ in used}
    if "!{" in _EXPRESSION.sub("", prefix + (error_prefix or "")):
        raise invalid("Prefix has an expression that is none of Firehose's: !{namespace:value}.")
    if used and not error_prefix:
        raise invalid("ErrorOutputPrefix can't be null or empty when Prefix contains expressions.")
    if ("firehose", "error-output-type") in used:
        raise invalid("Prefix cannot contain !{firehose:error-output-type}.")
    if of_errors and ("firehose", "error-output-type") not in of_errors:
        raise invalid("ErrorOutputPrefix must contain at least one instance of !{firehose:error-output-type}.")
    if not partitioned and kinds & {"partitionKeyFromQuery", "partitionKeyFromLambda"}:
        raise invalid("Partition keys in Prefix need DynamicPartitioningConfiguration to be enabled.")
    if partitioned and not kinds & {"partitionKeyFromQuery", "partitionKeyFromLambda"}:
        raise invalid("Prefix must contain a partition key when Dynamic Partitioning is enabled.")
    missing = {key for kind, key in used if kind == "partitionKeyFromQuery"} ^ queried
    if partitioned and missing:
        raise invalid(f"MetadataExtractionQuery and Prefix do not have the same keys: {', '.join(sorted(missing))}.")
    for kind, value in used | of_errors:
        if kind == "timestamp":
            date(value, datetime.now(UTC))


def evaluate(prefix: str, when: float, zone: str, random: str, keys: Mapping[str, str], error: str = "") -> str:
    """A prefix with its expressions replaced.

    Args:
        prefix: of a destination.
        when: arrival of the object's oldest record, in seconds since the Unix epoch.
        zone: CustomTimeZone.
        random: eleven characters.
        keys: the partition keys of the object's records.
        error: the type of the error.
    """
    if not _EXPRESSION.search(prefix):
        prefix += (f"{error}/" if error else "") + DEFAULT
    moment = datetime.fromtimestamp(when, ZoneInfo(zone))

    def value(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "timestamp":
            return date(name, moment)
        if kind == "firehose":
            return error if name == "error-output-type" else random
        return keys.get(name, "")

    return _EXPRESSION.sub(value, prefix)


def date(pattern: str, when: datetime) -> str:
    """A time as a pattern of Java's DateTimeFormatter has it.

    Raises:
        ServiceError: the pattern has a letter that it does not know.
    """

    def part(match: re.Match[str]) -> str:
        if match[2] is None:
            return match[0] if match[1] is None else match[1] or "'"
        if match[2] not in _LETTERS:
            raise invalid(f"Prefix has an unknown letter in its timestamp: {match[2]}.")
        text = _LETTERS[match[2]](when)
        return text[-2:] if match[0] in ("yy", "YY") else text.rjust(len(match[0]), "0") if text.isdigit() else text

    return _PART.sub(part, pattern)


def invalid(message: str) -> ServiceError:
    """InvalidArgumentException."""
    return ServiceError("InvalidArgumentException", message)
