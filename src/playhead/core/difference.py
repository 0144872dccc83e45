"""Where two plain values differ, in the words a miss is explained with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

ABSENT = "(absent)"
_WINDOW = 30


class Difference(NamedTuple):
    """
    One place where two values differ.

    Attributes:
        path: As in ``messages[1].content``.
        recorded: The value in the cassette, shortened round the first differing character.
        asked: The value in the live request, likewise.
    """

    path: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"{self.path}: recorded {self.recorded}, asked {self.asked}"


def differences(recorded: Any, asked: Any, path: str = "") -> Iterator[Difference]:
    """Yield the places where two plain values differ, in the order of the recorded value."""
    if isinstance(recorded, Mapping) and isinstance(asked, Mapping):
        yield from _in_mappings(cast("Mapping[str, Any]", recorded), cast("Mapping[str, Any]", asked), path)
    elif isinstance(recorded, (list, tuple)) and isinstance(asked, (list, tuple)):
        yield from _in_lists(list(cast("list[Any]", recorded)), list(cast("list[Any]", asked)), path)
    elif not _alike(recorded, asked):
        yield Difference(path or "$", *excerpts(recorded, asked))


def _alike(recorded: Any, asked: Any) -> bool:
    if type(recorded) is not type(asked):
        return False
    return bool(recorded == asked) or (recorded != recorded and asked != asked)  # noqa: PLR0124 - NaN is like NaN


def _in_mappings(recorded: Mapping[str, Any], asked: Mapping[str, Any], path: str) -> Iterator[Difference]:
    prefix = f"{path}." if path else ""
    for key in (*recorded, *(key for key in asked if key not in recorded)):
        if key not in asked:
            yield Difference(f"{prefix}{key}", shorten(recorded[key]), ABSENT)
        elif key not in recorded:
            yield Difference(f"{prefix}{key}", ABSENT, shorten(asked[key]))
        else:
            yield from differences(recorded[key], asked[key], f"{prefix}{key}")


def _in_lists(recorded: list[Any], asked: list[Any], path: str) -> Iterator[Difference]:
    for index, (old, new) in enumerate(zip(recorded, asked, strict=False)):
        yield from differences(old, new, f"{path}[{index}]")
    for index in range(len(asked), len(recorded)):
        yield Difference(f"{path}[{index}]", shorten(recorded[index]), ABSENT)
    for index in range(len(recorded), len(asked)):
        yield Difference(f"{path}[{index}]", ABSENT, shorten(asked[index]))


def excerpts(recorded: Any, asked: Any) -> tuple[str, str]:
    """Show two values; two long texts are shown round their first differing character."""
    if isinstance(recorded, str) and isinstance(asked, str):
        start = _first_difference(recorded, asked)
        return _excerpt(recorded, start), _excerpt(asked, start)
    return shorten(recorded), shorten(asked)


def _first_difference(one: str, other: str) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _excerpt(text: str, at: int) -> str:
    if len(text) <= 2 * _WINDOW:
        return repr(text)
    start, stop = max(0, at - _WINDOW), at + _WINDOW
    return ("..." if start else "") + repr(text[start:stop]) + ("..." if stop < len(text) else "")


def shorten(value: Any) -> str:
    """Show a value in at most some sixty characters."""
    text = repr(value)
    return text if len(text) <= 2 * _WINDOW else f"{text[: 2 * _WINDOW - 3]}..."
