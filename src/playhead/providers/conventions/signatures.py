"""What a method's signature says about how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeGuard


def method_of(provider: Any, name: str) -> Any:
    """Give a provider's method of that name, or ``None`` where it has none that can be called."""
    if isinstance(provider, type):
        return None  # a class is not yet a provider
    method = getattr(provider, name, None)
    return method if callable(method) else None


def is_awaited(method: Any) -> bool:
    """Tell whether calling gives a coroutine: an async function, a partial of one, an object with an async call."""
    return _is(method, inspect.iscoroutinefunction)


def gives_pieces(method: Any) -> bool:
    """Tell whether calling gives an iterator, plain or async, by ``yield``."""
    return _is(method, inspect.isgeneratorfunction) or gives_async_pieces(method)


def gives_async_pieces(method: Any) -> bool:
    """Tell whether calling gives an async iterator, by ``yield``."""
    return _is(method, inspect.isasyncgenfunction)


def takes(method: Any, *names: str) -> bool:
    """Tell whether a method has one of the parameters by name; a method that shows no signature has none."""
    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):
        return False
    return any(name in parameters for name in names)


def _is(method: Any, kind: Callable[[Any], bool]) -> bool:
    return kind(method) or (_is_object(method) and kind(type(method).__call__))


def _is_object(method: Any) -> TypeGuard[Callable[..., Any]]:
    return callable(method) and not inspect.isroutine(method) and not isinstance(method, type)
