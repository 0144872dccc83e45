"""Values of users' own classes as plain ones: what an object holds decides a match, not its class."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import pathlib
import types
import uuid
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

from playhead import RecordingError
from playhead.core.canonical import MAX_DEPTH, encode
from playhead.providers.conventions.plain import keep, plain


@dataclasses.dataclass
class Data:
    a: int
    b: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    a: int


@attrs.frozen(slots=True)
class Attrs:
    a: int


class Struct(msgspec.Struct):
    a: int


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int


Pair = collections.namedtuple("Pair", ["a", "b"])


class Simple:
    def __init__(self) -> None:
        self.a = 1
        self._hidden = object()


class Colour(enum.Enum):
    RED = "red"


class Word(str):
    """A text of a user's own class."""

    __slots__ = ()


class Size(int):
    """A number of a user's own class."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Data(1, Data(2)), {"a": 1, "b": {"a": 2, "b": None}}),
        (Slotted(1), {"a": 1}),
        (Attrs(1), {"a": 1}),
        (Struct(1), {"a": 1}),
        (Model(a=1, further="x"), {"a": 1, "further": "x"}),  # type: ignore[call-arg]
        (Pair(1, "x"), {"a": 1, "b": "x"}),
        (Simple(), {"a": 1}),
        (types.SimpleNamespace(a=1), {"a": 1}),
        (Colour.RED, "red"),
        (Word("w"), "w"),
        (Size(3), 3),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (types.MappingProxyType({"a": (1,)}), {"a": [1]}),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02T03:04:00+00:00"),
        (datetime.timedelta(1, 2, 3), [1, 2, 3]),
        (decimal.Decimal("1.50"), "1.50"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.Path("a/b"), "a/b"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_objects_become_what_they_hold(value: Any, expected: Any) -> None:
    """Each kind of object gives its public values, which have a canonical form; private ones are nobody's business."""
    found = plain(value)
    assert found == expected
    encode(found)


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "text", b"bytes", [], {}, {"a": [1]}])
def test_plain_values_stay(value: Any) -> None:
    """What is plain already is given as it is, kept or not."""
    assert plain(value) == value
    assert keep(value) == value


def test_a_class_is_its_schema() -> None:
    """A class that stands for the shape of an answer is matched by what it asks for, not by where it is defined."""
    schema = plain(Model)
    assert schema["properties"]["a"]["type"] == "integer"
    assert plain(Data)["fields"] == {"a": "int", "b": "Any"}


@pytest.mark.parametrize("value", [print, lambda: None, object(), types, open, {"a": [print]}])
def test_what_is_no_value_is_refused(value: Any) -> None:
    """A function, a module or a bare object in a request could never be matched again: it is refused, with its kind."""
    with pytest.raises(RecordingError, match="cannot be recorded: it is no value") as caught:
        plain(value)
    assert "values" in (caught.value.hint or "")


def test_what_holds_itself_is_refused() -> None:
    """A value without an end is refused, not walked for ever."""
    endless: list[Any] = []
    endless.append(endless)
    for value in (endless, Data(1, endless)):
        with pytest.raises(RecordingError, match=f"nested deeper than {MAX_DEPTH}, or holds itself"):
            plain(value)


def test_a_kept_value_says_what_it_was() -> None:
    """Kept values say their kind beside what they hold, and a dict that looks like one is told apart."""
    assert keep((1,)) == {"@": "tuple", "holds": [1]}
    assert keep(Data(1)) == {"@": f"{Data.__module__}.Data", "holds": {"a": 1, "b": None}}
    lookalike = {"@": "tuple", "holds": [1]}
    assert keep(lookalike) == {"@": "dict", "holds": lookalike}
    assert plain(lookalike) == lookalike
