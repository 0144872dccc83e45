"""
What a convention is: how one family of providers is called.

A convention turns a call's arguments into our request and a provider's answer into our completion. Live, the caller
gets the provider's own object; on replay, what the convention makes of the recorded completion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from playhead.core.model import Completion, CompletionRequest


class Arguments(NamedTuple):
    """What a method was called with."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def never(_: CompletionRequest) -> bool:
    """Stream whatever the request says: no."""
    return False


def always(_: CompletionRequest) -> bool:
    """Stream whatever the request says: yes."""
    return True


def as_it_is(value: Any) -> Any:
    """Give the value itself."""
    return value


def no_end(_pieces: Sequence[Any], _asked: Arguments) -> Completion | None:
    """Leave it to the stream itself, or to its text pieces, what it came to."""
    return None


def say_nothing(_end: Completion, _asked: Arguments) -> None:
    """Tell the caller nothing when a played stream ends."""


class Pieces(NamedTuple):
    """
    How the pieces of a stream are kept.

    Attributes:
        to_plain: Makes what is recorded of a piece: a text or a plain value.
        from_plain: Makes a piece of what was recorded.
        to_end: Makes the completion a stream came to from what was recorded of its pieces; ``None`` leaves it to the
            provider's stream (its ``completion``) or to the text.
        at_end: Called when a played stream ends in a completion, for what a provider tells its caller apart from the
            pieces.
    """

    to_plain: Callable[[Any], Any] = as_it_is
    from_plain: Callable[[Any], Any] = as_it_is
    to_end: Callable[[Sequence[Any], Arguments], Completion | None] = no_end
    at_end: Callable[[Completion, Arguments], None] = say_nothing


class Otherwise(NamedTuple):
    """An answer for a question that need not have been recorded, such as whether a provider is in good health."""

    value: Any


class Verb(NamedTuple):
    """
    One method of a convention.

    Attributes:
        name: The method.
        to_request: Makes our request of the call's arguments.
        to_completion: Makes our completion of the method's answer.
        from_completion: Makes the method's answer of a recorded completion and the arguments of the call it answers.
        streams: Whether a call gives pieces: ``never``, ``always``, or what its request says.
        pieces: How they are kept.
        otherwise: The answer in replay where nothing is recorded; ``None`` refuses, as every call of a model must.
    """

    name: str
    to_request: Callable[..., CompletionRequest]
    to_completion: Callable[[Any], Completion]
    from_completion: Callable[[Completion, Arguments], Any]
    streams: Callable[[CompletionRequest], bool] = never
    pieces: Pieces = Pieces()
    otherwise: Otherwise | None = None


async def close_nothing() -> None:
    """Close what is not there, where a provider is absent."""


class Asking(NamedTuple):
    """
    How a request of ours is asked in a convention, so that a golden run can ask it.

    Attributes:
        complete: The method that gives a whole answer.
        stream: The method that gives pieces, or ``None`` where there is none.
        to_arguments: Makes the arguments of a request, or of an object with the same attributes; the method's
            ``to_request`` makes of them one that is matched as the same.
    """

    complete: str
    stream: str | None
    to_arguments: Callable[[Any], Arguments]


class Convention(NamedTuple):
    """
    One way of calling providers.

    Attributes:
        name: What ``session.wrap(..., convention=...)`` takes.
        asynchronous: Whether its methods are awaited.
        verbs: Its methods.
        fits: Whether an object is called this way: looks at its methods and their signatures, never at its class.
        absent: Further attributes of an object that stands for a provider which is not there.
        asking: How a request of ours is asked, or ``None`` where it cannot be: a job of a system's own is more than
            a request.
        own_names: Whether users name their providers as they like; names are matched exactly.
    """

    name: str
    asynchronous: bool
    verbs: tuple[Verb, ...]
    fits: Callable[[Any], bool]
    absent: Mapping[str, Any] = {}
    asking: Asking | None = None
    own_names: bool = False
