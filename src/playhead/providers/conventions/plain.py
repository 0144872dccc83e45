"""
Values of users' own classes as plain ones.

``plain`` is for requests: what decides a match is what an object holds, not its class. ``keep`` is for answers: it
writes beside a value what it was, so that ``rehydrated.rehydrate`` can give it back.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, cast

from playhead.core.canonical import MAX_DEPTH, encode
from playhead.errors import RecordingError

TAG, HELD = "@", "holds"
"""The two keys of a value that says what it was."""

RECORDED = "__recorded_kind__"
"""The method of a class of ours that stands for another: it names what the object was."""

Tag = Callable[[str, Any], Any]


def plain(value: Any) -> Any:
    """
    Give what a value holds, in plain values.

    Objects become dicts of their attributes, sets sorted lists, enumerations their values, dates text. A class becomes
    its JSON schema where it knows it (pydantic), else its name and the types of its fields.

    Raises:
        RecordingError: Something in it is no value: a function, an open file, a value that holds itself.
    """
    return _walk(value, lambda _, held: held, MAX_DEPTH)


def keep(value: Any) -> Any:
    """
    Give a value in plain values from which ``rehydrate`` makes it again.

    Raises:
        RecordingError: As for ``plain``.
    """
    return _walk(value, lambda kind, held: {TAG: kind, HELD: held}, MAX_DEPTH)


# By name, so that a program which uses none of these does not load them.
_TEXTS = {
    ("uuid", "UUID"): "uuid",
    ("decimal", "Decimal"): "decimal",
    ("pathlib", "PosixPath"): "path",
    ("pathlib", "WindowsPath"): "path",
    ("pathlib._local", "PosixPath"): "path",
    ("pathlib._local", "WindowsPath"): "path",
    ("builtins", "complex"): "complex",
}


def is_tagged(fields: Mapping[Any, Any]) -> bool:
    """Tell whether a mapping has the two keys of a value that says what it was."""
    return len(fields) == 2 and TAG in fields and HELD in fields


def _walk(value: Any, tag: Tag, depth: int) -> Any:
    kind = cast("type[Any]", type(value))
    if value is None or kind in (str, int, float, bool, bytes):
        return value
    if depth == 0:
        raise RecordingError(f"a {kind.__name__} is nested deeper than {MAX_DEPTH}, or holds itself")
    if isinstance(value, (Mapping, list, tuple, set, frozenset)) and not hasattr(kind, "_fields"):
        return _container(value, tag, depth - 1)
    return _single(value, kind, tag, depth - 1)


def _container(value: Any, tag: Tag, depth: int) -> Any:
    if isinstance(value, Mapping):
        fields = {name: _walk(item, tag, depth) for name, item in cast("Mapping[Any, Any]", value).items()}
        # A user's own dict that looks like a tagged value is tagged itself.
        return tag("dict", fields) if is_tagged(fields) else fields
    items = [_walk(item, tag, depth) for item in value]
    if isinstance(value, list):
        return items
    if isinstance(value, tuple):
        return tag("tuple", items)
    return tag("frozenset" if isinstance(value, frozenset) else "set", sorted(items, key=encode))


def _single(value: Any, kind: type[Any], tag: Tag, depth: int) -> Any:
    if isinstance(value, Enum):
        return _walk(value.value, tag, depth)
    base = _scalar(value)
    if base is not None:
        return base
    if isinstance(value, (bytearray, memoryview)):
        return tag("bytearray", bytes(cast("bytearray", value)))
    named = _TEXTS.get((kind.__module__, kind.__qualname__))
    if named is not None:
        return tag(named, str(value))
    if isinstance(value, datetime.timedelta):
        return tag("timedelta", [value.days, value.seconds, value.microseconds])
    for name, moment in (("datetime", datetime.datetime), ("date", datetime.date), ("time", datetime.time)):
        if isinstance(value, moment):
            return tag(name, value.isoformat())
    if isinstance(value, type):
        return _shape_of(cast("type[Any]", value), tag, depth)
    fields = fields_of(value)
    if fields is None:
        raise RecordingError(
            f"a {kind.__qualname__} cannot be recorded: it is no value",
            hint="pass values: text, numbers, bytes, lists and dicts of them, or objects that hold such",
        )
    stood_for = getattr(kind, RECORDED, None)
    written = f"{kind.__module__}.{kind.__qualname__}" if stood_for is None else stood_for(value)
    return tag(written, {n: _walk(v, tag, depth) for n, v in fields.items()})


def _scalar(value: Any) -> str | int | float | bytes | None:
    """Give the text or number that an instance of a subclass is."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return bytes(value) if isinstance(value, bytes) else None


def _shape_of(cls: type[Any], tag: Tag, depth: int) -> Any:
    """Give what a class asks for, so that a changed schema is a changed request."""
    schema = getattr(cls, "model_json_schema", None)
    if callable(schema):
        return _walk(schema(), tag, depth)
    types = {name: str(of) for name, of in getattr(cls, "__annotations__", {}).items()}
    return {"class": cls.__qualname__, "fields": types}


def fields_of(value: Any) -> dict[str, Any] | None:
    """Give an object's attributes, or ``None`` where it is not one that holds values."""
    kind = cast("type[Any]", type(value))
    if hasattr(kind, RECORDED):
        return dict(value)
    for names in ("__struct_fields__", "_fields", "__dataclass_fields__"):
        declared = getattr(kind, names, None)
        if declared is not None:
            return {name: getattr(value, name) for name in declared}
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return {attribute.name: getattr(value, attribute.name) for attribute in attributes}
    held = getattr(value, "__dict__", None)
    if callable(value) or held is None or kind.__module__ in ("builtins", "types", "_thread", "_io", "io"):
        simple = type(value).__qualname__ == "SimpleNamespace"
        return dict(held) if simple and held is not None else None
    extra = cast("dict[str, Any]", getattr(value, "__pydantic_extra__", None) or {})
    return {name: item for name, item in {**held, **extra}.items() if not name.startswith("_")}
