"""
Other inputs that differ from run to run, recorded beside the calls of models: tools, retrieval, the clock, chance.

A captured call is recorded as traffic that is no call of a model (family ``http``, provider ``captured``), matched by
its name and arguments. Its place in the order of captured calls is kept and never matched; it tells where a run left
its recording.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol, cast

import msgspec

from playhead.core.canonical import encode
from playhead.core.evidence import Interaction
from playhead.core.model import CompletionRequest, Family
from playhead.core.names import CAPTURED_PROVIDER
from playhead.errors import UsageError
from playhead.providers.conventions import callables
from playhead.providers.conventions.convention import Convention
from playhead.providers.conventions.signatures import is_awaited
from playhead.sessions.wrapping import Passage, passing

OPERATION = "capture:"
"""What the operation of a captured call begins with; its name follows."""

_PLACE = "captured "
_SHOWN = 200


class Capturer(Passage, Protocol):
    """What capturing needs of a session."""

    def number_capture(self) -> int:
        """Give the place of a captured call that starts now, from 1."""
        ...


class _Plan(NamedTuple):
    """
    How a function is captured.

    Attributes:
        function: The function.
        name: Its name in the recording.
        key: Gives what is matched, of the arguments; ``None`` matches the arguments themselves.
        convention: How it is called.
        signature: Its signature, where it shows one.
    """

    function: Callable[..., Any]
    name: str
    key: Callable[..., Any] | None
    convention: Convention
    signature: inspect.Signature | None

    def request(self, number: int, *args: Any, **kwargs: Any) -> CompletionRequest:
        """
        Make the request of a call.

        Raises:
            RecordingError: An argument is no value, so that a match could not be told.
        """
        if self.key is not None:
            asked = callables.call_request(self.key(*args, **kwargs))
        elif self.signature is None:
            asked = callables.call_request(*args, **kwargs)
        else:
            # The same call is the same request, however its arguments are passed.
            bound = self.signature.bind(*args, **kwargs)
            asked = callables.call_request(arguments=dict(bound.arguments)) if bound.arguments else _NOTHING
        return msgspec.structs.replace(
            asked, family=Family.HTTP, operation=f"{OPERATION}{self.name}", model=None, id=f"{_PLACE}{number}"
        )


_NOTHING = callables.call_request()


def captured(
    function: Callable[..., Any],
    session_of: Callable[[], Capturer | None],
    *,
    name: str | None = None,
    key: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """
    Give a function whose calls pass through a session: made and recorded, or answered from the recording.

    Args:
        function: Sync or async, giving a value or, by ``yield``, pieces.
        session_of: Gives the session of a call when it is made; ``None`` lets the call pass.
        name: The name in the recording; the function's own where it is left out.
        key: Called with the arguments, gives what is matched of them.

    Raises:
        UsageError: It cannot be called, or has no name.
    """
    if not callable(function):
        raise UsageError(f"{function!r} cannot be captured: it is not called")
    plan = _Plan(function, name or _name_of(function), key, callables.called_as(function), _signature(function))

    def call(*args: Any, **kwargs: Any) -> Any:
        session = session_of()
        if session is None:
            return function(*args, **kwargs)
        request = functools.partial(plan.request, session.number_capture())
        verb = plan.convention.verbs[0]._replace(to_request=request)
        return passing(session, verb, function, name=CAPTURED_PROVIDER, convention=plan.convention)(*args, **kwargs)

    if is_awaited(function):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await call(*args, **kwargs)

        return functools.update_wrapper(awaited, function)

    def called(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    return functools.update_wrapper(called, function)


def _name_of(function: Callable[..., Any]) -> str:
    found = getattr(function, "__name__", None) or type(function).__name__
    if not found.isidentifier():
        raise UsageError(f"a {found} has no name of its own", hint="capture(function, name='search')")
    return str(found)


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def place_of(request: CompletionRequest) -> int:
    """Give the place of a captured call in the order of captured calls, from 1; 0 for another call."""
    if not request.operation.startswith(OPERATION) or not request.id.startswith(_PLACE):
        return 0
    number = request.id.removeprefix(_PLACE)
    return int(number) if number.isdecimal() else 0


def explain_place(request: CompletionRequest, recorded: Iterable[Interaction]) -> str:
    """
    Say what was recorded at the place of a captured call that was refused.

    Args:
        request: What was called.
        recorded: The cassette's calls.
    """
    place = place_of(request)
    calls = {place_of(each.request): each.request for each in recorded if each.provider == CAPTURED_PROVIDER}
    there = calls.get(place)
    if there is None:
        return f"it is captured call {place}, and {len(calls)} are recorded"
    same = there.operation == request.operation and there.params == request.params
    said = "that call, which was played already" if same else describe_call(there)
    return f"captured call {place} is {describe_call(request)}; recorded there is {said}"


def describe_call(request: CompletionRequest) -> str:
    """Give a captured call as one writes it: ``stock(item="anvil")``, long arguments cut."""
    params: dict[str, Any] = dict(request.params)
    kwargs: Any = params.get("kwargs", {})
    given: Any = kwargs.get("arguments", params.get("args", kwargs))
    if isinstance(given, dict):
        fields = cast("dict[str, Any]", given)
        said = ", ".join(f"{name}={encode(value).decode()}" for name, value in fields.items())
    else:
        said = ", ".join(encode(value).decode() for value in given)
    shown = said if len(said) <= _SHOWN else f"{said[: _SHOWN - 3]}..."
    return f"{request.operation.removeprefix(OPERATION)}({shown})"
