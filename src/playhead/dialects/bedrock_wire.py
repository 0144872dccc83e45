"""
What the operations of Amazon Bedrock have in common: the model in the path, and events in an event stream.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from playhead.dialects.answers import A_PIECE, to_bytes
from playhead.dialects.aws_event_stream import Header, Parser, write_message
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_wire import error_text, loads, mapping, refuse_error, text
from playhead.dialects.paths import posted, read, written
from playhead.errors import ProviderError

PROVIDER = "bedrock"


# A program asks the same few models again and again.
@lru_cache(maxsize=256)
def model_of(path: str) -> str:
    """
    Give the model of a path, ``/model/{model}/converse``: a name or an ARN, percent-encoded or not.

    Returns:
        The name, empty where the path is another.
    """
    _, found, rest = path.partition("/model/")
    return read(rest.rpartition("/")[0]) if found else ""


def path_of(model: str | None, verb: str) -> str:
    """Give the path that asks a model to do something, encoded as Amazon's SDKs do."""
    return f"/model/{written(model or 'unknown').replace(':', '%3A')}/{verb}"


def claims_verb(asked: Asked, verb: str) -> bool:
    """Whether a request asks a model to do something."""
    return asked.path.endswith(f"/{verb}") and bool(model_of(asked.path)) and posted(asked) is not None


def refuse_failure(answer: Mapping[str, Any]) -> None:
    """
    Refuse an answer that is an exception of the service's.

    Raises:
        ProviderError: It is: it has a message, or the name of one.
    """
    refuse_error(answer)
    for name in ("message", "Message", "__type"):
        words = text(answer.get(name))
        if words:
            raise ProviderError(f"the answer is an error: {words!r}")


class EventFrames:
    """Cuts an event stream into its events: objects of one key, the event's type, with its payload."""

    def __init__(self) -> None:
        self._parser = Parser()

    def feed(self, data: bytes) -> Iterator[Any]:
        """
        Take the next bytes and give the events they complete.

        Raises:
            ProviderError: The bytes are damaged, or a message is an exception.
        """
        for message in self._parser.feed(data):
            kind = message.text(":message-type")
            if kind == "exception":
                words = error_text(loads(message.payload or b"{}", A_PIECE))
                raise ProviderError(f"the stream holds an error: {message.text(':exception-type')!r} {words!r}")
            if kind == "error":
                words = message.text(":error-message")
                raise ProviderError(f"the stream holds an error: {message.text(':error-code')!r} {words!r}")
            yield {message.text(":event-type"): mapping(loads(message.payload or b"{}", A_PIECE))}

    def finish(self) -> tuple[()]:
        """Give nothing: an event that the stream does not complete is none."""
        self._parser.finish()
        return ()


def write_event(kind: str, payload: Mapping[str, Any]) -> bytes:
    """Write one event."""
    headers = {
        ":event-type": Header(kind),
        ":content-type": Header("application/json"),
        ":message-type": Header("event"),
    }
    return write_message(headers, to_bytes(payload))
