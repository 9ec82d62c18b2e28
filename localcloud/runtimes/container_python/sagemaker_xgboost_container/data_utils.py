"""XGBoost's matrices from files. https://github.com/aws/sagemaker-xgboost-container, data_utils.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xgboost

from sagemaker_xgboost_container.encoder import csv_to_dmatrix, libsvm_to_dmatrix


def get_dmatrix(
    data_path: str, content_type: str, csv_weights: int = 0, is_pipe: bool = False
) -> xgboost.DMatrix | None:
    """All files below a folder, or one file; the label is the first column. None when there is nothing."""
    path = Path(data_path)
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if not files:
        return None
    text = "".join(each.read_text(encoding="utf-8").rstrip("\n") + "\n" for each in files)
    if "csv" in content_type:
        rows = np.array([[cell.strip() or "nan" for cell in line.split(",")] for line in text.splitlines()])
        table = rows.astype(np.float32)
        weights = table[:, 1] if csv_weights else None
        return xgboost.DMatrix(table[:, 2 if csv_weights else 1 :], label=table[:, 0], weight=weights)
    matrix = libsvm_to_dmatrix(text)
    matrix.set_label([float(line.split()[0].partition(":")[0]) for line in text.splitlines()])
    return matrix


__all__ = ["csv_to_dmatrix", "get_dmatrix", "libsvm_to_dmatrix"]
