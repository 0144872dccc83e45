"""Which plugins a project wants left alone: ``[tool.playhead.plugins]`` in the nearest ``pyproject.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec

from playhead.errors import UsageError

TABLE = "tool.playhead.plugins"


class PluginSettings(msgspec.Struct, frozen=True):
    """
    What is said about plugins.

    Attributes:
        disabled: Names of plugins, or of their entry points, that are skipped. There is no list of those that are
            wanted: a plugin that is installed is.
    """

    disabled: tuple[str, ...] = ()


def read_settings(folder: Path | None = None) -> PluginSettings:
    """
    Read the nearest ``pyproject.toml``: in the folder, or else above it.

    Args:
        folder: Where to start; the current one where it is left out.

    Raises:
        UsageError: The file is not TOML, or the table holds something else.
    """
    start = Path.cwd() if folder is None else folder
    path = next((one for one in (at / "pyproject.toml" for at in (start, *start.parents)) if one.is_file()), None)
    return PluginSettings() if path is None else _read(path)


def _read(path: Path) -> PluginSettings:
    try:
        data = path.read_bytes()
    except OSError:
        return PluginSettings()
    if b"plugins" not in data:
        return PluginSettings()
    import tomllib  # 5 ms that most projects need not spend

    try:
        found: Any = tomllib.loads(data.decode())
    except ValueError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error}") from error
    for name in TABLE.split("."):
        found = _table(found, path).get(name, {})
    table = _table(found, path)
    unknown = sorted(table.keys() - {"disabled"})
    if unknown:
        raise UsageError(f"[{TABLE}] in {str(path)!r} has no setting {unknown[0]!r}", hint="disabled = ['name']")
    return PluginSettings(read_disabled(table.get("disabled", []), where=f"[{TABLE}] disabled in {str(path)!r}"))


def read_disabled(names: Any, *, where: str) -> tuple[str, ...]:
    """
    Give a list of names as such.

    Raises:
        UsageError: It is something else.
    """
    if isinstance(names, str) or not isinstance(names, (list, tuple, set, frozenset)):
        raise UsageError(f"{where} must be a list of names, got {names!r}")
    for name in cast("list[Any]", names):
        if not isinstance(name, str) or not name:
            raise UsageError(f"{where} must be a list of names, got {name!r} in it")
    return tuple(cast("list[str]", names))


def _table(found: Any, path: Path) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise UsageError(f"[{TABLE}] in {str(path)!r} must be a table, got {found!r}")
    return cast("dict[str, Any]", found)
