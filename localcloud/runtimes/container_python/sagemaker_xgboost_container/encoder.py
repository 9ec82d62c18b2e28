"""XGBoost's matrices from requests. https://github.com/aws/sagemaker-xgboost-container, encoder.py."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import xgboost
from sagemaker_containers.beta.framework.encoders import UnsupportedFormatError


def csv_to_dmatrix(string_like: str | bytes, dtype: Any = None) -> xgboost.DMatrix:
    """Rows of comma-separated features; an empty one is missing."""
    text = string_like.decode() if isinstance(string_like, bytes) else string_like
    rows = [[cell.strip() or "nan" for cell in line.split(",")] for line in text.strip().splitlines()]
    return xgboost.DMatrix(np.array(rows).astype(dtype or float))


def libsvm_to_dmatrix(string_like: str | bytes) -> xgboost.DMatrix:
    """Rows of `label index:value ...`, or without the label."""
    from scipy.sparse import csr_matrix

    text = string_like.decode() if isinstance(string_like, bytes) else string_like
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for line in text.strip().splitlines():
        for cell in line.split():
            column, colon, value = cell.partition(":")
            if colon:
                columns.append(int(column))
                values.append(float(value))
        ends.append(len(values))
    return xgboost.DMatrix(csr_matrix((np.array(values, np.float32), columns, ends)))


def decode(obj: Any, content_type: str) -> xgboost.DMatrix:
    """The matrix in a request."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return csv_to_dmatrix(obj)
    if kind in ("text/libsvm", "text/x-libsvm"):
        return libsvm_to_dmatrix(obj)
    if kind == "application/x-npy":
        return xgboost.DMatrix(np.load(io.BytesIO(obj), allow_pickle=False))
    raise UnsupportedFormatError(kind)
