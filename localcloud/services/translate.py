"""Translate, refused: no package ships a translation model that is small and good enough to teach with.

Searched for in November 2026 among the packages of PyPI and Debian; those that translate fetch their models from the
network at first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.cloud import Cloud, Service
from localcloud.errors import UnsupportedLocally


def register(_cloud: Cloud) -> Service:
    """The actions that translate, each of which says why it does not."""
    return Service(
        "translate", dict.fromkeys(("TranslateText", "TranslateDocument", "StartTextTranslationJob"), _refuse)
    )


def _refuse(_request: dict[str, Any]) -> Mapping[str, Any]:
    raise UnsupportedLocally(
        "Translate is not answered by the local cloud: no installable package ships a small translation model. Keep a "
        "recorded answer beside the text, labelled as one, or set WORKSHOP_TARGET=aws."
    )
