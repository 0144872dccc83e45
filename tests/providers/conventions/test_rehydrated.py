"""Recorded answers as something of the shape the live ones had."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import decimal
import pathlib
import pickle
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.canonical import decode, encode
from playhead.providers.conventions.plain import keep
from playhead.providers.conventions.rehydrated import JSONObject, Rehydrated, rehydrate


@dataclasses.dataclass
class Page:
    text: str
    images: list[bytes]


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.binary(max_size=6)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(datetime.UTC))
    | st.timedeltas()
    | st.times()
    | st.uuids()
    | st.decimals(allow_nan=False)
)
hashable = st.text(max_size=4) | st.integers()
values = st.recursive(
    leaves | st.sets(hashable, max_size=3) | st.frozensets(hashable, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(["@", "holds", "a", "$x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
def test_values_come_back_as_they_were(value: Any) -> None:
    """Every value that has a form comes back equal and of its own type, through the canonical bytes too."""
    found = rehydrate(decode(encode(keep(value))))
    assert found == value
    assert type(found) is type(value)


def test_an_object_comes_back_with_its_attributes() -> None:
    """A recorded object reads as the live one did and equals it, on either side of the sign."""
    page = Page("é", [b"\x00\xff"])
    found = rehydrate(decode(encode(keep([page]))))[0]
    assert (found.text, found.images, found["text"], dict(found)["images"]) == ("é", [b"\x00\xff"], "é", [b"\x00\xff"])
    assert found == page
    assert page == found
    assert found != Page("e", [])
    assert repr(found) == r"Page(images=[b'\x00\xff'], text='é')"
    assert found.model_dump() == {"text": "é", "images": [b"\x00\xff"]}
    assert ("text" in found, "else" in found, len(found)) == (True, False, 2)
    assert found != print


def test_a_recorded_object_is_read_only() -> None:
    """Nobody changes a recording by way of what it gave; a name it has not is an error that names those it has."""
    found = Rehydrated("a.B", {"x": 1})
    with pytest.raises(AttributeError, match="read-only"):
        found.x = 2
    with pytest.raises(AttributeError, match=r"a recorded a\.B has no 'y': it has x"):
        _ = found.y
    with pytest.raises(TypeError):
        hash(found)


@pytest.mark.parametrize("value", [Rehydrated("a.B", {"x": [1]}), JSONObject.of({"x": {"y": 1}})])
def test_recorded_objects_are_copied_and_pickled(value: Any) -> None:
    """A recorded object goes where a live one would: into copies, other processes, and another recording."""
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert rehydrate(keep(value)) == value


def test_what_a_server_left_out_reads_as_none() -> None:
    """A JSON object gives ``None`` for a field that is not there, as SDKs' classes do, at any depth."""
    found = JSONObject.of({"choices": [{"message": {"content": "x"}}]})
    assert found.choices[0].message.content == "x"
    assert found.choices[0].message.tool_calls is None
    assert not hasattr(found, "_private")


@pytest.mark.parametrize("kept", [{"@": 3, "holds": 1}, {"@": "a.B", "holds": [1]}])
def test_malformed_values_are_refused(kept: Any) -> None:
    """What no recording of ours can hold is refused, not guessed at."""
    with pytest.raises(ValueError, match=r"malformed|holds list"):
        rehydrate(kept)


def test_texts_of_known_kinds_come_back() -> None:
    """Numbers, ids and paths that are written as text are not text when they come back."""
    for value in (uuid.UUID(int=7), decimal.Decimal("1.10"), pathlib.Path("a/b"), 1 + 2j, bytearray(b"x")):
        found = rehydrate(keep(value))
        assert (type(found), found) == (type(value), value)


def test_a_json_object_has_the_sdks_ways_of_giving_it() -> None:
    """What programs call on an SDK's object to get plain values or JSON works on a recorded one."""
    made = JSONObject.of({"a": [{"b": "é"}], "n": None})
    assert made.model_dump(exclude_unset=True) == made.to_dict() == {"a": [{"b": "é"}], "n": None}
    assert made.model_dump_json() == '{"a":[{"b":"é"}],"n":null}'
    assert made.to_json(indent=None) == made.model_dump_json()
    assert made.to_json().splitlines()[0] == "{"


def test_a_json_object_equals_one_that_has_what_was_left_out_as_none() -> None:
    """The SDK's object of the same JSON is equal: it has every field, those the server left out as None."""
    made = JSONObject.of({"a": [{"b": 1, "c": None}]})
    assert made == {"a": [{"b": 1}], "d": None}
    assert made == Page2(a=[{"b": 1, "e": None}], d=None)
    assert made != {"a": [{"b": 2}]}
    assert made != {"a": [{"b": 1}], "d": 0}
    assert made != object()


@dataclasses.dataclass
class Page2:
    a: list[dict[str, int | None]]
    d: int | None
