"""One picture after the other in the same place of a notebook."""

from __future__ import annotations

import os
from typing import Any

from draw import Picture
from helpers.session import current


class Screen:
    """A place in the cell that runs.

    Where nobody can watch (the local cloud at its highest speed, a terminal) there is one picture only, the last.
    So it is under pytest: nbval compares the first picture of a cell with the committed last one.

    Attributes:
        live: whether pictures before the last are shown.
    """

    def __init__(self) -> None:
        from IPython.core.getipython import get_ipython

        too_fast = current().target == "local" and os.environ.get("WORKSHOP_SPEED", "max") == "max"
        self.live = not too_fast and "PYTEST_VERSION" not in os.environ and get_ipython() is not None
        self._handle: Any = None
        self._shown = ""

    def draw(self, picture: Picture, *, last: bool = False) -> None:
        """Shows a picture in place of the one before, if it is another."""
        if picture.svg == self._shown:
            return
        self._shown = picture.svg
        from IPython import display

        show: Any = display.display
        if self._handle is not None:
            self._handle.update(picture)
        elif self.live:
            self._handle = show(picture, display_id=True)
        elif last:
            show(picture)
