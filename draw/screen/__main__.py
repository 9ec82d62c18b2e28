"""`python -m draw.screen`: a local cloud with the page for a second screen mounted on it."""

from __future__ import annotations

import sys

from draw.screen.page import Page
from localcloud.__main__ import main

if __name__ == "__main__":
    sys.exit(main(mount=("/workshop", Page)))
