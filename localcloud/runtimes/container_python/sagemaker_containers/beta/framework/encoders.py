"""Arrays from and to JSON, CSV and npy, to the letter as the images' inference toolkit does.

https://github.com/aws/sagemaker-inference-toolkit, encoder.py and decoder.py. A single row of CSV is an array of
one dimension there, and so here.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from sagemaker_containers.beta.framework import content_types


class UnsupportedFormatError(Exception):
    """A media type that the framework has no codec for."""

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"Content type {content_type} is not supported by this framework.\n\n"
            "Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "serialize the response. For more information, see the SageMaker Python SDK README."
        )


def decode(obj: Any, content_type: str) -> Any:
    """The array in a request."""
    if content_type == content_types.NPY:
        return np.load(io.BytesIO(obj), allow_pickle=False)
    text = obj.decode("utf-8") if isinstance(obj, bytes) else obj
    if content_type == content_types.CSV:
        return np.genfromtxt(io.StringIO(text), dtype=None, delimiter=",")
    if content_type == content_types.JSON:
        return np.array(json.loads(text))
    raise UnsupportedFormatError(content_type)


def encode(array_like: Any, content_type: str) -> Any:
    """An array as a response: text, or bytes for npy."""
    if content_type == content_types.NPY:
        buffer = io.BytesIO()
        np.save(buffer, array_like)
        return buffer.getvalue()
    if content_type == content_types.CSV:
        text = io.StringIO()
        np.savetxt(text, array_like, delimiter=",", fmt="%s")
        return text.getvalue()
    if content_type == content_types.JSON:
        return json.dumps(array_like, default=_listed)
    raise UnsupportedFormatError(content_type)


def _listed(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
