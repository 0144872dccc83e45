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


async def asks(messages: Any, *, temperature: float | None = None, **kwargs: Any) -> None:
    """Stand for a method that takes messages."""


async def chats(messages: Any, model: Any = None, **kwargs: Any) -> None:
    """Stand for a chat."""


def yields(prompt: str) -> Any:
    """Stand for a generator."""
    yield prompt


async def yields_async(prompt: str) -> Any:
    """Stand for an async generator."""
    yield prompt


class Worker:
    """Has what a worker has, and a complete besides."""

    async def gen_text(self, job: Any) -> str:
        """Give nothing."""
        return ""

    def complete(self, request: Any) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        (Object(complete=asks), "executionkit"),
        (Object(complete=lambda messages: messages), "executionkit-sync"),
        (Object(complete=lambda request, temperature=None: request), "paxman"),
        (Object(chat=chats), "closedpaw"),
        (Object(chat=chats, complete=asks), "closedpaw"),
        (Object(openai_chat_completion=awaited, complete=asks), "llama-stack"),
        (Worker(), "pipelex"),
        (sync, "callable"),
        (awaited, "callable-async"),
        (yields, "callable-stream"),
        (yields_async, "callable-async-stream"),
        (Calls(), "callable-async"),
    ],
)
def test_each_family_is_found_by_its_own_methods(provider: Any, name: str) -> None:
    """A row that asks for more wins over one that asks for less; a function is one of its own."""
    assert convention_of(provider).name == name


@pytest.mark.parametrize(
    "given", [None, object(), "complete", Object(complete=None), Object(complete="text"), Object(chat=sync), Worker]
)
def test_what_has_no_method_is_no_provider(given: Any) -> None:
    """An object no convention knows is refused with its type, and with the names that can be given."""
    with pytest.raises(UsageError, match=f"a {type(given).__name__} is not a provider") as caught:
        convention_of(given)
    assert "complete(request)" in (caught.value.hint or "")
    assert all(name in (caught.value.hint or "") for name in CONVENTIONS)


def test_no_class_decides() -> None:
    """A protocol's ``isinstance`` looks at names alone and takes a sync provider for an async one."""
    from playhead import AsyncInferenceProvider

    provider = Object(complete=sync)
    assert isinstance(provider, AsyncInferenceProvider)
    assert convention_of(provider).asynchronous is False


def test_a_convention_is_told_or_found() -> None:
    """A name wins over the methods; with neither a provider nor a name it is the project's own."""
    assert convention_for(Object(complete=sync), "closedpaw").name == "closedpaw"
    assert convention_for(Object(complete=asks), None).name == "executionkit"
    assert convention_for(None, None).name == DEFAULT_CONVENTION


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
