"""Which convention a provider is called by: found by methods and signatures, never by class."""

from __future__ import annotations

import functools
import types
from typing import Any

import pytest

from playhead import UsageError
from playhead.providers.conventions.table import (
    CONVENTIONS,
    DEFAULT_CONVENTION,
    convention_for,
    convention_named,
    convention_of,
)

Object = types.SimpleNamespace


def sync(request: Any) -> None:
    """Stand for a sync method."""


async def awaited(request: Any, extra: int = 0) -> None:
    """Stand for an async method."""


class Calls:
    """Stands for an object with an async call."""

    async def __call__(self, request: Any) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("complete", "name"),
    [
        (sync, "paxman"),
        (awaited, "paxman-async"),
        (functools.partial(sync), "paxman"),
        (functools.partial(awaited, extra=1), "paxman-async"),
        (Calls(), "paxman-async"),
        (print, "paxman"),
    ],
)
def test_a_convention_is_found_by_the_method(complete: Any, name: str) -> None:
    """Whether ``complete`` is awaited decides, for functions, partials, objects with a call and builtins."""
    assert convention_of(Object(complete=complete)).name == name


@pytest.mark.parametrize(
    "given", [None, object(), "complete", Object(complete=None), Object(complete="text"), Object(chat=sync)]
)
def test_what_has_no_complete_is_no_provider(given: Any) -> None:
    """An object without such a method is refused with its type and what it should have."""
    with pytest.raises(UsageError, match=f"a {type(given).__name__} is not a provider") as caught:
        convention_of(given)
    assert "complete(request)" in (caught.value.hint or "")


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_is_found_by_its_name(name: str) -> None:
    """A convention stands under its own name, and its first method is one that every provider of it has."""
    convention = convention_named(name)
    assert convention.name == name
    assert convention.verbs
    assert len({verb.name for verb in convention.verbs}) == len(convention.verbs)
    assert DEFAULT_CONVENTION in CONVENTIONS


def test_an_unknown_name_is_refused() -> None:
    """A convention that does not exist is refused with those that do."""
    with pytest.raises(UsageError, match="unknown convention 'no-such'") as caught:
        convention_named("no-such")
    assert all(name in (caught.value.hint or "") for name in CONVENTIONS)
