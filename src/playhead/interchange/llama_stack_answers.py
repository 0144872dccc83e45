"""The answers of Llama Stack's recordings, written as the vendor would have sent them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playhead.core.wire import Answer, WireError
from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.interchange.values import is_list, json_bytes, number, utf8, words

REBUILT = "the recorder keeps the SDK's objects: request and answer are written anew from them"

_JSON = (("content-type", "application/json"),)
_EVENTS = (("content-type", "text/event-stream"),)
_LINES = (("content-type", "application/x-ndjson"),)


def answer_of(answered: Mapping[str, Any], path: str) -> Answer:
    """
    Give the answer of a recording.

    Args:
        answered: The recording's ``response``.
        path: The request's path, which says how the vendor streams.

    Raises:
        Unusable: It holds a value that JSON cannot say.
    """
    body: Any = answered.get("body")
    raised = error_of(answered)
    streams = answered.get("is_streaming") is True or _is_typed(body)
    if raised and not sequence(body):
        return _failed(raised)
    status = number(answered.get("status")) or number(answered.get("status_code")) or 200
    if is_list(body) and not _is_listing(body, path) and streams:
        answer = _streamed(sequence(body), path, whole=not raised)
        return answer._replace(error=wire_error(raised)) if raised else answer._replace(status=status)
    if _is_listing(body, path):
        body = {"object": "list", "data": [_data(item) for item in sequence(body)]}
    if body is None:
        return Answer(status)
    if isinstance(body, str):
        return Answer(status, _JSON if body[:1] in ("{", "[") else (("content-type", "text/plain"),), (utf8(body),))
    return Answer(status, _JSON, (json_bytes(_plain(body)),))


def _is_typed(body: object) -> bool:
    items = sequence(body)
    return bool(items) and all("__type__" in mapping(item) for item in items)


def _is_listing(body: object, path: str) -> bool:
    """Tell whether a list is the pages of a vendor's listing, which the SDK walks through by itself."""
    items = [mapping(_data(item)) for item in sequence(body)]
    if items:
        return all(item.get("object") == "model" for item in items)
    return is_list(body) and path.rstrip("/").endswith("/models")


def _data(item: object) -> Any:
    """Give what a typed object holds; anything else as it is."""
    given = mapping(item)
    return given["__data__"] if "__type__" in given and "__data__" in given else item


def _plain(body: object) -> Any:
    return [_data(item) for item in sequence(body)] if is_list(body) else _data(body)


# --- streams


def _streamed(items: Sequence[Any], path: str, *, whole: bool) -> Answer:
    if all(isinstance(item, str) for item in items):
        # Lines as they came, without their ends.
        return Answer(200, _EVENTS, _by_event([text(item) for item in items]))
    first = mapping(items[0] if items else None)
    if words(first.get("__type__")).startswith("ollama.") or "/api/" in path:
        return Answer(200, _LINES, tuple(json_bytes(_data(item)) + b"\n" for item in items))
    pieces = [_event(_data(item)) for item in items]
    # The events that name their kind have an end of their own.
    if whole and not any(piece.startswith(b"event:") for piece in pieces):
        pieces.append(b"data: [DONE]\n\n")
    return Answer(200, _EVENTS, tuple(pieces))


def _event(value: Any) -> bytes:
    if isinstance(value, str):
        return utf8(value if value.endswith("\n\n") else value + "\n\n")
    kind = text(mapping(value).get("type"))
    named = b"event: " + utf8(kind) + b"\n" if kind and kind.isprintable() and "object" not in mapping(value) else b""
    return named + b"data: " + json_bytes(value) + b"\n\n"


def _by_event(lines: Sequence[str]) -> tuple[bytes, ...]:
    pieces: list[bytes] = []
    piece = b""
    for line in lines:
        piece += utf8(line) + b"\n"
        if not line:
            pieces.append(piece)
            piece = b""
    return (*pieces, piece) if piece else tuple(pieces)


# --- exceptions


def error_of(answered: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the fields of the exception that a recording holds instead of an answer, or after it; empty where none."""
    data = mapping(answered.get("exception_data"))
    if data:
        return data
    body = mapping(answered.get("body"))
    for name in ("__error__", "__exception__"):
        if name in body:
            return mapping(body[name]) or {"message": words(body[name]), **body}
    message = words(answered.get("exception_message"))
    kind = words(answered.get("exception_type"))
    if answered.get("is_exception") is True or kind:
        return {"type": kind or "Exception", "message": message or "no message was kept", **_status_in(answered)}
    return {}


def _status_in(answered: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: answered[name] for name in ("status_code", "status") if name in answered}


def _failed(raised: Mapping[str, Any]) -> Answer:
    """Give the answer an SDK's exception was made of; where it was made of none, how the exchange broke."""
    status = number(raised.get("status_code")) or number(raised.get("status"))
    if status is None or not 400 <= status <= 599 or raised.get("category") == "llama_stack":
        return Answer(error=wire_error(raised))
    inner: Any = raised.get("body")
    if inner is None:
        inner = {"message": _message(raised)}
    # The SDK gives its users what stands under "error".
    whole = "error" in mapping(inner) or is_list(inner)
    return Answer(status, _JSON, (json_bytes(inner if whole else {"error": inner}),))


def wire_error(raised: Mapping[str, Any]) -> WireError:
    """Give how the exchange broke, by the name of the exception's class, which is never imported."""
    kind = words(raised.get("type")) or words(raised.get("exception_type")) or "Exception"
    shown = kind.rpartition(".")[2].lower()
    what = "timeout" if "timeout" in shown else "connect" if "connect" in shown else "other"
    return WireError(f"llama_stack.{kind}", what, _message(raised))


def _message(raised: Mapping[str, Any]) -> str:
    return words(raised.get("message")) or words(raised.get("exception_message")) or "no message was kept"
