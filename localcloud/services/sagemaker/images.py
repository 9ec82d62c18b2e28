"""Which container images run here: those that the SageMaker SDK's `image_uris` gives for scikit-learn and XGBoost.

What runs is this environment's scikit-learn and XGBoost, whatever version the image's tag names; a job's log says so.
"""

from __future__ import annotations

import importlib.metadata
import re
from typing import Literal

from localcloud.errors import UnsupportedLocally

Image = Literal["sklearn", "xgboost"]

_URI = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.[a-z0-9.]+/(?P<name>[a-z0-9/_-]+)(?:[:@].+)?")

#: `xgboost` is the repository of the first versions, "1" and "latest".
_REPOSITORIES: dict[str, Image] = {
    "sagemaker-scikit-learn": "sklearn",
    "sagemaker-xgboost": "xgboost",
    "xgboost": "xgboost",
}


def image_of(uri: str, what: str) -> Image:
    """The runner of an image.

    Args:
        uri: from `sagemaker.image_uris.retrieve("sklearn" or "xgboost", region, version)`.
        what: who needs it, for the error: 'training job "x"'.

    Raises:
        UnsupportedLocally: no runner for this image.
    """
    match = _URI.fullmatch(uri)
    found = _REPOSITORIES.get(match["name"]) if match else None
    if found is None:
        raise UnsupportedLocally(
            f"{what} uses the image {uri}, which the local cloud does not run. The images that run are those of "
            'sagemaker.image_uris.retrieve("sklearn", ...) (sagemaker-scikit-learn, every version) and '
            'retrieve("xgboost", ...) (sagemaker-xgboost, every version). Use one of these, or set '
            "WORKSHOP_TARGET=aws."
        )
    return found


#: Distribution -> what readers call it; xgboost-cpu is XGBoost without the libraries for graphics cards.
_PACKAGES = {"sklearn": ("scikit-learn", ("scikit-learn",)), "xgboost": ("XGBoost", ("xgboost-cpu", "xgboost"))}

_TAG = re.compile(r":(?P<version>\d+\.\d+)[^:]*")


def differs(uri: str) -> str:
    """A line for a job's log, where the image has another version than this environment; else nothing."""
    tag = _TAG.search(uri)
    title, distributions = _PACKAGES[image_of(uri, "a job")]
    here = next(filter(None, map(_version, distributions)), "")
    if tag is None or here.startswith(f"{tag['version']}."):
        return ""
    return f"The image has {title} {tag['version']}; the local cloud runs this job with {title} {here}.\n"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
