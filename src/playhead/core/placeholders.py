"""
Volatile values in requests: numbered placeholders in their place, and back.

A uuid or a time that a program makes anew for every run would make every run's requests different. Under a rule that
names such values each is replaced, on the recorded and on the live side, by a placeholder with a number: the same
number for the same value within a request, so two ids never become one. In the answer the recorded values get the
same placeholders, and on replay the live values stand where the recorded ones stood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

_OPEN = "⟦"
_PLACEHOLDER = re.compile(r"⟦(?:⟦|([a-z][a-z0-9-]*) ([1-9][0-9]{0,8})⟧)")


class Numbering:
    """The placeholders of one request."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """
        Start at one.

        Args:
            pattern: The rules as named groups; a dash of a rule's name stands as two underscores.
        """
        self._pattern = pattern
        self._known: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders, in the order of their numbers."""
        return tuple(self._known.values())

    @property
    def values(self) -> tuple[str, ...]:
        """What the placeholders stand for, in the order of their numbers."""
        return tuple(self._known)

    def settle(self, value: Any) -> Any:
        """Give a JSON-like value with placeholders in its texts; itself where nothing changes."""
        return _mapped(value, self._text)

    def _text(self, text: str) -> str:
        escaped = text.replace(_OPEN, _OPEN * 2) if _OPEN in text else text
        return self._pattern.sub(self._placeholder, escaped)

    def _placeholder(self, found: re.Match[str]) -> str:
        value = found.group()
        known = self._known.get(value)
        if known is None:
            rule = (found.lastgroup or "value").replace("__", "-")
            known = self._known[value] = f"⟦{rule} {len(self._known) + 1}⟧"
        return known


def bind(value: Any, values: Sequence[str]) -> Any:
    """Give a JSON-like value with values for its placeholders; one without a value stays as it is."""
    return _mapped(value, lambda text: bind_text(text, values))


def bind_text(text: str, values: Sequence[str], *, in_json: bool = False) -> str:
    """
    Put values where placeholders stand in a text.

    Args:
        text: The text.
        values: The values in the order of their numbers.
        in_json: Whether the text is JSON, so that a value stands there as JSON writes it.
    """
    if _OPEN not in text:
        return text

    def meant(found: re.Match[str]) -> str:
        number = found.group(2)
        if number is None:
            return _OPEN
        index = int(number) - 1
        if index >= len(values):
            return found.group()
        return _in_json(values[index]) if in_json else values[index]

    return _PLACEHOLDER.sub(meant, text)


class Hiding:
    """Puts the placeholders of a request where its values stand in an answer."""

    def __init__(self, values: Sequence[str], names: Sequence[str]) -> None:
        """
        Look for values.

        Args:
            values: The values in the order of their numbers.
            names: Their placeholders.
        """
        forms: dict[str, str] = {_OPEN: _OPEN * 2}
        for value, name in zip(values, names, strict=True):
            forms.setdefault(value, name)
            forms.setdefault(_in_json(value), name)
        self._forms = forms
        # The longest first, where one value begins another.
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))

    def value(self, value: Any) -> Any:
        """Give a JSON-like value with placeholders; itself where it holds none of the values."""
        return _mapped(value, self.text)

    def text(self, text: str) -> str:
        """Give a text with placeholders."""
        return self._pattern.sub(lambda found: self._forms[found.group()], text)

    def pieces(self, pieces: Sequence[str]) -> Sequence[str]:
        """
        Give a text that comes in pieces with placeholders, each in the piece where its value begins.

        The same object comes back where the text holds none of the values.
        """
        spans = [(*found.span(), self._forms[found.group()]) for found in self._pattern.finditer("".join(pieces))]
        if not spans:
            return pieces
        changed: list[str] = []
        start = at = index = 0
        for piece in pieces:
            end = start + len(piece)
            kept: list[str] = []
            at = max(at, start)
            while index < len(spans) and spans[index][0] < end:
                first, last, name = spans[index]
                kept += (piece[at - start : first - start], name)
                at = last
                index += 1
            kept.append(piece[at - start :] if at < end else "")
            changed.append("".join(kept))
            start = end
        return changed


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Give a JSON-like value with its texts changed, keys in sorted order; itself where none changes."""
    if isinstance(value, str):
        changed = change(value)
        return value if changed == value else changed
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, Any]", value)
        # Numbers go by sorted keys: the order of keys is no part of a request.
        found = {key: _mapped(given[key], change) for key in sorted(given, key=str)}
        if all(found[key] is given[key] for key in given):
            return given
        return {key: found[key] for key in given}
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[Any]", value)
        changed_items = [_mapped(item, change) for item in items]
        if all(one is other for one, other in zip(changed_items, items, strict=True)):
            return items
        return changed_items if isinstance(value, list) else tuple(changed_items)
    return value
