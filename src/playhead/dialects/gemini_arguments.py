"""
Arguments of a tool call that come in pieces: each names its place by a path and gives a value, or more of a text.

Source: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling, streaming of arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from playhead.dialects.answers import DraftCall, arguments_text
from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.errors import ProviderError

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,6})\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")


def is_growing(call: Mapping[str, Any]) -> bool:
    """Whether more of a call is to follow, or comes by itself."""
    return call.get("willContinue") is True or "partialArgs" in call


class GrowingCall(DraftCall):
    """
    A tool call whose arguments come in pieces.

    Attributes:
        open: Whether more of it follows.
    """

    def __init__(self, call: Mapping[str, Any]) -> None:
        super().__init__(text(call.get("id")), text(call.get("name")))
        self._arguments: dict[str, Any] = dict(mapping(call.get("args")))
        self.open = True
        self.grow(call)

    def grow(self, call: Mapping[str, Any]) -> None:
        """
        Take the next piece.

        Raises:
            ProviderError: Its path leads nowhere.
        """
        for part in map(mapping, sequence(call.get("partialArgs"))):
            steps = _steps(text(part.get("jsonPath")))
            name = next((name for name in _VALUES if name in part), None)
            if name is not None:
                _put(self._arguments, steps, None if name == "nullValue" else part[name])
        self.open = call.get("willContinue") is True
        self.given = arguments_text(self._arguments)


def _steps(path: str) -> list[str | int]:
    found: list[str | int] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            break
        found.append(int(step[2]) if step[2] is not None else step[1] or step[3] or step[4] or "")
        at = step.end()
    if not found or at != len(path) or path[0] != "$":
        raise ProviderError(f"a piece of a tool call's arguments is for the unknown place {path!r}")
    return found


def _put(arguments: dict[str, Any], steps: list[str | int], value: Any) -> None:
    place: Any = arguments
    for step, following in pairwise(steps):
        place = _at(place, step, [] if isinstance(following, int) else {})
    last = steps[-1]
    old = _at(place, last, None)
    place[last] = old + value if isinstance(old, str) and isinstance(value, str) else value


def _at(place: object, step: str | int, empty: Any) -> Any:
    """Give what stands at a step, made where there is nothing yet."""
    if isinstance(place, dict) and isinstance(step, str):
        return cast("dict[str, Any]", place).setdefault(step, empty)
    if isinstance(place, list) and isinstance(step, int):
        items = cast("list[Any]", place)
        if step == len(items):
            items.append(empty)
        if step < len(items):
            return items[step]
    raise ProviderError(f"a piece of a tool call's arguments is for the unknown place {step!r}")
