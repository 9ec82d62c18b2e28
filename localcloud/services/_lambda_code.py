"""What CreateFunction and UpdateFunctionCode take for code, and what they refuse.

The checks come before anything is made, so that a call that fails leaves nothing. Limits:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the words are what Lambda answers, as its users
quote them.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.door.wire import ServiceError

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

#: Bytes: all of a function's code unzipped, layers included; and a request, whose zip is base64.
MOST_UNZIPPED, _MOST_REQUEST = 262_144_000, 70_167_211

_S3 = ("S3Bucket", "S3Key", "S3ObjectVersion")


def invalid(message: str) -> ServiceError:
    """Lambda's error for most that is wrong with a request."""
    return ServiceError("InvalidParameterValueException", message, details={"Type": "User"})


def package(cloud: Host, code: Shape, operation: str) -> bytes:
    """The deployment package that a request gives, checked.

    Args:
        cloud: whose S3 may have it.
        code: FunctionCode of CreateFunction, or UpdateFunctionCode's request.
        operation: CreateFunction or UpdateFunctionCode.

    Raises:
        ServiceError: InvalidParameterValueException and RequestEntityTooLargeException.
    """
    if "ZipFile" in code:
        if any(code.get(name) for name in (*_S3, "ImageUri")):
            raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
        content: bytes = code["ZipFile"]
        if len(content) * 4 // 3 > _MOST_REQUEST:
            raise ServiceError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {_MOST_REQUEST} bytes for the {operation} operation",
                413,
                {"Type": "User"},
            )
    elif code.get("S3Bucket") and code.get("S3Key"):
        content = _from_s3(cloud, code)
    else:
        raise invalid("Please provide a source for function code.")
    unzipped = size_of(content)
    if unzipped >= MOST_UNZIPPED:
        raise invalid(f"Unzipped size must be smaller than {MOST_UNZIPPED} bytes")
    return content


def size_of(content: bytes) -> int:
    """How large a package is, unzipped."""
    if not content:
        raise invalid("Uploaded file must be a non-empty zip")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    if not entries:
        raise invalid("Uploaded file must be a non-empty zip")
    return sum(entry.file_size for entry in entries)


def _from_s3(cloud: Host, code: Shape) -> bytes:
    more = {"VersionId": code["S3ObjectVersion"]} if code.get("S3ObjectVersion") else {}
    try:
        found = cloud.client("s3").get_object(Bucket=code["S3Bucket"], Key=code["S3Key"], **more)
    except ClientError as error:
        details = error.response["Error"]
        message = f"{details.get('Message', '').rstrip('.')}."
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {details.get('Code')}. S3 Error Message: {message}"
        ) from None
    content: bytes = found["Body"].read()
    return content


def check_layers(content: bytes, layers: list[bytes]) -> None:
    """Refuse code that is too large together with its layers."""
    total = size_of(content) + sum(size_of(layer) for layer in layers)
    if total >= MOST_UNZIPPED:
        raise invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {MOST_UNZIPPED} bytes. "
            f"The actual size is {total} bytes."
        )
