"""What the tiny server needs that Playhead itself does not, looked up without importing it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from playhead.errors import MissingDependencyError

BUILD_DEPENDENCIES: Final = ("gguf", "numpy")
SERVE_DEPENDENCIES: Final = ("xllamacpp",)
DEPENDENCIES: Final = BUILD_DEPENDENCIES + SERVE_DEPENDENCIES


def missing_dependency(names: tuple[str, ...] = DEPENDENCIES) -> str | None:
    """Return the first package of ``names`` that is not installed, or ``None`` when all of them are."""
    return next((name for name in names if find_spec(name) is None), None)


def require_dependencies(names: tuple[str, ...] = DEPENDENCIES) -> None:
    """
    Check that every package of ``names`` is installed.

    Raises:
        MissingDependencyError: One is not; the hint names the extra that brings it.
    """
    missing = missing_dependency(names)
    if missing is not None:
        raise MissingDependencyError(missing, extra_name="demo", purpose="the tiny model server")
