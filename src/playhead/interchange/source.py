"""What a file of another tool holds: calls, and what is no call that can be carried over."""

from __future__ import annotations

import datetime
import email.utils
import math
import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from playhead.core.model import CompletionRequest, Outcome
from playhead.core.wire import Answer
from playhead.dialects.errors import usual_reason
from playhead.wire.exchange import Sent


class Exchange(NamedTuple):
    """
    A call over HTTP.

    Attributes:
        number: Its place in the file, from 1.
        sent: The request.
        answer: The answer.
        when: When it was recorded, in nanoseconds since the epoch; ``None`` where the file does not say.
        waited: How long the answer was waited for, in nanoseconds; 0 where the file does not say.
        notes: What is not as the file has it, and why.
    """

    number: int
    sent: Sent
    answer: Answer
    when: int | None = None
    waited: int = 0
    notes: tuple[str, ...] = ()


class Talk(NamedTuple):
    """
    A call of which the file keeps question and answer, but nothing of HTTP; it is replayed at the provider seam.

    Attributes:
        number: Its place in the file, from 1.
        request: The question.
        provider: Whose.
        stream: Whether a stream was asked for.
        outcome: What it came to.
        when: When it was recorded, in nanoseconds since the epoch; ``None`` where the file does not say.
        notes: What is not as the file has it, and why.
    """

    number: int
    request: CompletionRequest
    provider: str
    stream: bool
    outcome: Outcome
    when: int | None = None
    notes: tuple[str, ...] = ()


class LeftOut(NamedTuple):
    """
    Something that cannot be carried over.

    Attributes:
        number: Its place in the file, from 1.
        reason: Why, lower case.
    """

    number: int
    reason: str


Item = Exchange | Talk | LeftOut
"""What a reader of a format gives, one for each thing in the file, in the file's order."""


class Unusable(Exception):
    """One entry of a file cannot be carried over; its text is the reason. Never leaves this folder."""


_KEPT = "/%:@!$&'()*+,;=-._~?[]"
"""What stands in a URL as it is; everything else is percent-encoded, as every HTTP client does."""


def sent_from(method: str, url: str, body: bytes, content_type: str = "") -> Sent:
    """Make a request as a client sends it: without fragment, its URL percent-encoded. Never raises."""
    whole = quote(url.partition("#")[0].strip().encode("utf-8", "surrogatepass"), safe=_KEPT)
    address, _, query = whole.partition("?")
    try:
        path = urlsplit(address).path
    except ValueError:
        path = address
    return Sent(method.upper() or "GET", whole, path or "/", query, body, content_type)


def odd_reason(status: int, words: str) -> str:
    """Give the words of a status line where they are not the usual ones; none where they cannot stand in one."""
    fits = words.isprintable() and words.isascii()
    return words if fits and words and words != usual_reason(status) else ""


_FIRST, _LAST = 0, 4_102_444_800_000_000_000
"""The epoch, and the year 2100: a time outside is none."""


def instant(value: object) -> int | None:
    """
    Read a time: ISO 8601, RFC 2822, or seconds since the epoch; without a zone it is UTC.

    Returns:
        Nanoseconds since the epoch, or ``None`` where it is no time after the epoch.
    """
    seconds: float | None = None
    if type(value) in (int, float):
        seconds = value  # type: ignore[assignment]
    elif isinstance(value, str) and value:
        seconds = _iso(value)
        if seconds is None:
            seconds = _rfc(value)
    if seconds is None or not math.isfinite(seconds):
        return None
    found = int(seconds * 1_000_000) * 1000
    return found if _FIRST < found < _LAST else None


def server_time(answer: Answer) -> int | None:
    """Give when the server says it answered: in the Date header, else in the answer itself; ``None`` if nowhere."""
    found = instant(answer.header("date"))
    if found is not None or answer.status != 200 or not answer.pieces:
        return found
    start = answer.pieces[0][:_LOOKED_AT].decode("utf-8", "replace")
    if '"object":"list"' in start or '"object": "list"' in start:
        return None  # the times in a listing are those of what is listed
    said = _CREATED.search(start)
    if said is None:
        return None
    found = instant(float(said[1]) if said[1] else said[2])
    return found if found is not None and found > _FIRST_MODELS else None


_LOOKED_AT = 1 << 20
_CREATED = re.compile(r'"(?:created|created_at|createTime)"\s*:\s*(?:(\d{10}(?:\.\d+)?)\b|"(\d{4}-[^"\\]{6,40})")')
_FIRST_MODELS = 1_420_070_400_000_000_000
"""2015: no vendor of models answered earlier, but recorders write 0 for a time they leave out."""


def _iso(text: str) -> float | None:
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _stamp(found)


def _rfc(text: str) -> float | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _stamp(found)


def _stamp(found: datetime.datetime) -> float | None:
    try:
        return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
