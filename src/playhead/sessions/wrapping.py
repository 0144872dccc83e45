"""A provider wrapped: the same methods, each passing through a session."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, Self

from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Outcome, Stream
from playhead.engine.player import Replay
from playhead.errors import UsageError
from playhead.providers.conventions import (
    DEFAULT_CONVENTION,
    Convention,
    Verb,
    convention_named,
    convention_of,
)
from playhead.sessions.inside import inside
from playhead.sessions.streams import AsyncPlayedStream, AsyncRecordingStream, PlayedStream, RecordingStream
from playhead.sessions.tickets import Ticket

if TYPE_CHECKING:
    from playhead.engine.ledger import Report
    from playhead.sessions.clock import Clock


class Passage(Protocol):
    """What wrapping needs of a session."""

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        ...

    def begin(
        self, request: CompletionRequest, provider: str, *, stream: bool = False, origin: Origin = Origin.LIVE
    ) -> Replay | Ticket:
        """Decide what happens to a call."""
        ...

    def rebuild(self, failure: Failure) -> Exception:
        """Make the exception of a recorded failure."""
        ...

    def refuse_past_end(self, request: CompletionRequest, provider: str, pieces: int) -> Exception:
        """Give the refusal for reading past a stream's recorded part."""
        ...

    def close(self, *, ok: bool = True) -> Report:
        """End the session."""
        ...


class WrappedProvider:
    """
    A provider whose calls pass through a session.

    It has the provider's own methods and attributes; those of its convention are recorded or replayed, the others
    are the provider's. With no provider behind it, it has every method of the convention.
    """

    def __init__(self, passage: Passage, provider: Any, *, name: str, convention: Convention, pace: float) -> None:
        self._provider = provider
        self._name = name
        self._mode = repr(passage)
        for verb in convention.verbs:
            inner = getattr(provider, verb.name, None)
            if provider is None or callable(inner):
                setattr(self, verb.name, _bound(_Call(passage, verb, inner, provider, name, pace), convention))

    def __repr__(self) -> str:
        inner = "no provider" if self._provider is None else type(self._provider).__name__
        return f"<{inner} as {self._name!r} in {self._mode}>"

    def __enter__(self) -> Self:
        enter = getattr(self._provider, "__enter__", None)
        if enter is not None:
            enter()
        return self

    def __exit__(self, *facts: Any) -> None:
        leave = getattr(self._provider, "__exit__", None)
        if leave is not None:
            leave(*facts)

    async def __aenter__(self) -> Self:
        enter = getattr(self._provider, "__aenter__", None)
        if enter is not None:
            await enter()
        return self

    async def __aexit__(self, *facts: Any) -> None:
        leave = getattr(self._provider, "__aexit__", None)
        if leave is not None:
            await leave(*facts)

    def __getattr__(self, name: str) -> Any:
        # Reached only for what is not a recorded method: those are set on the instance.
        if self.__dict__.get("_provider") is None:
            raise AttributeError(f"{name!r}: this session replays without a provider, which would have it")
        return getattr(self._provider, name)


class _Call:
    """One method of a wrapped provider: what sync and async share."""

    def __init__(self, passage: Passage, verb: Verb, inner: Any, provider: Any, name: str, pace: float) -> None:
        self.passage = passage
        self.verb = verb
        self.inner = inner
        self.name = name
        self.pace = pace
        origin = getattr(provider, "origin", None)
        self.origin = origin if isinstance(origin, Origin) else Origin.LIVE

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[CompletionRequest, Replay | Ticket]:
        request = self.verb.to_request(*args, **kwargs)
        step = self.passage.begin(request, self.name, stream=self.verb.streams, origin=self.origin)
        if self.inner is None and not isinstance(step, Replay):
            raise UsageError(
                f"the call is to be made live, and {self.name!r} was wrapped without a provider",
                hint="give session.wrap(...) the provider when recording",
            )
        return request, step

    def played(self, outcome: Outcome) -> Any:
        """Give a recorded outcome as the method would have."""
        if isinstance(outcome, Completion):
            return self.verb.from_completion(outcome)
        if isinstance(outcome, Failure):
            raise self.passage.rebuild(outcome)
        raise UsageError("a streamed recording was asked for by a call that does not stream")

    def finish(self, ticket: Ticket, answer: Any) -> Any:
        """Store an answer and give it back as it is."""
        if ticket.is_stored:
            ticket.complete(self.verb.to_completion(answer))
        return answer

    def played_stream(self, cls: type[Any], request: CompletionRequest, step: Replay) -> Any:
        """Give a recorded stream to iterate."""
        outcome = step.outcome
        stream = outcome if isinstance(outcome, Stream) else Stream(end=outcome)

        def refuse(pieces: int) -> Exception:
            return self.passage.refuse_past_end(request, self.name, pieces)

        return cls(
            stream,
            step.gaps,
            pace=self.pace,
            clock=self.passage.clock,
            rebuild=self.passage.rebuild,
            refuse=refuse,
        )


def _bound(call: _Call, convention: Convention) -> Callable[..., Any]:
    if call.verb.streams:
        awaited = inspect.iscoroutinefunction(call.inner)
        if convention.asynchronous:
            return _awaited_stream(call) if awaited else _stream(call, AsyncRecordingStream, AsyncPlayedStream)
        return _stream(call, RecordingStream, PlayedStream)
    return _async_call(call) if convention.asynchronous else _sync_call(call)


def _sync_call(call: _Call) -> Callable[..., Any]:
    def method(*args: Any, **kwargs: Any) -> Any:
        _, step = call.begin(args, kwargs)
        if isinstance(step, Replay):
            return call.played(step.outcome)
        try:
            with inside(own_threads=True):
                answer = call.inner(*args, **kwargs)
        except Exception as error:
            step.fail(error)
            raise
        return call.finish(step, answer)

    return method


def _async_call(call: _Call) -> Callable[..., Awaitable[Any]]:
    async def method(*args: Any, **kwargs: Any) -> Any:
        _, step = call.begin(args, kwargs)
        if isinstance(step, Replay):
            return call.played(step.outcome)
        try:
            with inside(own_threads=True):
                answer = await call.inner(*args, **kwargs)
        except Exception as error:
            step.fail(error)
            raise
        return call.finish(step, answer)

    return method


def _stream(call: _Call, recording: type[Any], playing: type[Any]) -> Callable[..., Any]:
    """Give a method that is called, not awaited, whether what it gives is iterated with or without ``async``."""

    def method(*args: Any, **kwargs: Any) -> Any:
        request, step = call.begin(args, kwargs)
        if isinstance(step, Replay):
            return call.played_stream(playing, request, step)
        pieces = step.stream()
        try:
            with inside(own_threads=True):
                inner = call.inner(*args, **kwargs)
        except Exception as error:
            pieces.fail(error)
            raise
        return recording(inner, pieces)

    return method


def _awaited_stream(call: _Call) -> Callable[..., Awaitable[Any]]:
    async def method(*args: Any, **kwargs: Any) -> Any:
        request, step = call.begin(args, kwargs)
        if isinstance(step, Replay):
            return call.played_stream(AsyncPlayedStream, request, step)
        pieces = step.stream()
        try:
            with inside(own_threads=True):
                inner = await call.inner(*args, **kwargs)
        except Exception as error:
            pieces.fail(error)
            raise
        return AsyncRecordingStream(inner, pieces)

    return method


def convention_for(provider: Any, convention: str | None) -> Convention:
    """
    Give the convention a provider is called by.

    Raises:
        UsageError: The object is no provider, or there is no such convention.
    """
    if convention is not None:
        return convention_named(convention)
    return convention_named(DEFAULT_CONVENTION) if provider is None else convention_of(provider)
