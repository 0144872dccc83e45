"""The request of a recorded call, as it went over the wire and as far as it is known."""

from __future__ import annotations

from typing import NamedTuple

from playhead.core.evidence import Interaction
from playhead.core.model import Stream
from playhead.dialects.answers import to_bytes
from playhead.dialects.openai_wire import text
from playhead.dialects.plain import PLAIN_PROVIDER, encode_plain
from playhead.dialects.registry import BY_NAME
from playhead.errors import RecordingError

NO_WIRE = "it was recorded at the provider seam, where nothing is known of HTTP"

_JSON = "application/json"


class Unwritable(Exception):
    """A recorded request cannot be written any more; the text says why."""


class Wired(NamedTuple):
    """
    A request to be sent, or to be written into another tool's file.

    Attributes:
        method: In upper case.
        url: The whole address.
        content_type: Of the body; empty where there is none.
        body: Its bytes; JSON and forms have the values that were sent, not the same bytes.
    """

    method: str
    url: str
    content_type: str
    body: bytes


def written(interaction: Interaction) -> Wired:
    """
    Give the request of a call.

    Raises:
        Unwritable: It was not recorded over the wire, or cannot be written any more.
    """
    request = interaction.request
    if interaction.answer is None or not request.operation:
        raise Unwritable(NO_WIRE)
    method, url = text(request.context.get("method")), text(request.context.get("url"))
    if interaction.provider == PLAIN_PROVIDER:
        plain_method, plain_url, kind, body = encode_plain(request)
        return Wired(method or plain_method, url or plain_url, kind if body else "", body)
    dialect = BY_NAME.get((interaction.provider, request.operation))
    if dialect is None:
        raise Unwritable(f"nothing here writes requests of {interaction.provider} {request.operation}")
    if not url:
        raise Unwritable("the address it was sent to was not recorded")
    try:
        asked = dialect.encode_request(request, isinstance(interaction.outcome, Stream))
        body = b"" if asked.body is None else to_bytes(asked.body)
    except (RecordingError, ValueError, TypeError, RecursionError) as error:
        raise Unwritable(f"its request cannot be written: {error}") from None
    return Wired(method or asked.method, url, _JSON if body else "", body)
