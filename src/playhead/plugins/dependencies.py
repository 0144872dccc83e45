"""Optional packages: missed when a worker is made, not when a plugin is found."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from playhead.errors import MissingDependencyError


def require_sdk(
    *, spec: str | Sequence[str], extra: str | None, msg: str | None = None, dependency_name: str | None = None
) -> None:
    """
    Make sure that modules can be imported, without importing them.

    Args:
        spec: A module, or several: ``acme``, ``google.genai``. The parents of a dotted one are imported.
        extra: The extra of Playhead that brings it, ``None`` where the package itself is to be installed.
        msg: What to tell the user beside.
        dependency_name: The package's name, where it is not the module's.

    Raises:
        MissingDependencyError: One cannot be imported.
    """
    for module in [spec] if isinstance(spec, str) else spec:
        if not _is_there(module):
            raise MissingDependencyError(dependency_name or module, extra_name=extra, said=msg)


def _is_there(module: str) -> bool:
    if module in sys.modules:
        return sys.modules[module] is not None  # pyright: ignore[reportUnnecessaryComparison] - None blocks an import
    try:
        return find_spec(module) is not None
    except ImportError:
        return False  # a parent of a dotted name is absent, or cannot be imported
