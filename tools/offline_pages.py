"""nbconvert's settings for pages and slides that fetch nothing when they are opened.

As it comes, nbconvert writes addresses of MathJax, RequireJS, Mermaid and reveal.js into what it makes. Our notebooks
need none of the first three: an empty address is no request. Slides are shown by a few lines of our own (`slides/`)
instead of reveal.js.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets.config import get_config

c: Any = get_config()

c.HTMLExporter.mathjax_url = ""
c.HTMLExporter.require_js_url = ""
c.HTMLExporter.jquery_url = ""
c.HTMLExporter.embed_images = True  # the picture at the top of a notebook is a file beside it

c.TemplateExporter.extra_template_basedirs = [str(Path(__file__).resolve().parent)]
c.SlidesExporter.template_name = "slides"
c.SlidesExporter.reveal_url_prefix = "data:text/css,/*"  # of its style sheets: the rest of the address is a comment
