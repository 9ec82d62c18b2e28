"""An execution to explore in a notebook: choose a state in the graph, play it event by event.

The inspector is an anywidget whose code and pictures are on this machine: nothing is fetched. Under it stands the
picture that `show` gives. While the inspector is at work the picture is out of sight; GitHub, nbconvert, print and a
notebook opened without its kernel show the picture alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import draw
from helpers.attended import attended
from helpers.errors import WorkshopError

_HERE = Path(draw.__file__).parent
CODE = "".join((_HERE / name).read_text("utf-8") for name in ("inspector_film.js", "inspector.js"))
LOOKS = (_HERE / "inspector.css").read_text("utf-8")


def kept(picture: draw.Picture, definition: str, events: Iterable[Mapping[str, Any]] | None, name: str) -> draw.Picture:
    """A picture that is saved with what it shows, so that slides and the site can play it without a kernel.

    Only where nobody sits, as when the kit's own notebooks are executed: a reader's outputs stay pictures.
    """
    if not attended():
        picture.record = draw.recorded(definition, events, name=name)
    return picture


class Inspector:
    """What `show.inspector` gives. Displayed where nobody sits, as by CI, it is the picture alone.

    Args:
        picture: the execution, drawn.
        definition: the state machine's, as JSON text.
        events: the execution's history so far.
        name: what to call it.
        fork: goes on from a visit of a state with another input, and gives the new execution's film; None where no
            cloud could run it.
    """

    def __init__(
        self,
        picture: draw.Picture,
        definition: str,
        events: list[dict[str, Any]],
        name: str,
        fork: Callable[[str, int, Any], dict[str, Any]] | None = None,
    ) -> None:
        self.picture = picture
        self._told = (definition, events, name)
        self._fork = fork

    def __repr__(self) -> str:
        return self.picture.text

    def widget(self) -> Any:
        """The inspector itself, an anywidget."""
        import anywidget
        import traitlets

        definition, events, name = self._told

        class Playing(anywidget.AnyWidget):
            _esm, _css = CODE, LOOKS
            record = traitlets.Dict().tag(sync=True)
            forks = traitlets.Bool().tag(sync=True)

        playing = Playing(record=draw.film(definition, events, name=name), forks=self._fork is not None)
        playing.on_msg(self._asked)
        return playing

    def _asked(self, widget: Any, asked: dict[str, Any], _: object) -> None:
        """Run from here: with the answer come the new execution, or words that say why not."""
        assert self._fork is not None
        try:
            widget.send({"forked": self._fork(asked["state"], asked["visit"], asked["input"])})
        except WorkshopError as problem:
            widget.send({"problem": str(problem)})

    def _ipython_display_(self) -> None:
        from IPython import display

        show: Any = display.display
        if attended():
            show(self.widget())
        show(self.picture)
