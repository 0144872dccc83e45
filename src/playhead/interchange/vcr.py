"""
Cassettes of vcrpy, in every version of its format, and of what writes like it.

That is: YAML or JSON; vcrpy's requests and answers, httpx's answers as vcrpy 4 and 5 kept them (``status_code``,
``http_version``, ``content``), the pickled requests of its first versions read as data, VCR for Ruby and betamax
(``http_interactions``), LangChain's persister (``requests`` beside ``responses``, what it redacts put together from the
rest), and pydantic-ai's serializer, which keeps a JSON body under ``parsed_body``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, cast

from playhead.core.wire import Answer
from playhead.dialects.openai_wire import mapping, sequence
from playhead.interchange import xai
from playhead.interchange.addresses import NO_ADDRESS, is_address, likely_address
from playhead.interchange.bodies import kind_of, settle, undo_request_encoding
from playhead.interchange.source import Exchange, Item, LeftOut, Unusable, instant, odd_reason, sent_from, server_time
from playhead.interchange.values import body_bytes, headers_of, json_bytes, number, words

_LISTS = ("interactions", "http_interactions")

REWRITTEN = "its answer's body is written anew from the value in the file: the same JSON, perhaps in other bytes"


def claims(value: object) -> bool:
    """Tell whether a file's value is such a cassette."""
    given = mapping(value)
    if any(isinstance(given.get(name), list) for name in _LISTS):
        return True
    if "interactions" in given and not given["interactions"] and given.keys() <= {"interactions", "version"}:
        return True  # a cassette in which nothing was recorded
    if isinstance(given.get("requests"), list) and isinstance(given.get("responses"), list):
        return True
    items = sequence(value)
    # vcrpy's first format is the list alone.
    return bool(items) and all(_is_interaction(item) for item in items)


def _is_interaction(value: object) -> bool:
    given = mapping(value)
    asked, answered = mapping(given.get("request")), mapping(given.get("response"))
    return bool(asked) and bool(answered) and bool(asked.keys() & {"uri", "url", "path", "host", "py/state"})


def read(value: object) -> Iterator[Item]:
    """Give what a cassette holds, one item an interaction; never raises."""
    given = mapping(value)
    if "requests" in given and "responses" in given:
        pairs = zip_longest(sequence(given["requests"]), sequence(given["responses"]))
        items: Any = [{"request": asked, "response": answered} for asked, answered in pairs]
    else:
        items = next((given[name] for name in _LISTS if given.get(name) is not None), value)
    for place, item in enumerate(sequence(items), 1):
        try:
            yield _read_one(place, item, given)
        except Unusable as reason:
            yield LeftOut(place, str(reason))


def _read_one(place: int, item: object, file: Mapping[str, Any]) -> Item:
    if xai.claims(item):
        return xai.read(place, mapping(item))
    given = mapping(item)
    asked, answered = _state(given.get("request")), mapping(given.get("response"))
    if not asked or not answered:
        raise Unusable("it has no request" if not asked else "it has no answer")
    headers = headers_of(asked.get("headers"))
    body = undo_request_encoding(headers, _body(asked))
    answer, notes = _answer(answered)
    url = _url(asked)
    if not is_address(url):
        url = likely_address(body, answer)
        notes = (*notes, NO_ADDRESS)
    sent = sent_from(words(asked.get("method")) or "GET", url, body, kind_of(headers, body))
    when = _when(given, answered, file, answer)
    return Exchange(place, sent, answer, when, notes=notes)


def _state(value: object) -> Mapping[str, Any]:
    """Give a request's fields; the first versions pickled the object, whose state may stand one level deeper."""
    given = mapping(value)
    for name in ("state", "py/state"):
        if isinstance(given.get(name), Mapping):
            return cast("Mapping[str, Any]", given[name])
    return given


def _url(asked: Mapping[str, Any]) -> str:
    whole = words(asked.get("uri")) or words(asked.get("url"))
    host = words(asked.get("host"))
    if host and "://" not in whole:
        scheme = words(asked.get("protocol") or asked.get("scheme")) or "https"
        port = words(asked.get("port"))
        usual = {"http": "80", "https": "443"}.get(scheme)
        place = f"{host}:{port}" if port and port != usual else host
        path = whole or words(asked.get("path"))
        return f"{scheme}://{place}{path if path.startswith('/') else '/' + path}"
    return whole or words(asked.get("path"))


def _body(given: Mapping[str, Any]) -> bytes:
    if given.get("parsed_body") is not None:
        return json_bytes(given["parsed_body"])
    found = given.get("body")
    if found is None:
        found = given.get("content")
    fields = mapping(found)
    # vcrpy once pickled a body that was an open file or an iterator.
    state, parts = sequence(fields.get("state")), sequence(fields.get("args"))
    if len(state) == 3 and isinstance(state[0], (str, bytes)):
        return body_bytes(state[0])
    if len(parts) == 1 and all(isinstance(part, (str, bytes)) for part in sequence(parts[0])):
        return b"".join(map(body_bytes, sequence(parts[0])))
    return body_bytes(found)


def _answer(given: Mapping[str, Any]) -> tuple[Answer, tuple[str, ...]]:
    status, reason = _status(given)
    body = _body(given)
    settled = settle(headers_of(given.get("headers")), body)
    rewritten = (REWRITTEN,) if given.get("parsed_body") is not None else ()
    answer = Answer(
        status,
        settled.headers,
        (body,) if body else (),
        reason=odd_reason(status, reason),
        http=_protocol(given),
    )
    return answer, rewritten + settled.notes


def _status(given: Mapping[str, Any]) -> tuple[int, str]:
    found = given.get("status", given.get("status_code"))
    fields = mapping(found)
    code = number(fields.get("code") if fields else found)
    reason = words(fields.get("message") or given.get("reason"))
    if code is None and isinstance(found, str):
        digits, _, reason = found.partition(" ")
        code = number(digits)
    if code is None or not 100 <= code <= 999:
        raise Unusable("its answer has no status")
    return code, reason


def _protocol(given: Mapping[str, Any]) -> str:
    found = words(given.get("http_version") or given.get("protocol")).upper()
    version = {"1.0": "1.0", "1.1": "1.1", "2": "2", "2.0": "2", "10": "1.0", "11": "1.1"}
    return f"HTTP/{version.get(found.removeprefix('HTTP/'), '1.1')}"


def _when(item: Mapping[str, Any], answered: Mapping[str, Any], file: Mapping[str, Any], answer: Answer) -> int | None:
    """Give when a call was recorded: as the file says, else as the server said."""
    places = (item, answered, mapping(item.get("metadata")), mapping(file.get("metadata")), file)
    for place in places:
        for name in ("recorded_at", "recordedAt", "recorded_on"):
            found = instant(place.get(name))
            if found is not None:
                return found
    return server_time(answer)
