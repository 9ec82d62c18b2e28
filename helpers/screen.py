"""One picture after the other in the same place of a notebook."""

from __future__ import annotations

from typing import Any

from draw import Picture
from helpers.attended import attended


class Screen:
    """A place in the cell that runs.

    Where nobody sits (CI, a terminal) there is one picture only, the last: nbval compares the first picture of a cell
    with the committed last one.

    Attributes:
        live: whether pictures before the last are shown.
    """

    def __init__(self) -> None:
        self.live = attended()
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
