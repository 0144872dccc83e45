"""
The bytes of an answer's body as they stand in a file: text, with marks for what is kept elsewhere.

A mark is one character. It stands for a value of the moment (an id, a time), for a list of numbers kept in single
precision, or for a piece of a stream's text: 250 events that say a word each are then one event 250 times and one text.
Layout: docs/format.md, "Wire".
"""

from __future__ import annotations

import array
import base64
import itertools
import re
import string
import sys
from collections.abc import Iterator, Sequence
from typing import AnyStr, NamedTuple

import msgspec


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The bytes of an answer as they are kept.

    Attributes:
        text: The bytes as UTF-8, marks standing for what is kept elsewhere (``_NEXT``, ``_OTHER``).
        base64: The bytes where they are not UTF-8.
        floats: Lists of numbers in single precision, base64 of little-endian values, each with what separates them.
        marked: Whether the text holds marks.
        said: The pieces of a stream's text, put together.
        lengths: The length of each piece in code points; where there are any, ``_OTHER`` stands for the next piece.
    """

    text: str = ""
    base64: str = ""
    floats: tuple[tuple[str, str], ...] = ()
    marked: bool = False
    said: str = ""
    lengths: tuple[int, ...] = ()


EMPTY_BODY = Body()


class Values(NamedTuple):
    """
    What the marks of a body stand for that is of the moment, in one of two forms.

    Attributes:
        values: Each value, or the number of the earlier place with the same value.
        joined: Each value once, put together.
        order: Which of those each mark stands for, a character a mark.
    """

    values: tuple[str | int, ...] = ()
    joined: str = ""
    order: str = ""


NO_VALUES = Values()

# Marks are characters that no provider sends; a body that has one all the same is kept without marks.
_NEXT, _OTHER = "\ue000", "\ue001"
_MARK = re.compile(f"[{_NEXT}{_OTHER}]")

OF_THE_MOMENT = (
    *("id", "responseId", "response_id", "request_id", "item_id", "call_id", "system_fingerprint", "obfuscation"),
    *("created", "created_at", "completed_at", "createTime", "timings"),
    *("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"),
)
"""Fields whose values change with every answer although it says the same."""

_VOLATILE = re.compile(
    rf'"(?:{"|".join(OF_THE_MOMENT)}|responseid|response_Id)'
    r'"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[-+.\deE]*|\{[^{}]*\})'
)

_SAID = re.compile(
    r'"(?:content|text|delta|thinking|reasoning(?:_content)?|partial_json|arguments|refusal|response)"\s*:\s*'
    r'"((?:[^"\\]|\\.)*)"'
)
"""Fields in which the events of a stream say a piece of text each."""

MANY = 16
"""Lines, pieces or values from which the forms for many of them are smaller."""

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_VECTOR = re.compile(rf"\[\s*({_NUMBER}(?:\s*,\s*{_NUMBER}){{{MANY - 1},}})\s*\]")
_SEPARATOR = re.compile(r"\s*,\s*")


def pack(data: bytes, *, volatile: bool) -> tuple[Body, Values]:
    """
    Give the kept form of a body, and what of it is of the moment.

    Args:
        data: The body, content encoding as it came.
        volatile: Whether it is a model's answer, of which it is known what is of the moment and what is said.
    """
    if not data:
        return EMPTY_BODY, NO_VALUES
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Body(base64=base64.b64encode(data).decode("ascii")), NO_VALUES
    if not text.isascii() and _MARK.search(text):
        return Body(text=text), NO_VALUES
    found: list[str] = []
    floats: list[tuple[str, str]] = []
    said: list[str] = []
    if volatile:
        text, found = _taken_out(_VOLATILE, _NEXT, text)
    if len(text) > 200 and "," in text:
        text, floats = _without_floats(text)
    if volatile and not floats and text.count("\n") >= MANY:
        text, said = _without_said(text)
    if not found and not floats and not said:
        return Body(text=text), NO_VALUES
    lengths = tuple(map(len, said))
    body = Body(text=text, floats=tuple(floats), marked=True, said="".join(said), lengths=lengths)
    return body, _joined(found) or Values(values=tuple(_once(found)))


def unpack(body: Body, values: Values) -> bytes:
    """
    Give the bytes of a body again.

    Raises:
        ValueError: Body and values do not fit each other.
    """
    if body.base64:
        return base64.b64decode(body.base64, validate=True)
    if not body.marked:
        return body.text.encode()
    text = body.text
    if body.lengths:
        if body.floats:
            raise ValueError("a body has marks for pieces of text and for numbers")
        text = _filled(text, _OTHER, cut(body.said, body.lengths))
    elif body.floats or _OTHER in text:
        text = _filled(text, _OTHER, [_written(*packed) for packed in body.floats])
    return _filled(text, _NEXT, _every(values)).encode()


def cut(whole: AnyStr, lengths: Sequence[int]) -> list[AnyStr]:
    """
    Cut a body, or the text of a stream, into pieces.

    Raises:
        ValueError: The lengths do not come to the whole.
    """
    if sum(lengths) != len(whole) or min(lengths) < 0:
        raise ValueError(f"the cuts of a body come to {sum(lengths)}, it has {len(whole)}")
    ends: list[int] = list(itertools.accumulate(lengths))
    return [whole[start:end] for start, end in zip((0, *ends), ends, strict=False)]


def _filled(text: str, mark: str, values: list[str]) -> str:
    """Put values where a mark stands, in order."""
    parts = text.split(mark)
    if len(parts) != len(values) + 1:
        raise ValueError(f"a body has {len(parts) - 1} marks for {len(values)} values")
    whole = [""] * (2 * len(values) + 1)
    whole[::2] = parts
    whole[1::2] = values
    return "".join(whole)


# --- values of the moment


def _taken_out(pattern: re.Pattern[str], mark: str, text: str) -> tuple[str, list[str]]:
    """Put a mark where the first group of a pattern is found, and give what stood there, in order."""
    found: list[str] = []
    parts: list[str] = []
    at = 0
    for match in pattern.finditer(text):
        start, end = match.span(1)
        parts += (text[at:start], mark)
        found.append(text[start:end])
        at = end
    return ("".join(parts) + text[at:], found) if found else (text, found)


def _once(found: list[str]) -> Iterator[str | int]:
    """
    Give each value where it comes first, and its place there where it comes again: a stream repeats its id.

    That two values happen to be equal is of the moment too, so the evidence has the same mark for all.
    """
    first: dict[str, int] = {}
    for at, value in enumerate(found):
        known = first.setdefault(value, at)
        yield value if known == at else known


_FRESH, _BETWEEN, _LITERAL = "*", "|", "="
_NAMES = string.digits + string.ascii_uppercase + string.ascii_lowercase
_WORTH_NAMING = 8
"""Characters from which a value is named where it comes again: naming shorter ones breaks the order's rhythm."""


def _joined(found: list[str]) -> Values | None:
    """Give many values as two texts, which take a third less than a list; nothing where they are few."""
    if len(found) < MANY:
        return None
    names: dict[str, str] = {}
    order: list[str] = []
    fresh: list[str] = []
    for value in found:
        name = names.get(value)
        if name is None:
            if len(value) >= _WORTH_NAMING and len(fresh) < len(_NAMES):
                names[value] = _NAMES[len(fresh)]
            name = _FRESH
            fresh.append(_unquoted(value))
        order.append(name)
    whole = _BETWEEN.join(fresh)
    return Values(joined=whole, order="".join(order)) if whole.count(_BETWEEN) == len(fresh) - 1 else None


def _unquoted(value: str) -> str:
    return value[1:-1] if value[0] == '"' and value[1] != _LITERAL else _LITERAL + value


def _every(given: Values) -> list[str]:
    if given.order:
        return _every_of_order(given)
    every: list[str] = []
    for at, value in enumerate(given.values):
        meant = given.values[value] if type(value) is int and 0 <= value < at else value
        if type(meant) is not str:
            raise ValueError(f"value {at} of a body names no value before it")
        every.append(meant)
    return every


def _every_of_order(given: Values) -> list[str]:
    fresh = [piece[1:] if piece[:1] == _LITERAL else f'"{piece}"' for piece in given.joined.split(_BETWEEN)]
    order = given.order
    if given.values or order.count(_FRESH) != len(fresh):
        raise ValueError(f"a body has {len(fresh)} values in an order of {order.count(_FRESH)}")
    named: dict[str, str] = {}
    for name in set(order) - {_FRESH}:
        number = _NAMES.find(name)
        # It has to be given before it is named for the first time.
        if not 0 <= number < order.count(_FRESH, 0, order.index(name)):
            raise ValueError(f"value {order.index(name)} of a body names no value before it")
        named[name] = fresh[number]
    following = iter(fresh).__next__
    return [following() if name == _FRESH else named[name] for name in order]


# --- what a stream says


def _without_said(text: str) -> tuple[str, list[str]]:
    rest, said = _taken_out(_SAID, _OTHER, text)
    return (rest, said) if len(said) >= MANY else (text, [])


# --- numbers


def _without_floats(text: str) -> tuple[str, list[tuple[str, str]]]:
    floats: list[tuple[str, str]] = []
    parts: list[str] = []
    at = 0
    for match in _VECTOR.finditer(text):
        marked = _packed(match.group(1), floats)
        if marked is not None:
            parts += (text[at : match.start(1)], marked)
            at = match.end(1)
    return ("".join(parts) + text[at:], floats) if floats else (text, floats)


def _packed(numbers: str, floats: list[tuple[str, str]]) -> str | None:
    """Give a list of numbers with marks where writing them again in single precision gives the same text."""
    found = _SEPARATOR.search(numbers)
    separator = found.group() if found else ","
    texts = numbers.split(separator)
    try:
        values = array.array("f", map(float, texts))
    except (ValueError, OverflowError):
        return None
    spelt = list(map(repr, values))
    if spelt == texts:
        floats.append((_base64_of(values), separator))
        return _OTHER
    # A server that writes 0.000045 or 4.5e-5 spells a number in some hundreds otherwise; what stands between is packed.
    marked: list[str] = []
    at = 0
    for same, run in itertools.groupby(map(str.__eq__, spelt, texts)):
        end = at + sum(1 for _ in run)
        if same and end - at >= MANY:
            floats.append((_base64_of(values[at:end]), separator))
            marked.append(_OTHER)
        else:
            marked += texts[at:end]
        at = end
    return separator.join(marked) if len(marked) < len(texts) else None


def _base64_of(values: array.array[float]) -> str:
    if sys.byteorder == "big":
        values.byteswap()
    return base64.b64encode(values.tobytes()).decode("ascii")


def _written(packed: str, separator: str) -> str:
    values = array.array("f")
    values.frombytes(base64.b64decode(packed, validate=True))
    if sys.byteorder == "big":
        values.byteswap()
    return separator.join(map(repr, values))
