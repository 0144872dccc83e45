"""Anything that can be called: its arguments are the request, what it returns or yields the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest
from playhead.core.usage import UNREPORTED
from playhead.dialects.openai_wire import mapping
from playhead.providers.conventions.convention import Arguments, Asking, Convention, Pieces, Verb, always
from playhead.providers.conventions.neutral import read_usage, request_itself
from playhead.providers.conventions.plain import keep, plain
from playhead.providers.conventions.rehydrated import rehydrate
from playhead.providers.conventions.signatures import gives_async_pieces, gives_pieces, is_awaited

OPERATION = "call"
_VALUE = "value"


def call_request(*args: Any, **kwargs: Any) -> CompletionRequest:
    """
    Make the request of a call: a single request of ours as it is, other arguments as parameters.

    Raises:
        RecordingError: An argument is no value, so that a match could not be told.
    """
    if len(args) == 1 and not kwargs and isinstance(args[0], CompletionRequest):
        return args[0]
    params: dict[str, Any] = {}
    if args:
        params["args"] = [plain(value) for value in args]
    if kwargs:
        params["kwargs"] = {name: plain(value) for name, value in kwargs.items()}
    model = kwargs.get("model")
    return CompletionRequest(
        operation=OPERATION, params=params, model=model if isinstance(model, str) and model else None
    )


def completion_of(answer: Any) -> Completion:
    """
    Make the completion of what was returned; evidence is read from objects that have it.

    Raises:
        RecordingError: It is no value.
    """
    if isinstance(answer, Completion):
        return answer
    if isinstance(answer, str):
        return Completion(answer)
    text, model = getattr(answer, "text", getattr(answer, "content", None)), getattr(answer, "model", None)
    usage = getattr(answer, "usage", None)
    return Completion(
        text if isinstance(text, str) else "",
        model=model if isinstance(model, str) else "",
        usage=UNREPORTED if usage is None or callable(usage) else read_usage(usage),
        output={_VALUE: keep(answer)},
    )


def answer_of(completion: Completion, _asked: Arguments) -> Any:
    """Give what was returned: a text, a completion of ours, or a value."""
    held = mapping(completion.output)
    if list(held) == [_VALUE]:
        return rehydrate(held[_VALUE])
    return completion.text if completion == Completion(completion.text) else completion


def _kept_piece(piece: Any) -> Any:
    return piece if isinstance(piece, str) else keep(piece)


def _given_piece(kept: Any) -> Any:
    return kept if isinstance(kept, str) else rehydrate(kept)


def _end_of(pieces: Sequence[Any], _asked: Arguments) -> Completion:
    return Completion("".join(piece for piece in pieces if isinstance(piece, str)))


_WHOLE = Verb("__call__", call_request, completion_of, answer_of)
_STREAM = Verb(
    "__call__",
    call_request,
    completion_of,
    answer_of,
    streams=always,
    pieces=Pieces(to_plain=_kept_piece, from_plain=_given_piece, to_end=_end_of),
)


def called_as(function: Any) -> Convention:
    """Give the convention of what can be called: whether it is awaited, and whether it yields."""
    if gives_async_pieces(function):
        return ASYNC_STREAM
    if gives_pieces(function):
        return SYNC_STREAM
    return ASYNC if is_awaited(function) else SYNC


def _is(name: str) -> Callable[[Any], bool]:
    def fits(provider: Any) -> bool:
        return callable(provider) and not isinstance(provider, type) and called_as(provider).name == name

    return fits


def _convention(name: str, verb: Verb, *, asynchronous: bool, asking: Asking | None = None) -> Convention:
    return Convention(name, asynchronous, (verb,), _is(name), asking=asking)


_ASKING = Asking("__call__", None, request_itself)

SYNC = _convention("callable", _WHOLE, asynchronous=False, asking=_ASKING)
ASYNC = _convention("callable-async", _WHOLE, asynchronous=True, asking=_ASKING)
SYNC_STREAM = _convention("callable-stream", _STREAM, asynchronous=False)
ASYNC_STREAM = _convention("callable-async-stream", _STREAM, asynchronous=True)
