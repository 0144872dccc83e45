"""
Recorded answers as something of the shape the live ones had.

Tuples, sets, dates and the like come back as they were, and an object as a ``Rehydrated`` with the same attributes. No
class is ever imported because a recording names it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, cast

from playhead.errors import RecordingError
from playhead.providers.conventions.plain import HELD, TAG, is_tagged, plain


class Rehydrated:
    """
    A recorded object: read-only, with the attributes the live one had.

    It equals whatever holds the same values, the live object too. ``value["name"]`` reads what ``value.name`` reads.
    """

    __slots__ = ("_fields", "_kind")

    def __init__(self, kind: str, fields: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_fields", dict(fields))

    def __getattr__(self, name: str) -> Any:
        fields: dict[str, Any] = object.__getattribute__(self, "_fields")
        if name in fields:
            return fields[name]
        kind: str = object.__getattribute__(self, "_kind")
        raise AttributeError(f"a recorded {kind} has no {name!r}: it has {', '.join(sorted(fields))}")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a recording is read-only: {name!r} cannot be set")

    def __getitem__(self, name: str) -> Any:
        return self._held()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._held()

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __len__(self) -> int:
        return len(self._held())

    def __eq__(self, other: object) -> bool:
        try:
            return bool(plain(self) == plain(other))
        except RecordingError:
            return False

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._held().items())
        return f"{self.__recorded_kind__().rpartition('.')[2]}({facts})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Rehydrated, (self.__recorded_kind__(), self._held())

    def keys(self) -> Iterator[str]:
        """Give the attributes' names, so that ``dict(value)`` works."""
        return iter(self._held())

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Give the attributes as plain values, under the name pydantic has for it."""
        return cast("dict[str, Any]", plain(self))

    def __recorded_kind__(self) -> str:
        return cast("str", object.__getattribute__(self, "_kind"))

    def _held(self) -> dict[str, Any]:
        return cast("dict[str, Any]", object.__getattribute__(self, "_fields"))


# As pydantic writes JSON.
_TIGHT = (",", ":")


class JSONObject(Rehydrated):
    """A recorded JSON object: what a server left out reads as ``None``, as the SDKs' classes have it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._held().get(name)

    def __eq__(self, other: object) -> bool:
        # The SDK's object of the same JSON has the fields that the server left out, as None.
        try:
            return bool(_without_none(plain(self)) == _without_none(plain(other)))
        except RecordingError:
            return False

    __hash__ = None

    def to_dict(self, **_: Any) -> dict[str, Any]:
        """Give the object as plain values, under the SDKs' other name for it."""
        return self.model_dump()

    def model_dump_json(self, *, indent: int | None = None, **_: Any) -> str:
        """Give the object as JSON text."""
        return json.dumps(self.model_dump(), indent=indent, ensure_ascii=False, separators=None if indent else _TIGHT)

    def to_json(self, *, indent: int | None = 2, **_: Any) -> str:
        """Give the object as JSON text to be read, under the SDKs' other name for it."""
        return self.model_dump_json(indent=indent)

    @staticmethod
    def of(value: Any) -> Any:
        """Give a JSON value with its objects read by attributes, at any depth."""
        if isinstance(value, list):
            return [JSONObject.of(item) for item in cast("list[Any]", value)]
        if isinstance(value, Mapping):
            fields = cast("Mapping[str, Any]", value)
            return JSONObject("object", {name: JSONObject.of(item) for name, item in fields.items()})
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return JSONObject, (self.__recorded_kind__(), self._held())


def _without_none(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_none(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        given = cast("dict[Any, Any]", value)
        return {name: _without_none(item) for name, item in given.items() if item is not None}
    return value


def rehydrate(kept: Any) -> Any:
    """
    Make a value of what ``keep`` gave.

    Raises:
        ValueError: What was kept is not of that form.
    """
    if isinstance(kept, list):
        return [rehydrate(item) for item in cast("list[Any]", kept)]
    if not isinstance(kept, Mapping):
        return kept
    fields = cast("Mapping[Any, Any]", kept)
    if is_tagged(fields):
        return _made(fields[TAG], fields[HELD])
    return {name: rehydrate(item) for name, item in fields.items()}


def _made(kind: Any, held: Any) -> Any:
    if type(kind) is not str:
        raise ValueError(f"malformed kind {kind!r}")
    maker = _MAKERS.get(kind)
    if maker is not None:
        return maker(held)
    if not isinstance(held, Mapping):
        raise ValueError(f"a recorded {kind} holds {type(held).__name__}, not attributes")
    return Rehydrated(kind, {str(name): rehydrate(item) for name, item in cast("Mapping[Any, Any]", held).items()})


def _uuid(text: str) -> Any:
    import uuid

    return uuid.UUID(text)


def _decimal(text: str) -> Any:
    import decimal

    return decimal.Decimal(text)


def _path(text: str) -> Any:
    import pathlib

    return pathlib.Path(text)


_MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "dict": lambda held: {name: rehydrate(item) for name, item in held.items()},
    "tuple": lambda held: tuple(map(rehydrate, held)),
    "set": lambda held: set(map(rehydrate, held)),
    "frozenset": lambda held: frozenset(map(rehydrate, held)),
    "bytearray": bytearray,
    "complex": complex,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda held: datetime.timedelta(*held),
    "uuid": _uuid,
    "decimal": _decimal,
    "path": _path,
}
