"""A provider wrapped: the same methods, each passing through a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Outcome, Stream
from playhead.core.names import CAPTURED_PROVIDER
from playhead.engine.player import Replay
from playhead.errors import ReplayRefused, UsageError
from playhead.providers.conventions.convention import Arguments, Convention, Otherwise, Verb, always, never
from playhead.providers.conventions.signatures import is_awaited
from playhead.sessions.injecting import AsyncDelayedStream, DelayedStream, Injected
from playhead.sessions.inside import inside
from playhead.sessions.streams import AsyncPlayedStream, AsyncRecordingStream, PlayedStream, RecordingStream
from playhead.sessions.tickets import StreamTicket, Ticket

if TYPE_CHECKING:
    from playhead.sessions.clock import Clock


class Passage(Protocol):
    """What wrapping needs of a session."""

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        ...

    def begin(
        self,
        request: CompletionRequest,
        provider: str,
        *,
        stream: bool = False,
        origin: Origin = Origin.LIVE,
        optional: bool = False,
    ) -> Replay | Ticket:
        """Decide what happens to a call."""
        ...

    @property
    def injects(self) -> bool:
        """Whether any call may be befallen by a fault."""
        ...

    def injected(self, request: CompletionRequest, provider: str, *, stream: bool = False) -> Injected | None:
        """Say what befalls a call, before it begins."""
        ...

    def give_back(self, step: Replay) -> None:
        """Have an answer that did not reach its caller played to the next call."""
        ...

    def rebuild(self, failure: Failure) -> Exception:
        """Make the exception of a recorded failure."""
        ...

    def refuse_past_end(self, request: CompletionRequest, provider: str, pieces: int) -> Exception:
        """Give the refusal for reading past a stream's recorded part."""
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
        self._absent: Mapping[str, Any] = convention.absent if provider is None else {}
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

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """
        Make the call, or give what is recorded of it, where the provider is itself called.

        Raises:
            TypeError: It is not: its convention calls its methods.
        """
        call = self.__dict__.get("__call__")
        if call is None:
            raise TypeError(f"{self!r} is not callable: call its methods")
        return call(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        # Reached only for what is not a recorded method: those are set on the instance.
        if self.__dict__.get("_provider") is None:
            absent = self.__dict__.get("_absent", {})
            if name in absent:
                return absent[name]
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

    def request(self, asked: Arguments) -> CompletionRequest:
        """Make the request of a call."""
        return self.verb.to_request(*asked.args, **asked.kwargs)

    def begin(self, request: CompletionRequest, *, stream: bool) -> Replay | Ticket | Otherwise:
        step: Replay | Ticket
        if self.verb.otherwise is None:
            step = self.passage.begin(request, self.name, stream=stream, origin=self.origin)
        else:
            try:
                step = self.passage.begin(request, self.name, stream=stream, origin=self.origin, optional=True)
            except ReplayRefused:
                return self.verb.otherwise
        if self.inner is None and not isinstance(step, Replay):
            raise UsageError(
                f"the call is to be made live, and {self.name!r} was wrapped without a provider",
                hint="give session.wrap(...) the provider when recording",
            )
        return step

    def befallen(self, request: CompletionRequest, *, stream: bool) -> Injected | None:
        """Give the fault that befalls a call; its outcome is stored where that was wanted."""
        if not self.passage.injects or self.verb.otherwise is not None or self.name == CAPTURED_PROVIDER:
            return None
        found = self.passage.injected(request, self.name, stream=stream)
        if found is not None and found.ticket is not None and found.outcome is not None:
            found.ticket.end(found.outcome)
        return found

    def delayed(self, cls: type[Any], stream: Any, found: Injected) -> Any:
        """Give a stream that comes late."""

        def give_back() -> None:
            if found.upcoming is not None:
                self.passage.give_back(found.upcoming)

        return cls(stream, found, self.passage.clock, give_back)

    def seconds_of(self, step: Replay) -> float:
        """Give the seconds a recorded answer takes at the session's pace."""
        return step.entry.volatile.latency * self.pace / 1000 if self.pace else 0.0

    def begin_stream(self, request: CompletionRequest) -> Replay | Ticket:
        step = self.begin(request, stream=True)
        if isinstance(step, Otherwise):
            raise UsageError(f"{self.verb.name!r} streams, and so needs a recording")
        return step

    def played(self, outcome: Outcome, asked: Arguments) -> Any:
        """Give a recorded outcome as the method would have."""
        if isinstance(outcome, Completion):
            return self.verb.from_completion(outcome, asked)
        if isinstance(outcome, Failure):
            raise self.passage.rebuild(outcome)
        raise UsageError("a streamed recording was asked for by a call that does not stream")

    def finish(self, ticket: Ticket, answer: Any) -> Any:
        """Store an answer and give it back as it is."""
        if ticket.is_stored:
            ticket.complete(self.verb.to_completion(answer))
        return answer

    def played_stream(
        self,
        cls: type[Any],
        request: CompletionRequest,
        outcome: Outcome,
        asked: Arguments,
        gaps: tuple[int, ...] = (),
    ) -> Any:
        """Give a recorded stream to iterate."""
        stream = outcome if isinstance(outcome, Stream) else Stream(end=outcome)

        def refuse(pieces: int) -> Exception:
            return self.passage.refuse_past_end(request, self.name, pieces)

        return cls(
            stream,
            gaps,
            pace=self.pace,
            clock=self.passage.clock,
            rebuild=self.passage.rebuild,
            refuse=refuse,
            pieces=self.verb.pieces,
            asked=asked,
        )

    def raise_refusal(self, outcome: Outcome) -> None:
        """Raise what was raised instead of giving a stream, where it was: at the call, not at the first piece."""
        if isinstance(outcome, Failure):
            raise self.passage.rebuild(outcome)

    def recording_stream(self, cls: type[Any], inner: Any, pieces: StreamTicket, asked: Arguments) -> Any:
        """Give a live stream to iterate, kept while it passes."""
        return cls(inner, pieces, self.verb.pieces, asked)


def passing(
    passage: Passage, verb: Verb, function: Callable[..., Any], *, name: str, convention: Convention
) -> Callable[..., Any]:
    """Give a function of one verb, each call of which passes through a session."""
    return _bound(_Call(passage, verb, function, None, name, 0.0), convention)


_Made = Callable[[Arguments, CompletionRequest], Any]
"""Makes a call of its arguments and its request, which is made once."""


def _bound(call: _Call, convention: Convention) -> Callable[..., Any]:
    if call.verb.streams is never:
        return _awaited(call, _async_call(call)) if convention.asynchronous else _called(call, _sync_call(call))
    if call.verb.streams is not always:
        return _awaited(call, _async_either(call))
    if not convention.asynchronous:
        return _called(call, _stream(call, RecordingStream, PlayedStream))
    if call.inner is not None and is_awaited(call.inner):
        return _awaited(call, _awaited_stream(call))
    return _called(call, _stream(call, AsyncRecordingStream, AsyncPlayedStream))


def _called(call: _Call, made: _Made) -> Callable[..., Any]:
    def method(*args: Any, **kwargs: Any) -> Any:
        asked = Arguments(args, kwargs)
        return made(asked, call.request(asked))

    return method


def _awaited(call: _Call, made: _Made) -> Callable[..., Awaitable[Any]]:
    async def method(*args: Any, **kwargs: Any) -> Any:
        asked = Arguments(args, kwargs)
        return await made(asked, call.request(asked))

    return method


def _sync_call(call: _Call) -> _Made:
    def made(asked: Arguments, request: CompletionRequest) -> Any:
        found = call.befallen(request, stream=False)
        if found is not None:
            if found.outcome is not None:
                return call.played(found.outcome, asked)
            call.passage.clock.sleep(found.fault.seconds)
        step = call.begin(request, stream=False)
        if isinstance(step, Replay):
            if seconds := call.seconds_of(step):
                call.passage.clock.sleep(seconds)
            return call.played(step.outcome, asked)
        if isinstance(step, Otherwise):
            return step.value
        try:
            with inside(own_threads=True):
                answer = call.inner(*asked.args, **asked.kwargs)
        except Exception as error:
            step.fail(error)
            raise
        return call.finish(step, answer)

    return made


def _async_call(call: _Call) -> _Made:
    async def made(asked: Arguments, request: CompletionRequest) -> Any:
        found = call.befallen(request, stream=False)
        if found is not None:
            if found.outcome is not None:
                return call.played(found.outcome, asked)
            await call.passage.clock.sleep_async(found.fault.seconds)
        step = call.begin(request, stream=False)
        if isinstance(step, Replay):
            if seconds := call.seconds_of(step):
                await call.passage.clock.sleep_async(seconds)
            return call.played(step.outcome, asked)
        if isinstance(step, Otherwise):
            return step.value
        try:
            with inside(own_threads=True):
                answer = await call.inner(*asked.args, **asked.kwargs)
        except Exception as error:
            step.fail(error)
            raise
        return call.finish(step, answer)

    return made


def _stream(call: _Call, recording: type[Any], playing: type[Any]) -> _Made:
    """Give what makes a stream without being awaited, whether the stream is iterated with or without ``async``."""
    late = AsyncDelayedStream if playing is AsyncPlayedStream else DelayedStream

    def made(asked: Arguments, request: CompletionRequest) -> Any:
        found = call.befallen(request, stream=True)
        if found is None:
            return begun(asked, request)
        if found.outcome is not None:
            return call.played_stream(playing, request, found.outcome, asked)
        return call.delayed(late, begun(asked, request), found)

    def begun(asked: Arguments, request: CompletionRequest) -> Any:
        step = call.begin_stream(request)
        if isinstance(step, Replay):
            call.raise_refusal(step.outcome)
            return call.played_stream(playing, request, step.outcome, asked, step.gaps)
        pieces = step.stream()
        try:
            with inside(own_threads=True):
                inner = call.inner(*asked.args, **asked.kwargs)
        except Exception as error:
            pieces.refuse(error)
            raise
        return call.recording_stream(recording, inner, pieces, asked)

    return made


def _awaited_stream(call: _Call) -> _Made:
    async def made(asked: Arguments, request: CompletionRequest) -> Any:
        found = call.befallen(request, stream=True)
        if found is None:
            return await begun(asked, request)
        if found.outcome is not None:
            return call.played_stream(AsyncPlayedStream, request, found.outcome, asked)
        return call.delayed(AsyncDelayedStream, await begun(asked, request), found)

    async def begun(asked: Arguments, request: CompletionRequest) -> Any:
        step = call.begin_stream(request)
        if isinstance(step, Replay):
            call.raise_refusal(step.outcome)
            return call.played_stream(AsyncPlayedStream, request, step.outcome, asked, step.gaps)
        pieces = step.stream()
        try:
            with inside(own_threads=True):
                inner = await call.inner(*asked.args, **asked.kwargs)
        except Exception as error:
            pieces.refuse(error)
            raise
        return call.recording_stream(AsyncRecordingStream, inner, pieces, asked)

    return made


def _async_either(call: _Call) -> _Made:
    """Give what makes an answer or a stream, as the request asks."""
    whole, streamed = _async_call(call), _awaited_stream(call)

    async def made(asked: Arguments, request: CompletionRequest) -> Any:
        return await (streamed if call.verb.streams(request) else whole)(asked, request)

    return made
