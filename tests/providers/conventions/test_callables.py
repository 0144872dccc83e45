"""Anything that can be called: arguments are the request, what it returns or yields the answer."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, RecordingError, Usage
from playhead.providers.conventions.callables import answer_of, call_request, completion_of
from playhead.providers.conventions.convention import Arguments

NOTHING = Arguments((), {})


@dataclasses.dataclass
class Answer:
    text: str
    model: str
    usage: dict[str, int]
    pages: list[bytes]


@pytest.mark.parametrize(
    "value",
    ["text", "", None, 0, False, [1, (2, {"a": b"\x00"})], {"value": 1}, (), {1, 2}, Completion("a", model="m")],
    ids=repr,
)
def test_what_is_returned_comes_back(value: Any) -> None:
    """A text, nothing, numbers, containers, bytes and completions of ours come back equal and of their own type."""
    found = answer_of(completion_of(value), NOTHING)
    assert found == value
    assert type(found) is type(value)


def test_an_object_with_evidence_gives_it() -> None:
    """An answer that names its text, its model and its counts is evidence of them, and comes back whole."""
    answer = Answer("hi", "m-1", {"prompt_tokens": 1, "completion_tokens": 2}, [b"\x00"])
    completion = completion_of(answer)
    assert (completion.text, completion.model, completion.usage) == ("hi", "m-1", Usage(1, 2, 3))
    assert answer_of(completion, NOTHING) == answer


def test_arguments_are_matched() -> None:
    """Every argument is part of the question, by place and by name; a request of ours is the question itself."""
    assert call_request("a") != call_request("b")
    assert call_request("a", b=1) == call_request("a", b=1)
    assert call_request("a") != call_request(prompt="a")
    assert call_request(model="m").model == "m"
    request = CompletionRequest("a")
    assert call_request(request) is request


def test_what_is_no_value_is_refused() -> None:
    """A function among the arguments or as the answer is refused, with its kind."""
    for broken in (lambda: call_request(print), lambda: completion_of(print)):
        with pytest.raises(RecordingError, match="cannot be recorded"):
            broken()


def whole(prompt: str, *, times: int = 1) -> tuple[str, int]:
    """Give back what was asked."""
    return (prompt * times, times)


async def awaited(prompt: str) -> dict[str, str]:
    """Give back what was asked."""
    return {"said": prompt}


def pieces(prompt: str) -> Iterator[Any]:
    """Give back what was asked, letter by letter, and a value at the end."""
    yield from prompt
    yield {"end": (1,)}


async def async_pieces(prompt: str) -> AsyncIterator[str]:
    """Give back what was asked, letter by letter."""
    for letter in prompt:
        yield letter


async def test_functions_are_recorded_and_replayed_without_them(tmp_path: Path) -> None:
    """Functions, coroutines and generators of both colours come back from the cassette alone."""

    async def run(session: playhead.Session, live: bool) -> list[Any]:
        def wrapped(function: Any, convention: str) -> Any:
            return session.wrap(function if live else None, name="f", convention=None if live else convention)

        return [
            wrapped(whole, "callable")("ab", times=2),
            await wrapped(awaited, "callable-async")("ab"),
            list(wrapped(pieces, "callable-stream")("ab")),
            [piece async for piece in wrapped(async_pieces, "callable-async-stream")("ab")],
        ]

    with playhead.use_cassette(tmp_path / "f.cassette", mode="record") as session:
        live = await run(session, live=True)
    with playhead.use_cassette(tmp_path / "f.cassette") as session:
        assert await run(session, live=False) == live
    assert live == [("abab", 2), {"said": "ab"}, ["a", "b", {"end": (1,)}], ["a", "b"]]


def test_failures_come_back(tmp_path: Path) -> None:
    """What a function raises is an outcome like any other."""

    def fails(prompt: str) -> str:
        raise ValueError(f"no {prompt}")

    for mode, function in (("record", fails), ("replay", None)):
        with (
            playhead.use_cassette(tmp_path / "f.cassette", mode=mode) as session,
            pytest.raises(ValueError, match=r"^no x$"),
        ):
            session.wrap(function, name="f", convention="callable")("x")


def test_a_provider_with_methods_is_not_called(tmp_path: Path) -> None:
    """A wrapped provider whose convention has methods says so when it is called itself."""
    with playhead.use_cassette(tmp_path / "f.cassette", mode="record") as session:
        wrapped = session.wrap(playhead.StubInferenceProvider(), name="stub")
        with pytest.raises(TypeError, match="is not callable: call its methods"):
            wrapped("x")
        wrapped.complete(CompletionRequest("a"))
