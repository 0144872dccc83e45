"""
HTTP archives, version 1.2, as browsers and proxies export them: http://www.softwareishard.com/blog/har-12-spec/.

An archive holds bodies decoded, whatever content encoding their headers name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from playhead.core.wire import Answer, WireError
from playhead.dialects.openai_wire import mapping, sequence, text
from playhead.interchange.bodies import settle
from playhead.interchange.source import Exchange, Item, LeftOut, Unusable, instant, odd_reason, sent_from
from playhead.interchange.values import from_base64, header, headers_of, number, utf8, words

SOCKET = "a web socket: its messages are no answer to a request"


def claims(value: object) -> bool:
    """Tell whether a file's value is an archive."""
    return isinstance(mapping(mapping(value).get("log")).get("entries"), list)


def read(value: object) -> Iterator[Item]:
    """Give what an archive holds, one item an entry; never raises."""
    for place, entry in enumerate(sequence(mapping(mapping(value).get("log")).get("entries")), 1):
        try:
            yield _read_one(place, mapping(entry))
        except Unusable as reason:
            yield LeftOut(place, str(reason))


def _read_one(place: int, entry: Mapping[str, Any]) -> Item:
    asked, answered = mapping(entry.get("request")), mapping(entry.get("response"))
    url = words(asked.get("url"))
    if not url:
        raise Unusable("its request has no address")
    if url.startswith(("ws:", "wss:")) or "_webSocketMessages" in entry:
        raise Unusable(SOCKET)
    if url.startswith(("data:", "blob:", "file:", "chrome-extension:")):
        raise Unusable(f"it never went over HTTP: a {url.partition(':')[0]} address")
    headers = headers_of(asked.get("headers"))
    posted = mapping(asked.get("postData"))
    kind = header(headers, "content-type") or words(posted.get("mimeType"))
    body, odd = _posted(posted, kind)
    sent = sent_from(words(asked.get("method")) or "GET", url, body, kind)
    answer, notes = _answer(entry, answered, sent.method)
    return Exchange(place, sent, answer, instant(entry.get("startedDateTime")), _waited(entry), odd + notes)


def _posted(posted: Mapping[str, Any], kind: str) -> tuple[bytes, tuple[str, ...]]:
    content = posted.get("text")
    if isinstance(content, str) and content:
        if words(posted.get("encoding")).lower() == "base64":
            return from_base64(content), ()
        return in_charset(content, kind), ()
    params = [mapping(one) for one in sequence(posted.get("params"))]
    if not params:
        return b"", ()
    if any("fileName" in one for one in params) or kind.startswith("multipart/"):
        raise Unusable("its request is a form with files, which the archive does not hold")
    pairs = [(words(one.get("name")), words(one.get("value"))) for one in params]
    form = "&".join(f"{quote_plus(utf8(name))}={quote_plus(utf8(value))}" for name, value in pairs)
    return form.encode("ascii"), ("its request's body is written anew from the form's fields",)


def _answer(entry: Mapping[str, Any], answered: Mapping[str, Any], method: str) -> tuple[Answer, tuple[str, ...]]:
    status = number(answered.get("status"))
    failed = text(answered.get("_error")) or text(entry.get("_error"))
    if status is None or not 100 <= status <= 999:
        # Browsers write 0 where no answer came.
        if status in (0, -1) or failed:
            message = failed or "no answer came"
            return Answer(error=WireError("har.NoAnswer", _kind_of(message), message)), ()
        raise Unusable("its answer has no status")
    headers = headers_of(answered.get("headers"))
    body = _content(mapping(answered.get("content")), headers, status, method)
    settled = settle(headers, body, decoded=True)
    reason = odd_reason(status, words(answered.get("statusText")))
    pieces = (body,) if body else ()
    return Answer(status, settled.headers, pieces, reason=reason, http=_protocol(answered)), settled.notes


def _content(content: Mapping[str, Any], headers: list[tuple[str, str]], status: int, method: str) -> bytes:
    kept = content.get("text")
    if isinstance(kept, str) and kept:
        if words(content.get("encoding")).lower() == "base64":
            return from_base64(kept)
        return in_charset(kept, header(headers, "content-type") or words(content.get("mimeType")))
    bodiless = status in (204, 304) or status < 200 or method == "HEAD"
    beside = words(content.get("_file"))
    if beside and not bodiless:
        raise Unusable(f"its answer's body is in a file of its own, {beside!r}: record archives that embed bodies")
    # A size of -1 is one that is not known.
    size, sent = number(content.get("size")) or 0, number(header(headers, "content-length")) or 0
    if (size > 0 or (kept is None and (size < 0 or sent))) and not bodiless:
        raise Unusable("the archive does not hold its answer's body")
    return b""


def in_charset(content: str, kind: str) -> bytes:
    """Give a text's bytes in the charset it was decoded from."""
    _, found, charset = kind.lower().partition("charset=")
    name = charset.partition(";")[0].strip(" \"'") if found else ""
    if name and name not in ("utf-8", "utf8", "us-ascii"):
        try:
            return content.encode(name)
        except (UnicodeError, LookupError, ValueError):
            pass
    return utf8(content)


_WORDS = {
    "TIMED_OUT": "timeout",
    "TIMEOUT": "timeout",
    "NAME_NOT_RESOLVED": "connect",
    "CONNECTION_REFUSED": "connect",
    "CONNECTION_RESET": "read",
    "CONNECTION_CLOSED": "read",
    "CERT": "tls",
    "SSL": "tls",
    "PROXY": "proxy",
}


def _kind_of(message: str) -> str:
    shown = message.upper()
    return next((kind for word, kind in _WORDS.items() if word in shown), "other")


def _protocol(answered: Mapping[str, Any]) -> str:
    found = words(answered.get("httpVersion")).upper()
    if found in ("H2", "HTTP/2", "HTTP/2.0"):
        return "HTTP/2"
    return "HTTP/1.0" if found == "HTTP/1.0" else "HTTP/1.1"


def _waited(entry: Mapping[str, Any]) -> int:
    """Give the nanoseconds until the answer began: all phases but the receiving."""
    timings = mapping(entry.get("timings"))
    phases: list[Any] = [timings.get(name) for name in ("blocked", "dns", "connect", "send", "wait")]
    known = [float(phase) for phase in phases if type(phase) in (int, float) and 0 < phase < _A_DAY]
    return int(sum(known) * 1_000_000)


_A_DAY = 86_400_000
