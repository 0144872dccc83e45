"""
An answer over the wire without its secrets.

Headers go by name, the body by name, shape and value, also where a piece of a stream cuts a secret in two and where
the body is compressed. An answer that holds none is kept as it came, to the byte.
"""

from __future__ import annotations

import json
from typing import Any

from playhead.core.canonical import encode
from playhead.core.placeholders import Hiding
from playhead.core.redaction import Redactor, find_secrets
from playhead.core.secret_names import Strength
from playhead.core.wire import Answer, with_body
from playhead.errors import RecordingError
from playhead.format.content import decode_content


def redact_answer(answer: Answer, redactor: Redactor) -> Answer:
    """Give the answer without its secrets; itself if it holds none."""
    headers = tuple(redactor.redact_headers(answer.headers))
    pieces = _redact_pieces(answer, redactor)
    error = answer.error
    if error is not None:
        message = redactor.redact_text(error.message)
        error = type(error)(error.type, error.kind, message) if message != error.message else error
    if pieces is None:
        return (
            answer
            if headers == answer.headers and error is answer.error
            else answer._replace(headers=headers, error=error)
        )
    return with_body(answer._replace(headers=headers, error=error), pieces)


Headers = tuple[tuple[str, str], ...]


class KnownHeaders:
    """
    Headers in which rules found nothing: most of a server's come again with every answer.

    Args:
        rules: The rules they were looked at under.
    """

    __slots__ = ("_clean", "_rules")

    def __init__(self, rules: Redactor) -> None:
        self._rules = rules
        self._clean: set[tuple[str, str]] = set()

    def under(self, rules: Redactor) -> KnownHeaders:
        """Give what is known under other rules: nothing, unless they are these."""
        return self if rules is self._rules else KnownHeaders(rules)

    def fresh(self, headers: Headers) -> Headers:
        """Give the headers that have to be looked at."""
        clean = self._clean
        return tuple([header for header in headers if header not in clean])

    def add(self, headers: Headers) -> None:
        """Take note of headers in which nothing was found, neither by name nor by value."""
        if len(self._clean) >= _MOST_KNOWN:
            self._clean.clear()
        self._clean.update([header for header in headers if len(header[1]) <= _LONGEST_KNOWN])


_MOST_KNOWN, _LONGEST_KNOWN = 4096, 64


def may_hide_secrets(answer: Answer, headers: Headers, redactor: Redactor) -> bool:
    """
    Say whether a search of the whole entry's bytes could miss a secret of this answer.

    It could where a header's name alone makes its value one, and where the body is encoded.

    Args:
        answer: The answer.
        headers: Those of its headers that are not known.
        redactor: The rules.
    """
    if any(name.lower() == "content-encoding" or redactor.strength(name) >= Strength.LIKELY for name, _ in headers):
        return True
    return any(not piece.isascii() for piece in answer.pieces) and not _is_text(answer.content())


def hide_in_answer(answer: Answer, hiding: Hiding) -> Answer:
    """Give the answer with placeholders where a request's volatile values stand in it; itself where none does."""
    texts = _texts(answer)
    hidden = hiding.pieces(texts)
    return (
        answer if hidden is texts else with_body(answer, [piece.encode("utf-8", "surrogateescape") for piece in hidden])
    )


def _texts(answer: Answer) -> list[str]:
    """
    Give the body's pieces as text, content encoding undone; a body that cannot be read gives none.

    A character that the network cut in two makes odd characters, which encode to the bytes they were.
    """
    data = answer.content()
    content = decode_content(answer.header("content-encoding"), data)
    if content is None and _is_text(data):
        content = data  # an encoding that nobody here knows may be none of the bytes' own
    if not content:
        return []
    pieces = answer.pieces if content is data else (content,)
    return [piece.decode("utf-8", "surrogateescape") for piece in pieces]


def _redact_pieces(answer: Answer, redactor: Redactor) -> tuple[bytes, ...] | None:
    """Give the body's pieces without secrets and without content encoding; ``None`` where there is no secret."""
    texts = _texts(answer)
    text = "".join(texts)
    could_match = redactor.could_match_bytes
    if not text or not (could_match(text.encode("utf-8", "surrogateescape")) or could_match(encode(text))):
        return None
    masked = redactor.redact_pieces(texts)
    deeper = _redact_json("".join(masked), redactor)
    if deeper is not None:
        return (deeper,)
    if masked is texts:
        return None
    return tuple(piece.encode("utf-8", "surrogateescape") for piece in masked)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _redact_json(text: str, redactor: Redactor) -> bytes | None:
    """Mask what stands under a name that announces a credential; ``None`` where nothing does."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        # From the bytes, since a character that a cut runs through is two odd ones in the text.
        value: Any = json.loads(text.encode("utf-8", "surrogateescape"))
        if not find_secrets(value, redactor):
            return None
    except (ValueError, RecursionError, RecordingError):
        return None
    clean = redactor.redact(value)
    try:
        return json.dumps(clean, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(clean, separators=(",", ":")).encode()  # a lone surrogate, which JSON can only escape
