"""What marks and ``vcr_config`` say of a test: its cassettes, their names and the configuration of vcrpy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple, cast

import pytest

RECORD_MODES = ("once", "new_episodes", "none", "all", "rewrite")
"""The words of ``--record-mode``; ``rewrite`` is ``new_episodes`` on a cassette that is removed first."""

_NOT_IN_NAMES = str.maketrans(dict.fromkeys("<>?%*:|\\\"'/", "-"))
"""Characters that some file system forbids."""

_USUAL_LIMIT = 255


class Wish(NamedTuple):
    """
    What the marks and the configuration of a test come to.

    Attributes:
        name: The name of its own cassette, without an ending.
        folder: The folder of its cassettes.
        extra: The paths of further cassettes that are read.
        mode: One of ``RECORD_MODES``, or whatever the configuration says instead.
        config: The keywords for vcrpy.
    """

    name: str
    folder: str
    extra: tuple[str, ...]
    mode: str
    config: dict[str, Any]

    @property
    def ending(self) -> str:
        """The ending of a cassette's file: that of its serializer."""
        return f".{self.config['serializer']}" if "serializer" in self.config else ".yaml"

    @property
    def path(self) -> str:
        """The path of the test's own cassette."""
        return os.path.join(self.folder, _with_ending(self.name, self.ending))  # noqa: PTH118 - vcrpy's own joining


def _with_ending(name: str, ending: str) -> str:
    return name if name.endswith(ending) else name + ending


def merged(config: Any, marks: Sequence[pytest.Mark]) -> dict[str, Any]:
    """
    Give the configuration of a test: that of the fixture under those of its marks, of which the nearest one wins.

    Args:
        config: What ``vcr_config`` gave; it is copied in depth, for vcrpy may keep and change what is in it.
        marks: The test's marks, the nearest one first.

    Raises:
        pytest.UsageError: The fixture gave something else.
    """
    if not isinstance(config, Mapping):
        raise pytest.UsageError(
            f"the fixture vcr_config must give a dict, got {config!r}\nhint: return {{}} where there is nothing to say"
        )
    found: dict[str, Any] = deepcopy(dict(cast("Mapping[str, Any]", config)))
    for mark in reversed(marks):
        found.update(mark.kwargs)
    return found


def wish_of(name: str, folder: str, mode: str, marks: Sequence[pytest.Mark], config: Any) -> Wish:
    """
    Weigh what is said of a test.

    Args:
        name: The name of its cassette.
        folder: The folder of its cassettes.
        mode: The mode of the run, which ``record_mode`` of the configuration overrides.
        marks: Its marks ``vcr``, the nearest one first.
        config: What ``vcr_config`` gave.

    Raises:
        pytest.UsageError: There is no such mode.
    """
    found = merged(config, marks)
    mode = found.get("record_mode", mode)
    if mode not in RECORD_MODES:
        raise pytest.UsageError(f"{mode!r} is no record mode\nhint: one of {', '.join(RECORD_MODES)}")
    return Wish(
        name=_short_enough(name, found.get("serializer", ".yaml")),
        folder=folder,
        extra=tuple(os.path.join(folder, path) for mark in marks for path in mark.args),  # noqa: PTH118
        mode=mode,
        config=found,
    )


def own_name(cls: type | None, test: str) -> str:
    """Give the name of the cassette a test has where nothing else is said."""
    whole = test if cls is None else f"{cls.__name__}.{test}"
    return whole.translate(_NOT_IN_NAMES)


def _short_enough(name: str, ending: str) -> str:
    """Give a name that a file can have; a longer one ends in a digest of the whole, as it does for pytest-recording."""
    limit = _longest_name()
    if len(name) + len(ending) <= limit:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: limit - len(ending) - len(digest) - 3]}...{digest}"


def _longest_name() -> int:
    try:
        return os.pathconf(".", "PC_NAME_MAX")
    except (AttributeError, ValueError, OSError):
        return _USUAL_LIMIT


def each_path(wish: Wish) -> Iterator[str]:
    """Give the paths of a test's cassettes, its own one first, each once."""
    return iter(dict.fromkeys((wish.path, *wish.extra)))


def check_network_mark(mark: pytest.Mark) -> None:
    """
    Check the arguments of ``@pytest.mark.block_network``.

    Raises:
        pytest.UsageError: There are others than ``allowed_hosts``.
    """
    if mark.args or not mark.kwargs.keys() <= {"allowed_hosts"}:
        given = ", ".join([*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())])
        raise pytest.UsageError(
            f"Invalid arguments to `block_network`: {given}\nhint: it takes allowed_hosts=[...] and nothing else"
        )
