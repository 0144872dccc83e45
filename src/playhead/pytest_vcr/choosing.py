"""
Which cassettes the marks ``vcr`` read and write: vcrpy's, where they are, or our own.

Said by ``--playhead-vcr-backend``, else ``PLAYHEAD_VCR_BACKEND``, else ``vcr-backend`` below ``[tool.playhead]`` in
``pyproject.toml``: the order in which all settings of a run are weighed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

OPTION = "--playhead-vcr-backend"
VARIABLE = "PLAYHEAD_VCR_BACKEND"
KEY = "vcr-backend"

YAML = "yaml"
CASSETTE = "cassette"
BACKENDS = (YAML, CASSETTE)


def backend_of(config: pytest.Config) -> str:
    """
    Give the backend of a run.

    Raises:
        pytest.UsageError: There is none of that name.
    """
    return resolve(config.getoption(OPTION), os.environ, config.rootpath)


def resolve(option: str | None, environment: Mapping[str, str], root: Path) -> str:
    """
    Weigh what the command line, the environment and the file say.

    Raises:
        pytest.UsageError: There is no backend of that name, or the file is not TOML.
    """
    said: list[tuple[str, Any]] = [(OPTION, option), (VARIABLE, environment.get(VARIABLE))]
    where, found = next(((where, value) for where, value in said if value), (f"[tool.playhead] {KEY}", None))
    if found is None:
        found = _in_file(root / "pyproject.toml")
    if found not in BACKENDS:
        raise pytest.UsageError(f"{where} has no backend {found!r}\nhint: one of {', '.join(BACKENDS)}")
    return str(found)


def _in_file(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except OSError:
        return YAML
    if KEY.partition("-")[2].encode() not in data:
        return YAML
    import tomllib  # 5 ms that most projects need not spend

    try:
        tool: dict[str, Any] = tomllib.loads(data.decode()).get("tool", {})
    except ValueError as error:
        raise pytest.UsageError(f"{str(path)!r} cannot be read: {error}") from error
    given: Any = tool.get("playhead", {})
    # That the table is one, and what else is in it, is looked at by the other plugin, whose it is.
    table = cast("dict[str, Any]", given if isinstance(given, dict) else {})
    return table.get(KEY, table.get(KEY.replace("-", "_"), YAML))
