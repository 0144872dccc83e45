"""
One byte form for one value: JSON, UTF-8, keys sorted, no spaces.

JSON cannot say everything a Python value can. What it cannot say takes an *escape form*, an object whose only key
starts with ``$`` (docs/format.md, "Values"): bytes, lone surrogates, NaN and infinities, integers beyond 64 bits,
keys that are not strings, long lists of floats. An object's own key that starts with ``$`` gets one more ``$``, so
no value of a user's can be taken for an escape form.
"""

from __future__ import annotations

import array
import base64
import binascii
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import msgspec

from playhead.errors import RecordingError

MAX_DEPTH = 64
"""Deepest nesting of a value; beyond it a reader in another language may overflow its stack."""

MIN_PACKED_FLOATS = 16
"""Shortest list of floats that is packed; below it the JSON text is about as short and can be read."""

MAX_INTEGER_BITS = 13_000
"""Longest integer, some 3,900 digits: Python itself refuses to read back much longer ones."""

MALFORMED = (msgspec.DecodeError, ValueError, RecursionError)
"""What reading bytes of unknown origin as JSON can raise."""

_ENCODER = msgspec.json.Encoder(order="sorted")
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1
_FLOAT_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class _UnrecordableError(Exception):
    """Carries the path of a value without a form, built while unwinding."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []


def encode(value: Any) -> bytes:
    """
    Encode a value to its canonical bytes.

    Raises:
        RecordingError: The value, or something in it, has no form (an arbitrary object, nesting beyond 64).
    """
    return _ENCODER.encode(normalise(value))


def encode_normal(value: Any) -> bytes:
    """Encode a value that ``normalise`` has already been through."""
    return _ENCODER.encode(value)


def decode(data: bytes | memoryview) -> Any:
    """
    Decode canonical bytes and undo the escape forms.

    Raises:
        msgspec.DecodeError: The bytes are not JSON.
        ValueError: An escape form is malformed, or the nesting is deeper than any that is written.
    """
    try:
        return restore(msgspec.json.decode(data))
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH}") from None


def normalise(value: Any) -> Any:
    """
    Replace what JSON cannot say by escape forms.

    A value that needs none comes back as it is, not copied, so ``normalise(v) is v`` tells a plain value.

    Raises:
        RecordingError: Something in the value has no form; the message names its path and type.
    """
    try:
        return _normalise(value, MAX_DEPTH)
    except _UnrecordableError as error:
        path = "$" + "".join(reversed(error.path))
        raise RecordingError(
            f"cannot record {path}: {error.reason}",
            context={"path": path},
            hint="give plain values: str, int, float, bool, None, bytes, lists and dicts of them",
        ) from None


def _normalise(value: Any, depth: int) -> Any:
    kind = type(value)  # pyright: ignore[reportUnknownVariableType] - it narrows the value, not the kind
    if kind is str:
        return value if value.isascii() else _normal_text(value)
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if _INT_MIN <= value <= _INT_MAX else _normal_integer(value)
    if kind is float:
        return value if math.isfinite(value) else {"$float": "nan" if math.isnan(value) else f"{value}"}
    if depth == 0:
        raise _UnrecordableError(f"nested deeper than {MAX_DEPTH}")
    if kind is dict:
        return _normal_dict(value, depth - 1)
    if kind is list or kind is tuple:
        return _normal_list(value, depth - 1)
    return _normal_other(value, depth)


def _normal_integer(value: int) -> Any:
    if value.bit_length() > MAX_INTEGER_BITS:
        raise _UnrecordableError(f"an integer of {value.bit_length()} bits")
    return {"$int": str(value)}


def _normal_text(text: str) -> Any:
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"$wtf8": _to_base64(text.encode("utf-8", "surrogatepass"))}
    return text


def _normal_dict(value: dict[Any, Any], depth: int) -> Any:
    for key in value:
        if type(key) is not str:
            if all(isinstance(name, str) for name in value):
                return _normal_dict({str.__str__(name): item for name, item in value.items()}, depth)
            return _normal_map(value, depth)
        if not (key.isascii() or _normal_text(key) is key):
            return _normal_map(value, depth)
    changed: dict[str, Any] | None = None
    for key, item in value.items():
        if type(item) is str and item.isascii() and changed is None and key[:1] != "$":
            continue  # most of what is recorded is this
        try:
            normal = _normalise(item, depth)
        except _UnrecordableError as error:
            error.path.append(f".{key}")
            raise
        if changed is None and (normal is not item or key[:1] == "$"):
            changed = {("$" + k if k[:1] == "$" else k): v for k, v in value.items()}
        if changed is not None:
            changed["$" + key if key[:1] == "$" else key] = normal
    return value if changed is None else changed


def _normal_map(value: dict[Any, Any], depth: int) -> Any:
    pairs: list[list[Any]] = []
    for key, item in value.items():
        if isinstance(key, (tuple, frozenset)):
            raise _UnrecordableError(f"key {key!r} is not a plain value")
        pairs.append([_normalise(key, depth), _normalise(item, depth)])
    pairs.sort(key=lambda pair: _ENCODER.encode(pair[0]))
    return {"$map": pairs}


def _normal_list(value: list[Any] | tuple[Any, ...], depth: int) -> Any:
    if len(value) >= MIN_PACKED_FLOATS and all(isinstance(item, float) for item in value):
        return _pack_floats(value)
    changed: list[Any] | None = None
    for index, item in enumerate(value):
        try:
            normal = _normalise(item, depth)
        except _UnrecordableError as error:
            error.path.append(f"[{index}]")
            raise
        if changed is None and normal is not item:
            changed = list(value)
        if changed is not None:
            changed[index] = normal
    return value if changed is None else changed


def _normal_other(value: Any, depth: int) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": _to_base64(bytes(cast("bytes", value)))}
    if isinstance(value, str):
        return _normalise(str.__str__(value), depth)
    if isinstance(value, int):
        return _normalise(int(value), depth)
    if isinstance(value, float):
        return _normalise(float(value), depth)
    if isinstance(value, Mapping):
        return _normalise(dict(cast("Mapping[Any, Any]", value)), depth)
    if isinstance(value, (list, tuple)):
        return _normalise(list(cast("list[Any]", value)), depth)
    raise _UnrecordableError(f"a {type(value).__module__}.{type(value).__qualname__} is not a plain value")


def _pack_floats(values: list[Any] | tuple[Any, ...]) -> Any:
    """Keep vectors as base64 of little-endian floats: ten times faster than JSON text, and exact."""
    single = array.array("f", values)
    exact = all(a == b for a, b in zip(single, values, strict=True))
    packed = single if exact else array.array("d", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return {"$f32" if exact else "$f64": _to_base64(packed.tobytes())}


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: Any) -> bytes:
    if not isinstance(text, str):
        raise ValueError(f"expected base64 text, got {text!r}")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"malformed base64: {error}") from None


def _unpack_floats(code: Literal["f", "d"]) -> Callable[[Any], list[float]]:
    def unpack(text: Any) -> list[float]:
        values: array.array[float] = array.array(code)
        values.frombytes(_from_base64(text))
        if sys.byteorder == "big":
            values.byteswap()
        return values.tolist()

    return unpack


def _restore_float(word: Any) -> float:
    if not isinstance(word, str) or word not in _FLOAT_WORDS:
        raise ValueError(f"unknown float {word!r}")
    return _FLOAT_WORDS[word]


def _restore_int(text: Any) -> int:
    # 64 bits hold 20 digits; the bound keeps a hostile file from asking for quadratic work.
    if not isinstance(text, str) or len(text) > 4000:
        raise ValueError("malformed integer")
    return int(text)


def _restore_map(pairs: Any, depth: int) -> dict[Any, Any]:
    try:
        return {_restore(key, depth): _restore(item, depth) for key, item in pairs}
    except TypeError as error:
        raise ValueError(f"malformed map: {error}") from None


_FORMS: dict[str, Callable[[Any], Any]] = {
    "$bytes": _from_base64,
    "$wtf8": lambda text: _from_base64(text).decode("utf-8", "surrogatepass"),
    "$float": _restore_float,
    "$int": _restore_int,
    "$f32": _unpack_floats("f"),
    "$f64": _unpack_floats("d"),
}


def restore(value: Any) -> Any:
    """
    Undo the escape forms; the inverse of ``normalise`` (tuples come back as lists).

    Raises:
        ValueError: A form is unknown or malformed, or the nesting is deeper than any that is written.
    """
    return _restore(value, _READ_DEPTH)


# Each level of a map stands as three: the form, the list of pairs, the pair.
_READ_DEPTH = 3 * MAX_DEPTH


def _restore(value: Any, depth: int) -> Any:
    if type(value) is dict:
        return _restore_dict(cast("dict[str, Any]", value), _deeper(depth))
    if type(value) is list:
        below = _deeper(depth)
        return [_restore(item, below) for item in cast("list[Any]", value)]
    return value


def _deeper(depth: int) -> int:
    if not depth:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    return depth - 1


def _restore_dict(value: dict[str, Any], depth: int) -> Any:
    if len(value) == 1:
        key = next(iter(value))
        if key == "$map":
            return _restore_map(value[key], depth)
        if key[:1] == "$" and key[:2] != "$$":
            if key not in _FORMS:
                raise ValueError(f"unknown escape form {key!r}")
            return _FORMS[key](value[key])
    return {(k[1:] if k[:1] == "$" else k): _restore(v, depth) for k, v in value.items()}
