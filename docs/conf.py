"""How Sphinx renders these pages: ``sphinx-build -W docs docs/_build`` with the packages of the group ``docs``."""

from __future__ import annotations

import playhead

project = "Playhead"
copyright = "The Playhead maintainers"  # noqa: A001 - Sphinx's name
version = release = playhead.__version__

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "Playhead"
