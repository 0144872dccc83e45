"""How Sphinx renders these pages: ``sphinx-build -W docs docs/_build`` with the packages of the group ``docs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygments.lexers.data import JsonLexer
from sphinx.highlighting import lexers

import playhead

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Playhead"
copyright = "The Playhead maintainers"  # noqa: A001 - Sphinx's name
version = release = playhead.__version__

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
lexers["jsonl"] = JsonLexer()

html_theme = "furo"
html_title = "Playhead"

# Added to the index while it is rendered: on a page that is read as it is, the directive would be noise.
CONTENTS = """

```{toctree}
:hidden:
:glob:

tutorial
how-to/*
reference/*
format
explanation/*
decisions/*
```
"""


def add_contents(app: Sphinx, docname: str, source: list[str]) -> None:  # noqa: ARG001 - Sphinx's signature
    """Give the index its table of contents."""
    if docname == "index":
        source[0] += CONTENTS


def setup(app: Sphinx) -> None:
    """Be called by Sphinx."""
    app.connect("source-read", add_contents)
