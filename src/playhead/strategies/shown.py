"""Drawn values as their code, so that what a failing test prints can be pasted into ``@example(...)``."""

from __future__ import annotations

import enum
import functools
from typing import Any

import msgspec


def shown(value: Any) -> str:
    """Give a value's code: what a struct was made with, its defaults left out."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, tuple):
        items = [shown(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if not isinstance(value, msgspec.Struct):
        return repr(value)
    given: list[str] = []
    first = True
    for name, usual in _fields(type(value)):
        item = getattr(value, name)
        if item != usual:
            given.append(shown(item) if first else f"{name}={shown(item)}")
        first = False  # the first field speaks for itself, the others are named
    return f"{type(value).__name__}({', '.join(given)})"


@functools.cache
def _fields(cls: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """Give the fields of a struct with their defaults; one without has a default that nothing equals."""
    return tuple(
        (
            field.name,
            field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default,
        )
        for field in msgspec.structs.fields(cls)
    )
