"""Captured functions that find their session by themselves."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

from playhead.sessions import routing
from playhead.sessions.capturing import captured

F = TypeVar("F", bound=Callable[..., Any])


@overload
def capture(function: F, *, name: str | None = None, key: Callable[..., Any] | None = None) -> F: ...


@overload
def capture(
    function: None = None, *, name: str | None = None, key: Callable[..., Any] | None = None
) -> Callable[[F], F]: ...


def capture(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    key: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """
    Give a function whose calls pass through the session that is open where they are made.

    It is one opened by ``use_cassette`` or a test's. Where none is open, calls pass by.

    Args:
        function: Sync or async, giving a value or, by ``yield``, pieces; left out, a decorator is given.
        name: The name in the recording, part of what is matched; the function's own where it is left out.
        key: Called with the arguments, gives what is matched of them; all of them where it is left out.

    Raises:
        UsageError: It cannot be called, or has no name.
    """
    if function is None:
        return functools.partial(capture, name=name, key=key)
    return captured(function, routing.current, name=name, key=key)
