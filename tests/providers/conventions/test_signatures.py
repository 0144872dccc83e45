"""What a method's signature says about how it is called."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from playhead.providers.conventions.signatures import gives_async_pieces, gives_pieces, is_awaited, method_of, takes


def plain(a: int, *, b: int = 0) -> None:
    """Stand for a function."""


async def awaited(a: int) -> None:
    """Stand for an async function."""


def pieces() -> Iterator[str]:
    """Stand for a generator."""
    yield ""


async def async_pieces() -> AsyncIterator[str]:
    """Stand for an async generator."""
    yield ""


class Called:
    """Has an async call and a method."""

    async def __call__(self) -> None:
        """Do nothing."""

    def method(self, x: int) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("method", "kinds"),
    [
        (plain, (False, False, False)),
        (functools.partial(plain, 1), (False, False, False)),
        (awaited, (True, False, False)),
        (functools.partial(awaited, 1), (True, False, False)),
        (Called(), (True, False, False)),
        (Called().method, (False, False, False)),
        (pieces, (False, True, False)),
        (async_pieces, (False, True, True)),
        (print, (False, False, False)),
        (Called, (False, False, False)),
    ],
)
def test_how_a_method_answers(method: Any, kinds: tuple[bool, bool, bool]) -> None:
    """Functions, partials, objects with a call, generators, builtins and classes are told apart."""
    assert (is_awaited(method), gives_pieces(method), gives_async_pieces(method)) == kinds


def test_parameters_are_found_by_name() -> None:
    """Any of the names will do, and what shows no signature has none."""
    assert takes(plain, "x", "b")
    assert not takes(plain, "c")
    assert takes(Called().method, "x")
    assert not takes(type("Odd", (), {"__signature__": "none", "__call__": plain})(), "a")


def test_a_class_is_not_yet_a_provider() -> None:
    """Methods are looked for on objects: a class has them too, and cannot answer."""
    assert method_of(Called(), "method") is not None
    assert method_of(Called, "method") is None
    assert method_of(Called(), "else") is None
    assert method_of(type("Has", (), {"method": 3})(), "method") is None
