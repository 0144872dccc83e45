"""
Recordings of Llama Stack (now ogx): one JSON file a call, made inside a vendor's SDK.

The file holds the arguments of the SDK's method and its results as typed objects. What went over the wire is put
together from them as the SDK and the vendor would have written it; no class that a file names is ever imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from playhead.dialects.openai_wire import mapping, sequence
from playhead.interchange import genai
from playhead.interchange.llama_stack_answers import REBUILT, answer_of
from playhead.interchange.source import Exchange, Item, LeftOut, Unusable, instant, sent_from, server_time
from playhead.interchange.values import MAX_BODY, header, headers_of, json_bytes, size_of, words
from playhead.wire.exchange import Sent

_REQUEST = frozenset(("url", "payload", "endpoint", "tool_name", "provider", "kwargs"))
_RESPONSE = frozenset(("body", "is_streaming", "is_exception", "exception_data", "exception_type"))

LISTING = "the recorder calls every request POST; this one is a GET without a body"
NO_WORKSPACE = "the recorder keeps no host for Databricks; a made-up one stands in its place"

_JSON = "application/json"
_DATABRICKS = "__databricks__"


def claims(value: object) -> bool:
    """Tell whether a file's value is such a recording, or a list of them."""
    items = sequence(value)
    if items:
        return all(_is_recording(item) for item in items)
    return _is_recording(value)


def _is_recording(value: object) -> bool:
    given = mapping(value)
    asked, answered = mapping(given.get("request")), mapping(given.get("response"))
    return bool(asked.keys() & _REQUEST) and bool(answered.keys() & _RESPONSE)


def read(value: object) -> Iterator[Item]:
    """Give what a file holds, one item a recording; never raises."""
    for place, item in enumerate(sequence(value) or (value,), 1):
        try:
            yield _read_one(place, mapping(item))
        except Unusable as reason:
            yield LeftOut(place, str(reason))


def _read_one(place: int, given: Mapping[str, Any]) -> Item:
    given = _with_ids(given)
    asked, answered = mapping(given["request"]), mapping(given["response"])
    url = words(asked.get("url"))
    if not url:
        raise Unusable(_without_http(asked))
    if url.startswith("vertexai:"):
        sent, answer, notes = genai.read(asked, answered)
    else:
        sent, notes = _sent(asked, url)
        answer = answer_of(answered, sent.path)
    metadata = mapping(asked.get("provider_metadata"))
    when = instant(given.get("recorded_at")) or instant(metadata.get("recorded_at")) or server_time(answer)
    return Exchange(place, sent, answer, when, notes=(REBUILT, *notes))


def _without_http(asked: Mapping[str, Any]) -> str:
    tool, provider = words(asked.get("tool_name")), words(asked.get("provider"))
    if tool:
        return f"a call of the tool {tool!r} of {provider!r}: the recorder keeps nothing of its HTTP"
    return "its request has no address: the recorder keeps nothing of its HTTP"


def _with_ids(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the ids in place that the recorder plays instead of those it stored."""
    pairs = [(new, old) for new, old in mapping(given.get("id_normalization_mapping")).items() if old != new]
    if not pairs:
        return given
    if size_of(given) > MAX_BODY:
        raise Unusable(f"it comes to more than {MAX_BODY} bytes")
    text = json.dumps(given)
    for new, old in pairs:
        if isinstance(old, str) and old:
            text = text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    try:
        return mapping(json.loads(text))
    except ValueError:
        return given


def _sent(asked: Mapping[str, Any], url: str) -> tuple[Sent, tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    if url.startswith(_DATABRICKS):
        url, notes = "https://workspace.cloud.databricks.com" + url.removeprefix(_DATABRICKS), (NO_WORKSPACE,)
    headers = headers_of(asked.get("headers"))
    body = asked.get("payload", asked.get("body"))
    if _is_listing(url, body):
        sent = sent_from("GET", url, b"")
        return sent, (*notes, LISTING) if words(asked.get("method")).upper() != "GET" else notes
    given = dict(mapping(body))
    if "payload" not in asked and given:
        # Arguments of the OpenAI SDK that are no fields of the body.
        further, query = given.pop("extra_body", None), given.pop("extra_query", None)
        headers += headers_of(given.pop("extra_headers", None))
        given.pop("timeout", None)
        body = {**given, **mapping(further)}
        if mapping(query):
            pairs = [(str(name), words(value)) for name, value in mapping(query).items()]
            url += ("&" if "?" in url else "?") + urlencode(pairs, quote_via=quote, errors="replace")
    content = b"" if body is None else json_bytes(body)
    kind = header(headers, "content-type") or (_JSON if content else "")
    return sent_from(words(asked.get("method")) or "POST", url, content, kind), notes


_LISTS = ("/models", "/api/ps", "/api/tags", "/api/version")


def _is_listing(url: str, body: object) -> bool:
    path = url.partition("?")[0].rstrip("/")
    return path.endswith(_LISTS) and not mapping(body) and not sequence(body)
