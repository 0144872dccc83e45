"""Anything that can be called: its arguments are the request, what it returns or yields the answer."""

from __future__ import annotations

from collections.abc import Sequence
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


def _is_called(provider: Any) -> bool:
    return callable(provider) and not isinstance(provider, type)


def _sync(provider: Any) -> bool:
    return _is_called(provider) and not is_awaited(provider) and not gives_pieces(provider)


def _async(provider: Any) -> bool:
    return _is_called(provider) and is_awaited(provider)


def _sync_pieces(provider: Any) -> bool:
    return _is_called(provider) and gives_pieces(provider) and not gives_async_pieces(provider)


def _async_pieces(provider: Any) -> bool:
    return _is_called(provider) and gives_async_pieces(provider)


_ASKING = Asking("__call__", None, request_itself)

SYNC = Convention("callable", False, (_WHOLE,), _sync, asking=_ASKING)
ASYNC = Convention("callable-async", True, (_WHOLE,), _async, asking=_ASKING)
SYNC_STREAM = Convention("callable-stream", False, (_STREAM,), _sync_pieces)
ASYNC_STREAM = Convention("callable-async-stream", True, (_STREAM,), _async_pieces)
