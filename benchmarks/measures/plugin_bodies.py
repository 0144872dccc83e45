"""A pytest plugin for pytest-recording's suite: bodies are matched too, as a project's conftest would ask."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """Give what a project's own fixture of this name gives."""
    return {"match_on": ["method", "scheme", "host", "port", "path", "query", "body"]}
