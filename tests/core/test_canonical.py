"""The canonical form: one byte form for one value, and the way back."""

from __future__ import annotations

import enum
import math
import re
import struct
from collections import OrderedDict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.canonical import (
    MALFORMED,
    MAX_DEPTH,
    MIN_PACKED_FLOATS,
    decode,
    encode,
    encode_normal,
    normalise,
    restore,
)
from playhead.errors import RecordingError
from tests.strategies import DOLLAR_KEYS, float_lists, floats, plain_values, same, text_keys, values

# --- round trips


@given(values)
def test_round_trip(value: Any) -> None:
    """Every value comes back from its bytes as it was, to the bit."""
    assert same(decode(encode(value)), value)


@given(values)
def test_one_form(value: Any) -> None:
    """Encoding what was decoded gives the same bytes again."""
    data = encode(value)
    assert encode(decode(data)) == data


@given(values)
def test_bytes_are_canonical_json(value: Any) -> None:
    """The bytes are JSON in UTF-8 with sorted keys and no spaces, whatever the value holds."""
    data = encode(value)
    assert encode_normal(msgspec.json.decode(data)) == data


@given(plain_values)
def test_plain_value_is_not_touched(value: Any) -> None:
    """A value that JSON can say comes back from normalise as the same object."""
    assert same(restore(value), value)
    if not _has_packed_floats(value):
        assert normalise(value) is value


def _has_packed_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_packed_floats, value.values()))
    if isinstance(value, list):
        packed = len(value) >= MIN_PACKED_FLOATS and all(type(item) is float for item in value)
        return packed or any(map(_has_packed_floats, value))
    return False


@given(values)
def test_normalise_leaves_its_argument_alone(value: Any) -> None:
    """What is encoded belongs to the caller and is never changed."""
    before = repr(value)
    normalise(value)
    assert repr(value) == before


@given(values)
def test_normalise_and_restore_are_inverse(value: Any) -> None:
    """Escape forms come off as they were put on, without a detour through bytes."""
    assert same(restore(normalise(value)), value)


# --- one value, one form; two values, two forms


@given(values, values)
def test_different_values_have_different_bytes(one: Any, other: Any) -> None:
    """Two values share their bytes only if they are the same value."""
    assert (encode(one) == encode(other)) == same(one, other)


ALIKE: list[Any] = [
    1, True, 1.0, "1", "true", "True", None, "null", 0, False, 0.0, -0.0, "", [], {}, b"", [None], [[]],
    b"1", {"1": 1}, {1: 1}, {True: 1}, {1.0: 1}, {None: 1}, {"null": 1}, {b"1": 1},
    math.inf, -math.inf, math.nan, "nan", "inf", 2**64, str(2**64), float(2**64), 2**64 - 1, -(2**63), -(2**63) - 1,
    "\ud800", "\udfff", "\ufffd", {"\ud800": 1}, {"\ufffd": 1},
    {"$bytes": "MQ=="}, {"$float": "nan"}, {"$int": "18446744073709551616"}, {"$map": [[1, 1]]}, {"$wtf8": "7aCA"},
    {"$$bytes": "MQ=="}, {"$": 1}, {"$$": 1}, [0.5] * 16, [1] * 16, [1.0] * 16, [math.nan] * 16,
    {"$f32": "AAAAPw=="}, [0.5, 0.5], {"a": 1, "b": 2}, {"a": 2, "b": 1}, [["a", 1]], "$bytes",
]  # fmt: skip


def test_lookalikes_have_different_bytes() -> None:
    """Values that are easily taken for each other have bytes of their own."""
    encoded = [encode(value) for value in ALIKE]
    twins = [
        (one, other)
        for index, one in enumerate(ALIKE)
        for number, other in enumerate(ALIKE[:index])
        if encoded[index] == encoded[number]
    ]
    assert twins == []


@pytest.mark.parametrize("value", ALIKE, ids=repr)
def test_lookalikes_come_back(value: Any) -> None:
    """Each of those values comes back as itself."""
    assert same(decode(encode(value)), value)


@given(st.dictionaries(text_keys | st.integers(), values, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_key_order_is_irrelevant(value: dict[Any, Any], random: Any) -> None:
    """The order in which keys were put into a dict does not show in its bytes."""
    keys = list(value)
    random.shuffle(keys)
    assert encode({key: value[key] for key in keys}) == encode(value)


GOLDEN: dict[str, tuple[Any, bytes]] = {
    "sorted keys": ({"b": 1, "a": [True, None]}, b'{"a":[true,null],"b":1}'),
    "text": ("a\n\u00e9\u2028", '"a\\n\u00e9\u2028"'.encode()),
    "float": (1.0, b"1.0"),
    "large float": (1e22, b"1e22"),
    "negative zero": (-0.0, b"-0.0"),
    "bytes": (b"\x00\xff", b'{"$bytes":"AP8="}'),
    "surrogate": ("a\ud800", b'{"$wtf8":"Ye2ggA=="}'),
    "nan": (math.nan, b'{"$float":"nan"}'),
    "infinity": (-math.inf, b'{"$float":"-inf"}'),
    "largest integer": (2**64 - 1, b"18446744073709551615"),
    "beyond it": (2**64, b'{"$int":"18446744073709551616"}'),
    "smallest integer": (-(2**63), b"-9223372036854775808"),
    "below it": (-(2**63) - 1, b'{"$int":"-9223372036854775809"}'),
    "keys that are no text": ({2: "b", None: "a", "c": 1}, b'{"$map":[["c",1],[2,"b"],[null,"a"]]}'),
    "a dollar key": ({"$bytes": 1}, b'{"$$bytes":1}'),
    "two dollars": ({"$$x": {"$y": 1}}, b'{"$$$x":{"$$y":1}}'),
    "floats of 32 bits": ([0.5] * 16, b'{"$f32":"' + b"AAAAPwAAAD8AAAA/" * 5 + b'AAAAPw=="}'),
    "floats of 64 bits": (
        [0.1] * 16,
        b'{"$f64":"' + b"mpmZmZmZuT+amZmZmZm5P5qZmZmZmbk/" * 5 + b'mpmZmZmZuT8="}',
    ),
    "few floats": ([0.1] * 15, b"[" + b",".join([b"0.1"] * 15) + b"]"),
    "a tuple": ((1, (2,)), b"[1,[2]]"),
}


@pytest.mark.parametrize(("value", "data"), GOLDEN.values(), ids=GOLDEN)
def test_golden(value: Any, data: bytes) -> None:
    """The bytes of a value are those of the first release, for ever."""
    assert encode(value) == data


@given(st.sampled_from(DOLLAR_KEYS), values)
def test_own_dollar_keys(key: str, value: Any) -> None:
    """A key of the user's that looks like an escape form is never taken for one."""
    for own in ({key: value}, {key: value, "a": 1}, [{key: {key: value}}]):
        assert same(decode(encode(own)), own)


# --- numbers


@pytest.mark.parametrize("value", [2**63 - 1, 2**63, 2**64 - 1, -(2**63)])
def test_integers_of_64_bits_are_plain(value: int) -> None:
    """What 64 bits hold, signed or unsigned, stands as a JSON number."""
    assert normalise(value) is value
    assert decode(encode(value)) == value


@pytest.mark.parametrize("digits", [1000, 4000, 4001, 4100, 4299, 5000])
@pytest.mark.parametrize("sign", [1, -1])
def test_huge_integers(digits: int, sign: int) -> None:
    """An integer comes back, or is refused when it is recorded; it is never written and then unreadable."""
    value = sign * 10 ** (digits - 1)
    try:
        data = encode(value)
    except RecordingError:
        return
    assert decode(data) == value


@given(float_lists)
def test_packed_floats_are_exact(numbers: list[float]) -> None:
    """A packed list keeps every bit of its floats, the sign of zero and being NaN included."""
    normal = normalise(numbers)
    assert list(normal) in (["$f32"], ["$f64"])
    assert same(decode(encode(numbers)), numbers)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=MIN_PACKED_FLOATS, max_size=20))
def test_32_bits_suffice(numbers: list[float]) -> None:
    """A list whose floats all fit into 32 bits takes four bytes each, little-endian."""
    assert decode(encode({"$": numbers}))["$"] == numbers
    packed = normalise(numbers)["$f32"]
    assert restore({"$bytes": packed}) == struct.pack(f"<{len(numbers)}f", *numbers)


def test_nan_payload_is_kept_in_packed_lists() -> None:
    """A list with a NaN is packed in 64 bits, payload and sign included."""
    (odd,) = struct.unpack("<d", bytes.fromhex("010000000000f4ff"))
    found = decode(encode([odd, *[0.5] * 15]))
    assert math.isnan(found[0])
    assert same(found[1:], [0.5] * 15)


@given(st.lists(st.one_of(floats, st.integers(0, 3), st.booleans()), min_size=MIN_PACKED_FLOATS, max_size=20))
def test_mixed_numbers_keep_their_types(numbers: list[Any]) -> None:
    """An integer or bool among floats stays one."""
    assert same(decode(encode(numbers)), numbers)


# --- types that stand for plain ones


class Word(str):
    """A text of a type of its own."""

    __slots__ = ()


class Amount(float):
    """A float of a type of its own, as numpy's float64 is."""


class Count(int):
    """An integer of a type of its own."""


class Colour(enum.StrEnum):
    """A text from a closed set."""

    RED = "red"


class Pair(NamedTuple):
    """A tuple with names."""

    a: int
    b: str


SUBTYPES: dict[str, tuple[Any, Any]] = {
    "text": (Word("a"), "a"),
    "text beyond ASCII": (Word("\u00e9"), "\u00e9"),
    "enum": (Colour.RED, "red"),
    "integer": (Count(3), 3),
    "float": (Amount(0.5), 0.5),
    "named tuple": (Pair(1, "x"), [1, "x"]),
    "ordered dict": (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
    "read-only mapping": (MappingProxyType({"a": Word("b")}), {"a": "b"}),
    "bytearray": (bytearray(b"ab"), b"ab"),
    "memoryview": (memoryview(b"ab"), b"ab"),
    "as a key": ({Word("a"): 1, "b": 2}, {"a": 1, "b": 2}),
    "enum as a key": ({Colour.RED: 1}, {"red": 1}),
    "packed floats": ([Amount(0.5)] * 16, [0.5] * 16),
}


@pytest.mark.parametrize(("value", "plain"), SUBTYPES.values(), ids=SUBTYPES)
def test_subtypes_count_as_their_plain_type(value: Any, plain: Any) -> None:
    """A value of a subclass has the bytes of the plain value it equals, so a key computed from the file agrees."""
    assert encode(value) == encode(plain)


# --- refusals


def nested(depth: int, wrap: Callable[[Any], Any]) -> Any:
    """Nest an empty list that many levels deep."""
    value: Any = 0
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"k": v}, lambda v: (v,)], ids=["list", "dict", "tuple"])
def test_depth_limit(wrap: Callable[[Any], Any]) -> None:
    """64 levels are recorded and come back, 65 are refused, and so are 100,000."""
    deepest = nested(MAX_DEPTH, wrap)
    assert same(decode(encode(deepest)), deepest)
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(RecordingError, match="nested deeper than 64"):
            encode(nested(depth, wrap))


def test_cycle_is_refused() -> None:
    """A list that holds itself is refused like any other deep nesting."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(RecordingError, match="nested deeper"):
        encode(value)


class Unprintable:
    """An object whose repr would fail; a refusal must not need it."""

    def __repr__(self) -> str:
        raise AssertionError


REFUSED: dict[str, tuple[Any, str, str]] = {
    "at the top": (object(), r"\$: a builtins\.object", "$"),
    "in a dict": ({"a": {"b": object()}}, r"\$\.a\.b: a builtins\.object", "$.a.b"),
    "in a list": ({"a": [0, (1, object())]}, r"\$\.a\[1\]\[1\]: a builtins\.object", "$.a[1][1]"),
    "a set": ({"a": {1}}, r"\$\.a: a builtins\.set", "$.a"),
    "own class": ([Unprintable()], r"\$\[0\]: a tests\.core\.test_canonical\.Unprintable", "$[0]"),
    "a function": ({"f": len}, r"\$\.f: a builtins\.builtin_function_or_method", "$.f"),
    "a tuple as key": ({"a": {(1, 2): 1}}, r"\$\.a: key \(1, 2\) is not a plain value", "$.a"),
    "an object as key": ({"a": {frozenset(): 1}}, r"\$\.a: key frozenset\(\) is not a plain value", "$.a"),
    "complex": ([1j], r"\$\[0\]: a builtins\.complex", "$[0]"),
}


@pytest.mark.parametrize(("value", "text", "path"), REFUSED.values(), ids=REFUSED)
def test_refusal_names_the_path(value: Any, text: str, path: str) -> None:
    """What has no form is refused with the path and the type, and with what would do."""
    with pytest.raises(RecordingError, match=f"cannot record {text}") as caught:
        encode(value)
    assert caught.value.context == {"path": path}
    assert caught.value.hint is not None


# --- malformed forms

BROKEN_FORMS: dict[str, Any] = {
    "unknown": {"$what": 1},
    "a bare dollar": {"$": 1},
    "bytes of a number": {"$bytes": 1},
    "bytes not base64": {"$bytes": "a"},
    "bytes beyond ASCII": {"$bytes": "\u00e9"},
    "bytes of null": {"$bytes": None},
    "text not base64": {"$wtf8": "?"},
    "text not UTF-8": {"$wtf8": "/w=="},
    "a float word": {"$float": "NaN"},
    "a float number": {"$float": 1.0},
    "a float list": {"$float": []},
    "a float object": {"$float": {}},
    "an integer word": {"$int": "x"},
    "an integer number": {"$int": 1},
    "an integer of many digits": {"$int": "9" * 100_000},
    "a map of a number": {"$map": 1},
    "a map of null": {"$map": None},
    "a map of numbers": {"$map": [1]},
    "a map of single items": {"$map": [[1]]},
    "a map of triples": {"$map": [[1, 2, 3]]},
    "a map keyed by a list": {"$map": [[[], 1]]},
    "a map keyed by an object": {"$map": [[{}, 1]]},
    "floats cut off": {"$f32": "AAA="},
    "long floats cut off": {"$f64": "AAAAAA=="},
    "floats of a list": {"$f32": [1.0]},
}


@pytest.mark.parametrize("value", BROKEN_FORMS.values(), ids=BROKEN_FORMS)
def test_malformed_form(value: Any) -> None:
    """A form that no writer writes is a ValueError, never another class, however deep it stands."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are those of many libraries
        restore(value)
    assert str(caught.value)
    with pytest.raises(ValueError, match=re.escape(str(caught.value))):
        decode(msgspec.json.encode({"a": [value]}))


@given(st.sampled_from(["$bytes", "$wtf8", "$float", "$int", "$map", "$f32", "$f64", "$x"]), plain_values)
def test_any_junk_in_a_form(form: str, junk: Any) -> None:
    """Whatever stands in a form gives a value or a ValueError."""
    try:
        restore({form: junk})
    except ValueError:
        return


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    """Bytes that are not JSON are told by msgspec's error or a ValueError."""
    try:
        decode(data)
    except MALFORMED:
        return


@pytest.mark.parametrize("depth", [900, 100_000])
def test_deep_json_is_refused(depth: int) -> None:
    """JSON nested far deeper than any writer writes is told by one of the errors that mean malformed bytes."""
    with pytest.raises(MALFORMED):
        decode(b"[" * depth + b"]" * depth)
