"""
Faults as answers over the wire: what a server would send, so that an SDK's own error handling and retries run.

Sources of the errors' bodies: the vendors' references on errors, as their SDKs read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from playhead.core.model import Completion, CompletionRequest, Outcome, Stream
from playhead.core.wire import Answer, WireError, with_body
from playhead.dialects.answers import to_bytes
from playhead.dialects.dialect import Dialect
from playhead.dialects.errors import status_text
from playhead.engine.faults import Fault, FaultKind, completion_in
from playhead.errors import ProviderError, UsageError
from playhead.format.content import decode_content

_JSON = "application/json"
_NO_JSON = b"<html><body><h1>Bad gateway</h1></body></html>"
_NO_EVENT = b'data: {"id": "chat\n\n'

BROKEN: Mapping[FaultKind, WireError] = {
    FaultKind.TIMEOUT: WireError("builtins.TimeoutError", "read-timeout", "timed out"),
    FaultKind.RESET: WireError("builtins.ConnectionResetError", "read", "[Errno 104] Connection reset by peer"),
}
"""How the exchange breaks, in the words every client's edge knows."""


class Call(NamedTuple):
    """
    A call over the wire that is befallen.

    Attributes:
        request: What was asked.
        provider: Whose.
        dialect: What the answer is written in; ``None`` for plain HTTP.
        stream: Whether a stream was asked for.
        recorded: The answer that would have come, where it is recorded.
        outcome: What it says.
    """

    request: CompletionRequest
    provider: str
    dialect: Dialect | None
    stream: bool
    recorded: Answer | None = None
    outcome: Outcome | None = None


def answer_under(fault: Fault, outcome: Outcome, call: Call) -> Answer:
    """
    Give what comes over the wire under a fault that is no delay.

    Args:
        fault: The fault.
        outcome: What the call comes to under it.
        call: The call.

    Raises:
        UsageError: Nothing is known of the answer's form, which the fault would change.
    """
    kind = fault.kind
    if kind in (FaultKind.RATE_LIMIT, FaultKind.SERVER_ERROR):
        return _error_answer(fault, call.provider)
    if kind in BROKEN:
        before, _ = split(call, fault.after_pieces) if fault.after_pieces and call.stream else ((), ())
        head = _head(call) if before else Answer()
        return head._replace(pieces=tuple(before), error=BROKEN[kind])
    if kind is FaultKind.MALFORMED_BODY:
        return with_body(_head(call), [_NO_EVENT if _is_events(call) else _NO_JSON])
    if call.dialect is None:
        if kind is FaultKind.EMPTY:
            return with_body(_head(call), [])
        raise UsageError(
            f"a {kind.value} has no form in plain HTTP: {call.request.operation!r} is no call of a model",
            hint="name the provider or the operation in the rule: when={'provider': 'openai'}",
        )
    end = completion_in(outcome)
    if end is None:
        raise UsageError(f"a {kind.value} leaves no answer to write")
    if call.stream and call.dialect.stream is not None:
        events = call.dialect.stream.encode(end, _texts_of(end, call), call.request)
        return with_body(_head(call), [bytes(event) for event in events])
    return with_body(_head(call), [to_bytes(call.dialect.encode_response(end, call.request))])


def split(call: Call, after: int) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """
    Give a recorded stream's bytes before and after so many of its text pieces.

    The stream is written anew in its dialect, an event a piece: where the network cut it says nothing of what it says.
    """
    dialect, end = call.dialect, completion_in(call.outcome)
    if dialect is None or dialect.stream is None or end is None:
        return (), () if call.recorded is None else call.recorded.pieces
    events = [bytes(event) for event in dialect.stream.encode(end, _texts_of(end, call), call.request)]
    reader = dialect.stream.reader()
    seen = 0
    for index, event in enumerate(events):
        if seen >= after:
            return events[:index], events[index:]
        seen += len(list(reader.feed(event)))
    return events, ()


def _texts_of(end: Completion, call: Call) -> Sequence[str]:
    """Give a text in the pieces it was recorded in, where it is the same, else as one piece."""
    recorded, dialect = call.recorded, call.dialect
    if recorded is not None and dialect is not None and dialect.stream is not None:
        reader = dialect.stream.reader()
        try:
            content = decode_content(recorded.header("content-encoding"), recorded.content())
            pieces = list(reader.feed(content or b""))
        except ProviderError:
            pieces = []
        if "".join(pieces) == end.text:
            return pieces
    outcome = call.outcome
    if isinstance(outcome, Stream) and outcome.cuts is not None and outcome.joined() == end.text:
        return [str(piece) for piece in outcome.pieces()]
    return [end.text] if end.text else []


def _head(call: Call) -> Answer:
    """Give the status and headers of an answer that is well."""
    if call.recorded is not None and 200 <= call.recorded.status < 300:
        return call.recorded._replace(pieces=(), error=None, left=False)
    stream = call.dialect.stream if call.dialect is not None and call.stream else None
    return Answer(200, (("content-type", _JSON if stream is None else stream.content_type),))


def _is_events(call: Call) -> bool:
    return call.stream and (_head(call).header("content-type") or "").startswith("text/event-stream")


def _error_answer(fault: Fault, provider: str) -> Answer:
    status = 429 if fault.kind is FaultKind.RATE_LIMIT else fault.status
    body = to_bytes(_error_body(provider, status))
    headers = [("content-type", _JSON), ("content-length", str(len(body)))]
    if fault.retry_after is not None:
        headers.append(("retry-after", f"{fault.retry_after:g}"))
    if provider == "bedrock":
        headers.append(("x-amzn-errortype", "ThrottlingException" if status == 429 else "ServiceUnavailableException"))
    return Answer(status, tuple(headers), (body,))


def _error_body(provider: str, status: int) -> dict[str, Any]:
    """Give an error as a vendor writes it; most write it as OpenAI does."""
    words = f"{status_text(status)} (injected)"
    limit = status == 429
    if provider == "anthropic":
        kind = "rate_limit_error" if limit else "overloaded_error" if status == 529 else "api_error"
        return {"type": "error", "error": {"type": kind, "message": words}}
    if provider == "google":
        name = "RESOURCE_EXHAUSTED" if limit else "UNAVAILABLE" if status == 503 else "INTERNAL"
        return {"error": {"code": status, "message": words, "status": name}}
    if provider == "ollama":
        return {"error": words}
    if provider in ("cohere", "bedrock"):
        return {"message": words}
    kind, code = ("requests", "rate_limit_exceeded") if limit else ("server_error", None)
    return {"error": {"message": words, "type": kind, "param": None, "code": code}}
