"""
Faults that are put in a call's way on purpose: what goes wrong, and with which call.

Everything here is a fact or a pure function; sessions (``session.inject``) and property tests build on it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from playhead.core.failures import describe
from playhead.core.model import Completion, CompletionRequest, Failure, Outcome, Stream, ToolCall, end_of
from playhead.errors import (
    PERMANENT_STATUSES,
    InferenceProviderError,
    PermanentError,
    ProviderError,
    RateLimitError,
    UsageError,
)


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    RATE_LIMIT = "rate-limit"
    """429, with ``Retry-After`` where the fault has one."""
    SERVER_ERROR = "server-error"
    """An answer of the class 5xx, or another status of failure."""
    TIMEOUT = "timeout"
    """No answer, or no further piece, within the client's time."""
    RESET = "reset"
    """The connection is lost, before the answer or after some of its pieces."""
    SLOW_FIRST = "slow-first"
    """The first piece comes late; a whole answer too."""
    STALL = "stall"
    """A stream stands still after some of its pieces, and then goes on."""
    MALFORMED_JSON = "malformed-json"
    """The model's JSON, text or arguments of a tool, is cut off in the middle, though the answer says it is whole."""
    MALFORMED_BODY = "malformed-body"
    """The answer itself is no JSON, as a proxy's error page under status 200."""
    EMPTY = "empty"
    """An answer with nothing in it."""
    REFUSAL = "refusal"
    """The model declines."""
    WRONG_MODEL = "wrong-model"
    """Another model answers than was asked for."""


DELAYS = frozenset({FaultKind.SLOW_FIRST, FaultKind.STALL})
"""Kinds that leave the answer what it is; it comes later."""

CHANGES = frozenset({FaultKind.MALFORMED_JSON, FaultKind.WRONG_MODEL})
"""Kinds that need an answer to change."""

REFUSAL_TEXT = "I'm sorry, but I can't help with that."
WRONG_MODEL = "another-model"
MADE_UP = "an answer that was made up, since none is recorded"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One thing that goes wrong with one call.

    Attributes:
        kind: What.
        retry_after: Seconds the provider asks to wait, of a ``rate-limit`` or ``server-error``; ``None`` says nothing.
        status: The HTTP status of a ``server-error``; 400 to 599.
        after_pieces: How many pieces of a stream come before a ``reset``, ``timeout`` or ``stall``. A call that is not
            streamed ends at once.
        seconds: How long ``slow-first`` and ``stall`` keep the caller waiting.
        text: What a ``refusal`` says.
        model: The model a ``wrong-model`` answers as.

    Raises:
        UsageError: A value is out of its range.
    """

    kind: FaultKind
    retry_after: float | None = None
    status: int = 503
    after_pieces: int = 0
    seconds: float = 30.0
    text: str = REFUSAL_TEXT
    model: str = WRONG_MODEL

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "kind", _kind(self.kind))
        if self.retry_after is not None and not 0 <= self.retry_after < float("inf"):
            raise UsageError(f"retry_after must be finite and non-negative, got {self.retry_after!r}")
        if not 400 <= self.status <= 599:
            raise UsageError(f"status must be one of failure, 400 to 599, got {self.status!r}")
        if self.after_pieces < 0:
            raise UsageError(f"after_pieces must be non-negative, got {self.after_pieces!r}")
        if not 0 <= self.seconds < float("inf"):
            raise UsageError(f"seconds must be finite and non-negative, got {self.seconds!r}")


def _kind(value: Any) -> FaultKind:
    try:
        return FaultKind(value)
    except ValueError:
        names = ", ".join(kind.value for kind in FaultKind)
        raise UsageError(f"unknown fault {value!r}", hint=f"one of {names}") from None


def parse_fault(value: Fault | FaultKind | str | Mapping[str, Any]) -> Fault:
    """
    Read a fault: itself, its kind, or its fields.

    Raises:
        UsageError: It is none of these, or a field is unknown or out of its range.
    """
    if isinstance(value, Fault):
        return value
    if isinstance(value, str):
        return Fault(_kind(value))
    if not isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"{value!r} is no fault", hint="a playhead.Fault, its kind, or its fields")
    return cast("Fault", _struct(Fault, value, "fault"))


class FaultRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Which calls are meant; every field that is given must hold.

    Attributes:
        provider: The provider's name.
        model: The model asked for.
        text: A text that stands somewhere in the prompt or in a message.
        operation: The operation at the wire seam, such as ``chat.completions``.
        stream: Whether a stream is asked for.
    """

    provider: str | None = None
    model: str | None = None
    text: str | None = None
    operation: str | None = None
    stream: bool | None = None

    def meets(self, request: CompletionRequest, provider: str, *, stream: bool) -> bool:
        """Say whether a call is meant."""
        return (
            self.provider in (None, provider)
            and self.model in (None, request.model)
            and self.operation in (None, request.operation)
            and self.stream in (None, stream)
            and (self.text is None or any(self.text in text for text in _texts(request)))
        )


def parse_rule(value: FaultRule | Mapping[str, Any] | None) -> FaultRule:
    """
    Read a rule: itself, or its fields.

    Raises:
        UsageError: It is neither, or a field is unknown.
    """
    if value is None:
        return EVERY_CALL
    if isinstance(value, FaultRule):
        return value
    if not isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"{value!r} is no rule", hint="a playhead.FaultRule, or its fields")
    return cast("FaultRule", _struct(FaultRule, value, "rule"))


def _struct(cls: Any, fields: Mapping[str, Any], word: str) -> Any:
    unknown = sorted(fields.keys() - set(cls.__struct_fields__))
    if unknown:
        raise UsageError(f"a {word} has no {unknown[0]!r}", hint=f"one of {', '.join(cls.__struct_fields__)}")
    try:
        return msgspec.convert(dict(fields), cls)
    except msgspec.ValidationError as error:
        raise UsageError(f"this is no {word}: {error}") from None


EVERY_CALL = FaultRule()


def _texts(request: CompletionRequest) -> Iterable[str]:
    for message in request.conversation():
        content: Any = message.get("content")
        if isinstance(content, str):
            yield content
        elif isinstance(content, (list, tuple)):
            for part in cast("Iterable[Any]", content):
                text: Any = part.get("text") if isinstance(part, Mapping) else part  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                if isinstance(text, str):
                    yield text


class Injection(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A fault with the calls it befalls.

    Attributes:
        fault: What goes wrong.
        at: Which of the calls that meet the rule, 1 for the first; ``None`` for all of them.
        when: The rule.
        stored: Whether what it comes to is recorded, as ``synthetic``, by a session that records.

    Raises:
        UsageError: An occurrence is below 1.
    """

    fault: Fault
    at: tuple[int, ...] | None = None
    when: FaultRule = EVERY_CALL
    stored: bool = False

    def __post_init__(self) -> None:
        for number in self.at or ():
            if type(number) is not int or number < 1:
                raise UsageError(f"calls are counted from 1, got {number!r}", hint="at=1 is the first call")


def parse_injection(
    fault: Fault | FaultKind | str | Mapping[str, Any],
    *,
    at: int | Iterable[int] | None = None,
    when: FaultRule | Mapping[str, Any] | None = None,
    store: bool = False,
) -> Injection:
    """
    Read a fault with the calls it befalls.

    Raises:
        UsageError: A part of it makes no sense.
    """
    numbers = None if at is None else (at,) if isinstance(at, int) else tuple(at)
    read = Injection(parse_fault(fault), numbers, parse_rule(when), store)
    if store and read.fault.kind in DELAYS:
        raise UsageError(
            f"a {read.fault.kind.value} cannot be stored: the answer it delays is the provider's own",
            hint="leave store out; the answer is recorded as it came",
        )
    return read


def read_injection(value: Injection | Fault | FaultKind | str | Mapping[str, Any]) -> Injection:
    """
    Read a fault with the calls it befalls from one value: a fault, its kind, or its fields beside ``at``, ``when``
    and ``store``.

    Raises:
        UsageError: It is none of these, or a part of it makes no sense.
    """
    if isinstance(value, Injection):
        return value
    if not isinstance(value, Mapping):
        return parse_injection(value)
    calls = {name: value[name] for name in ("at", "when", "store") if name in value}
    fault = {name: field for name, field in value.items() if name not in calls}
    return parse_injection(fault, **calls)


class Schedule:
    """
    Which call is befallen by which fault, counted while calls come; its owner holds the lock.

    Every injection counts the calls that meet its rule, tries of an SDK's own included. Where two befall the same
    call, the one that was added first does.
    """

    def __init__(self, injections: Iterable[Injection] = ()) -> None:
        self.injections: list[Injection] = list(injections)
        self._seen: list[int] = [0] * len(self.injections)

    def __repr__(self) -> str:
        return f"Schedule({self.injections!r})"

    def __bool__(self) -> bool:
        return bool(self.injections)

    def add(self, injection: Injection) -> None:
        """Take in one more; it counts from now on."""
        self.injections.append(injection)
        self._seen.append(0)

    def next(self, request: CompletionRequest, provider: str, *, stream: bool) -> Fault | None:
        """Count a call that starts now, and give its fault, if it has one."""
        found = self.due(request, provider, stream=stream)
        return None if found is None else found.fault

    def due(self, request: CompletionRequest, provider: str, *, stream: bool) -> Injection | None:
        """Count a call that starts now, and give what befalls it."""
        found: Injection | None = None
        for index, injection in enumerate(self.injections):
            if not injection.when.meets(request, provider, stream=stream):
                continue
            self._seen[index] += 1
            if found is None and (injection.at is None or self._seen[index] in injection.at):
                found = injection
        return found


def needs_answer(fault: Fault, *, stream: bool) -> bool:
    """Say whether a fault begins with the answer that would have come."""
    return fault.kind in CHANGES or (
        stream and fault.kind in (FaultKind.RESET, FaultKind.TIMEOUT) and fault.after_pieces > 0
    )


def error_of(fault: Fault) -> InferenceProviderError | None:
    """Give the error of ours that a fault is; ``None`` for one that gives an answer."""
    facts: dict[str, Any] = {"injected": fault.kind.value}
    if fault.kind is FaultKind.RATE_LIMIT:
        pause = 1.0 if fault.retry_after is None else fault.retry_after
        return RateLimitError("429 Too Many Requests", retry_after=pause, context={**facts, "status": 429})
    if fault.kind is FaultKind.SERVER_ERROR:
        facts["status"] = fault.status
        if fault.retry_after is not None:
            facts["retry_after"] = fault.retry_after
        kind = PermanentError if fault.status in PERMANENT_STATUSES else ProviderError
        return kind(f"the provider answered with status {fault.status}", context=facts)
    said = _SAID.get(fault.kind)
    return None if said is None else ProviderError(said, context=facts)


_SAID = {
    FaultKind.TIMEOUT: "the provider did not answer in time",
    FaultKind.RESET: "the connection was lost",
    FaultKind.MALFORMED_BODY: "the answer is not JSON",
}


def under(fault: Fault, request: CompletionRequest, outcome: Outcome | None, *, stream: bool) -> Outcome:
    """
    Give what a call comes to under a fault that is no delay.

    Args:
        fault: The fault.
        request: What was asked.
        outcome: What would have come; ``None`` where nobody knows, then an answer is made up.
        stream: Whether a stream was asked for.
    """
    error = error_of(fault)
    if error is not None:
        failure = describe(error)
        return _broken(outcome, failure, fault.after_pieces) if stream else failure
    known = completion_in(outcome)
    changed = changed_completion(fault, request, known)
    return _streamed(fault, changed, outcome) if stream else changed


def _streamed(fault: Fault, changed: Completion, outcome: Outcome | None) -> Stream:
    """Give a changed answer in pieces: those that would have come, as far as they say the same."""
    cuts = (len(changed.text),) if changed.text else ()
    if not isinstance(outcome, Stream):
        return Stream(end=changed, cuts=cuts)
    yielded = None if outcome.yielded is None else changed
    if outcome.values is None:
        known = completion_in(outcome)
        same = known is not None and known.text == changed.text and outcome.cuts is not None
        return Stream(end=changed, cuts=outcome.cuts if same else cuts, yielded=yielded)
    if fault.kind is FaultKind.EMPTY:
        return Stream(end=changed, values=(), yielded=yielded)
    if fault.kind is FaultKind.WRONG_MODEL:
        return Stream(
            end=changed, values=tuple(_renamed(each, fault.model) for each in outcome.pieces()), yielded=yielded
        )
    raise UsageError(
        f"a {fault.kind.value} cannot be put into a stream of objects: nobody knows where their text stands",
        hint="inject it into a call that is not streamed, or below the SDK, at the wire seam",
    )


def _renamed(piece: Any, model: str) -> Any:
    """Give a piece with another model's name, wherever it says one."""
    if isinstance(piece, Mapping):
        fields = cast("Mapping[str, Any]", piece)
        return {name: model if name == "model" else _renamed(value, model) for name, value in fields.items()}
    return [_renamed(item, model) for item in cast("list[Any]", piece)] if isinstance(piece, list) else piece


def completion_in(outcome: Outcome | None) -> Completion | None:
    """Give the answer an outcome ends in, or ``None``."""
    end = None if outcome is None else end_of(outcome)
    return end if isinstance(end, Completion) else None


def _broken(outcome: Outcome | None, failure: Failure, after: int) -> Stream:
    if not isinstance(outcome, Stream) or not after:
        return Stream(end=failure)
    if outcome.cuts is None:
        return Stream(end=failure, values=(outcome.values or ())[:after])
    cuts = outcome.cuts[:after]
    return Stream(end=failure, cuts=cuts, text=outcome.joined()[: sum(cuts)])


def changed_completion(fault: Fault, request: CompletionRequest, answer: Completion | None) -> Completion:
    """Give the answer under a fault that leaves one; what is not at fault is as it would have come."""
    known = answer or Completion(MADE_UP, model=request.model or "", finish_reason="stop")
    if fault.kind is FaultKind.EMPTY:
        return msgspec.structs.replace(known, text="", tool_calls=(), output=None, raw=None)
    if fault.kind is FaultKind.REFUSAL:
        return msgspec.structs.replace(known, text=fault.text, tool_calls=(), output=None, raw=None)
    if fault.kind is FaultKind.WRONG_MODEL:
        return msgspec.structs.replace(known, model=fault.model, model_version=None, raw=None)
    calls = tuple(ToolCall(call.id, call.name, cut_json(call.arguments)) for call in known.tool_calls)
    text = cut_json(known.text) if known.text and not calls else known.text
    return msgspec.structs.replace(known, text=text, tool_calls=calls, raw=None)


def cut_json(text: str) -> str:
    """Give a text's first half, or less, so that it is no JSON: half of a number or of two lists may be some."""
    half = text[: len(text) // 2]
    if half.lstrip()[:1] not in ("{", "[", '"'):
        return '{"' + half
    while _is_json(half):
        half = half.rstrip()[:-1]
    return half


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
