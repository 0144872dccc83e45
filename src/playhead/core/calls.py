"""
A recorded call as it stands in a file, and the way between it and the types users see.

The canonical bytes of a call are put together from the bytes of its request and of its outcome, so that neither is
encoded twice. Layout: docs/format.md, "Call entries".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from playhead.core.canonical import encode, encode_normal, normalise, restore
from playhead.core.evidence import Interaction
from playhead.core.model import Completion, CompletionRequest, Failure, Family, Origin, Outcome, Stream, ToolCall
from playhead.core.placeholders import bind, bind_text
from playhead.core.usage import Usage
from playhead.core.volatile import attach, detach
from playhead.core.wire import Answer, Wire, WireFacts, bind_answer, put_together


class Volatile(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The facts of a call that are no part of its evidence.

    Attributes:
        date: The UTC date of the recording, ``YYYY-MM-DD``.
        latency: Milliseconds from call to answer, 0 below 10.
        gaps: Milliseconds before each piece of a stream.
        ids: ``[path, value]`` pairs to put back into the outcome.
        request_id: The request's own id.
        wire: What of an answer over the wire is of the moment.
        bound: What the placeholders of request and outcome stand for, in the order of their numbers.
        ignored: Parameters of the request that are no part of the match, by path.
        sent: Method and URL of a request over the wire, a space between.
    """

    date: str | None = None
    latency: int = 0
    gaps: tuple[int, ...] = ()
    ids: list[Any] = []
    request_id: str = ""
    wire: WireFacts | None = None
    bound: tuple[str, ...] = ()
    ignored: Mapping[str, Any] = {}
    sent: str = ""


NO_VOLATILE = Volatile()
NO_FACTS = WireFacts()


class Call(msgspec.Struct, frozen=True):
    """The evidence part of a call entry; ``request`` is decoded only when somebody asks for it."""

    outcome: Outcome
    provider: str
    request: msgspec.Raw
    origin: Origin
    wire: Wire | None = None


class CallEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One call entry, decoded.

    Attributes:
        call: The evidence.
        key: The fingerprint, base64url without padding.
        n: The take's number.
        escaped: Whether the outcome holds escape forms.
        volatile: The facts outside the evidence.
    """

    call: Call
    key: str
    n: int
    escaped: bool = False
    volatile: Volatile = NO_VOLATILE


class _PlainCall(msgspec.Struct, frozen=True):
    outcome: dict[str, Any]
    provider: str
    request: msgspec.Raw
    origin: Origin
    wire: Wire | None = None


class _PlainEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    call: _PlainCall
    key: str
    n: int
    escaped: bool = False
    volatile: Volatile = NO_VOLATILE


_ENTRY = msgspec.json.Decoder(CallEntry)
_PLAIN_ENTRY = msgspec.json.Decoder(_PlainEntry)


def key_text(key: bytes) -> str:
    """Write a fingerprint as it stands in a file: base64url, no padding, 43 characters."""
    return str(binascii.b2a_base64(key, newline=False).translate(_URL_SAFE)[:-1], "ascii")


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def key_bytes(text: str) -> bytes:
    """
    Read a fingerprint back.

    Raises:
        ValueError: The text is not 32 bytes in base64url.
    """
    key = base64.urlsafe_b64decode(text.encode("ascii", "strict") + b"=")
    if len(key) != 32 or key_text(key) != text:
        raise ValueError(f"malformed key {text!r}")
    return key


def request_fields(request: CompletionRequest) -> dict[str, Any]:
    """Give a request's fields as stored: defaults left out, the id kept apart as a volatile fact."""
    fields: dict[str, Any] = {"family": request.family.value}
    if request.prompt is not None:
        fields["prompt"] = request.prompt
    if request.messages is not None:
        fields["messages"] = list(request.messages)
    for name in ("model", "max_tokens", "temperature"):
        value = getattr(request, name)
        if value is not None:
            fields[name] = value
    if request.operation:
        fields["operation"] = request.operation
    for name in ("tools", "params", "context"):
        value = getattr(request, name)
        if value:
            fields[name] = list(value) if name == "tools" else value
    return fields


def request_from(fields: Mapping[str, Any], *, request_id: str = "") -> CompletionRequest:
    """
    Make a request from restored fields.

    Raises:
        ValueError: The fields are not those of a request.
    """
    known: dict[str, Any] = {name: fields[name] for name in _REQUEST_FIELDS if name in fields}
    try:
        return CompletionRequest(**known, family=Family(fields.get("family", "llm")), id=request_id)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a request: {error}") from None


_REQUEST_FIELDS = (
    *("prompt", "messages", "model", "max_tokens", "temperature", "tools", "params", "context", "operation"),
)


def outcome_fields(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome's fields as plain values, defaults left out; values of users' own are not copied."""
    if isinstance(outcome, Completion):
        return _completion_fields(outcome)
    if isinstance(outcome, Failure):
        return {"kind": "failure", **_given(outcome)}
    fields = {"kind": "stream", **_given(outcome)}
    for name, part in (("end", outcome.end), ("yielded", outcome.yielded)):
        if part is not None:
            fields[name] = outcome_fields(part)
    return fields


def _completion_fields(completion: Completion) -> dict[str, Any]:
    fields = {"kind": "completion", **_given(completion)}
    if completion.usage.reported:
        usage = _given(completion.usage)
        # An all-zero report would lose every field, and with them that it was a report.
        fields["usage"] = usage or {"total_tokens": 0}
    elif "usage" in fields:
        fields["usage"] = {**_given(completion.usage), "reported": False}
    if completion.tool_calls:
        fields["tool_calls"] = [_given(call) for call in completion.tool_calls]
    return fields


def _given(struct: Completion | Failure | Stream | Usage | ToolCall) -> dict[str, Any]:
    """Give the fields of a struct that differ from their defaults."""
    fields: dict[str, Any] = {}
    for name, default in zip(struct.__struct_fields__, _defaults(type(struct)), strict=True):
        value = getattr(struct, name)
        if value is not default and (type(value) is not type(default) or value != default):
            fields[name] = value
    return fields


def _defaults(cls: type[msgspec.Struct]) -> tuple[Any, ...]:
    known = _DEFAULTS.get(cls)
    if known is None:
        known = _DEFAULTS[cls] = tuple(
            field.default_factory()
            if field.default is msgspec.NODEFAULT and callable(field.default_factory)
            else field.default
            for field in msgspec.structs.fields(cls)
        )
    return known


_DEFAULTS: dict[type[msgspec.Struct], tuple[Any, ...]] = {}


class EncodedOutcome(msgspec.Struct, frozen=True):
    """
    An outcome ready to be stored.

    Attributes:
        data: Canonical bytes of the outcome without its volatile facts.
        escaped: Whether the bytes hold escape forms.
        ids: The volatile facts, normalised.
    """

    data: bytes
    escaped: bool
    ids: list[Any]


def encode_outcome(fields: dict[str, Any]) -> EncodedOutcome:
    """
    Encode the fields of an outcome (``outcome_fields``), which the call may change.

    Raises:
        RecordingError: Something in the outcome has no canonical form.
    """
    ids = detach(fields)
    normal = normalise(fields)
    plain = [[list(path), value] for path, value in ids]
    pins = normalise(plain)
    return EncodedOutcome(encode_normal(normal), normal is not fields or pins is not plain, pins)


class CallPieces(NamedTuple):
    """
    The canonical bytes of a call entry, cut where its request and its key begin and end.

    Attributes:
        before: What stands before the request: origin, outcome, provider.
        request: The request.
        answer: The answer over the wire, and the rest of what is no key.
        key: The fingerprint as a text.
        after: What stands after it: the number and the volatile facts.
    """

    before: bytes
    request: bytes
    answer: bytes
    key: bytes
    after: bytes


def call_pieces(
    *,
    request: bytes,
    outcome: EncodedOutcome,
    provider: str,
    origin: Origin,
    key: bytes,
    n: int,
    volatile: Volatile,
    wire: Wire | None = None,
) -> CallPieces:
    """Give the canonical bytes of a call entry from those of its parts; keys stand sorted."""
    facts = msgspec.structs.replace(volatile, ids=outcome.ids) if outcome.ids else volatile
    return CallPieces(
        b'{"call":{"origin":"%b","outcome":%b,"provider":%b,"request":'
        % (origin.value.encode(), outcome.data, encode(provider)),
        request,
        (b"}" if wire is None else b',"wire":%b}' % encode_normal(wire))
        + (b',"escaped":true,"key":"' if outcome.escaped else b',"key":"'),
        key_text(key).encode(),
        b'","n":%d,"type":"call"' % n + (b"}" if facts == NO_VOLATILE else b',"volatile":%b}' % encode_normal(facts)),
    )


def compose_call(
    *,
    request: bytes,
    outcome: EncodedOutcome,
    provider: str,
    origin: Origin,
    key: bytes,
    n: int,
    volatile: Volatile,
    wire: Wire | None = None,
) -> bytes:
    """Put the canonical bytes of a call entry together."""
    pieces = call_pieces(
        request=request,
        outcome=outcome,
        provider=provider,
        origin=origin,
        key=key,
        n=n,
        volatile=volatile,
        wire=wire,
    )
    return b"".join(pieces)


def decode_call(data: bytes | memoryview) -> CallEntry:
    """
    Decode a call entry.

    Raises:
        msgspec.DecodeError, ValueError, RecursionError: The bytes are not those of a call entry.
    """
    try:
        entry = _ENTRY.decode(data)
    except ValueError:
        # An escape form may stand where the types want text; the general way reads those, or says what is wrong.
        return _decode_plain(data)
    if entry.escaped or entry.volatile.ids:
        return _decode_plain(data)
    return entry


def _decode_plain(data: bytes | memoryview) -> CallEntry:
    plain = _PLAIN_ENTRY.decode(data)
    outcome, pins = plain.call.outcome, plain.volatile.ids
    if plain.escaped:
        outcome, pins = restore(outcome), restore(pins)
    attach(outcome, pins)
    try:
        typed = outcome_from(outcome)
    except (TypeError, msgspec.ValidationError) as error:
        raise ValueError(f"not an outcome: {error}") from None
    call = Call(
        outcome=typed,
        provider=plain.call.provider,
        request=plain.call.request,
        origin=plain.call.origin,
        wire=plain.call.wire,
    )
    return CallEntry(call=call, key=plain.key, n=plain.n, escaped=plain.escaped, volatile=plain.volatile)


def interaction_of(entry: CallEntry, fields: Mapping[str, Any]) -> Interaction:
    """
    Make the interaction users see.

    Args:
        entry: The decoded entry.
        fields: Its request, shared parts filled in and escape forms undone.

    Raises:
        ValueError: The fields or the key are malformed.
    """
    volatile = entry.volatile
    request, outcome, answer = (
        request_from(fields, request_id=volatile.request_id),
        entry.call.outcome,
        answer_of(entry),
    )
    if volatile.bound:
        request = request_from(bind(fields, volatile.bound), request_id=volatile.request_id)
        outcome = bind_outcome(outcome, volatile.bound)
        answer = None if answer is None else bind_answer(answer, volatile.bound)
    if volatile.sent:
        method, _, url = volatile.sent.partition(" ")
        request = msgspec.structs.replace(request, context={**request.context, "method": method, "url": url})
    for path, value in volatile.ignored.items():
        request = msgspec.structs.replace(request, params=put_back(request.params, path.split("."), value))
    return Interaction(
        request=request,
        outcome=outcome,
        provider=entry.call.provider,
        fingerprint=key_bytes(entry.key).hex(),
        sequence=entry.n,
        origin=entry.call.origin,
        recorded_on=entry.volatile.date,
        latency_ms=entry.volatile.latency,
        gaps_ms=entry.volatile.gaps,
        answer=answer,
    )


def put_back(params: Mapping[str, Any], steps: list[str], value: Any) -> Mapping[str, Any]:
    """Give parameters with a value where it was taken out of."""
    name, *further = steps
    inner = params.get(name)
    if further:
        value = put_back(cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else {}, further, value)
    return {**params, name: value}


def bind_outcome(outcome: Outcome, values: Sequence[str]) -> Outcome:
    """
    Give an outcome with values for its placeholders; the pieces of a stream stay where they were cut.

    Raises:
        ValueError: What comes of it is no outcome.
    """
    fields = outcome_fields(outcome)
    bound: dict[str, Any] = bind(fields, values)
    if bound is fields:
        return outcome
    if isinstance(outcome, Stream) and outcome.cuts is not None:
        bound = with_pieces(bound, [bind_text(piece, values) for piece in outcome.pieces()])
    try:
        return outcome_from(bound)
    except (TypeError, msgspec.ValidationError) as error:
        raise ValueError(f"not an outcome: {error}") from None


def outcome_from(fields: dict[str, Any]) -> Outcome:
    """
    Make an outcome of its fields.

    Raises:
        msgspec.ValidationError, TypeError: The fields are not those of an outcome.
    """
    return cast("Outcome", msgspec.convert(fields, Outcome))  # pyright: ignore[reportArgumentType]


def with_pieces(fields: dict[str, Any], pieces: Sequence[str]) -> dict[str, Any]:
    """Give a stream's fields with other text pieces: what changes a text seldom leaves its length."""
    text = "".join(pieces)
    end: dict[str, Any] = fields.get("end") or {}
    same = end.get("kind") == "completion" and end.get("text", "") == text
    rest = {name: value for name, value in fields.items() if name not in ("text", "cuts")}
    return {**rest, "cuts": list(map(len, pieces)), **({} if same else {"text": text})}


def answer_of(entry: CallEntry) -> Answer | None:
    """
    Give the answer of a call at the wire seam as it came; ``None`` for a call at the provider seam.

    Raises:
        ValueError: Its parts do not fit each other.
    """
    wire = entry.call.wire
    return None if wire is None else put_together(wire, entry.volatile.wire or NO_FACTS)
