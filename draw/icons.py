"""Line icons on a grid of 20 by 20, ours, as SVG path data."""

from __future__ import annotations

PATHS = {
    "bucket": "M3.5 5h13l-2 12h-9zM3.5 5c0-2.4 13-2.4 13 0",
    "chip": "M6 6h8v8H6zM8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3",
    "choice": "M10 2.5l7.5 7.5-7.5 7.5-7.5-7.5z",
    "cloud": "M6 15.5h8.5a3.5 3.5 0 0 0 0-7 5 5 0 0 0-9.5 1 3 3 0 0 0 1 6z",
    "document": "M5 2.5h7l3.5 3.5v11.5H5zM8 9h5M8 12h5M8 15h3",
    "event": "M11.5 2L4.5 11h5l-1 7 7-9.5h-5z",
    "eye": "M2.5 10c4-6.5 11-6.5 15 0-4 6.5-11 6.5-15 0zM10 7.7a2.3 2.3 0 1 0 .01 0z",
    "fail": "M5 5l10 10M15 5L5 15",
    "lambda": "M5 3.5h3.2l6 13h2.3M9.6 8.5L4.8 16.5",
    "map": "M7.5 7.5h9v9h-9zM3.5 12.5v-9h9",
    "message": "M3 5h14v10.5H3zM3.5 5.5l6.5 5.5 6.5-5.5",
    "parallel": "M5 4v12M10 4v12M15 4v12",
    "pass": "M3.5 10h12M11 5.5l4.5 4.5-4.5 4.5",
    "queue": "M2.5 6h4v8h-4zM8 6h4v8H8zM13.5 6h4v8h-4z",
    "search": "M8.5 3a5.5 5.5 0 1 0 .01 0zM12.5 12.5l4.5 4.5",
    "speech": "M3 4h14v9h-7l-4 4v-4H3z",
    "succeed": "M4 10.5l4.2 4L16 6",
    "table": "M4 5.5c0-3.2 12-3.2 12 0v9c0 3.2-12 3.2-12 0zM4 5.5c0 3.2 12 3.2 12 0M4 10c0 3.2 12 3.2 12 0",
    "wait": "M10 2.8a7.2 7.2 0 1 0 .01 0zM10 6v4.2l3 1.8",
    "wave": "M2.5 9v2M6 6.5v7M10 3v14M14 6.5v7M17.5 9v2",
    "workflow": "M3 3h6v4.5H3zM11 12.5h6V17h-6zM6 7.5V15h5",
}

# Status glyphs, drawn white in a disc of radius 9 around (0, 0).
GLYPHS = {
    "aborted": "M-3 -3h6v6h-6z",
    "caught": "M0 -5v6M0 4v.6",
    "failed": "M-3.2 -3.2l6.4 6.4M3.2 -3.2l-6.4 6.4",
    "running": "M-2 -4l5.5 4-5.5 4z",
    "succeeded": "M-4 .3l2.8 2.9L4 -2.9",
    "timed out": "M0 -4.5v4.8l3 2",
}
FILLED = {"aborted", "running"}
