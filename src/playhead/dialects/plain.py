"""
Plain HTTP: traffic that is written in no dialect, as requests that can be matched.

What does not say anything about the question is not in the request: a random multipart boundary, the order of a JSON
object's keys, the fragment of an address, and the credentials in it, which are masked among its parameters. Headers
other than the content type are never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from playhead.core.canonical import encode
from playhead.core.model import CompletionRequest, Family
from playhead.dialects.answers import to_bytes
from playhead.dialects.openai_wire import loads, mapping, sequence, text
from playhead.dialects.queries import join_query, read_query, split_query, write_query
from playhead.errors import ProviderError, RecordingError

PLAIN_PROVIDER = "http"
"""The provider of traffic that is written in no dialect."""

OPERATION = "http"
BOUNDARY = "boundary"
"""What stands for the random words that separate the parts of a multipart body."""

MAX_DEPTH = 50
"""Deepest nesting of JSON that is kept as values; a file holds 64 levels, some of them around the body."""

_BOUNDARY = re.compile(r'(;\s*boundary=)("[^"]*"|[^\s;]+)', re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def decode_plain(method: str, url: str, content_type: str, body: bytes) -> CompletionRequest:
    """
    Make the request of any HTTP traffic; never raises, whatever it holds.

    Its params are ``method``, ``url`` (without query, fragment and credentials), ``query`` as ``[name, value]`` pairs
    in order, credentials masked, and, where there is a body, ``content_type`` and ``body``: an object with one of
    ``json`` (the value), ``form`` (lists of values by name), ``multipart`` (text or bytes, the boundary replaced),
    ``text`` and ``bytes``.

    Args:
        method: The method, in any case.
        url: The whole address.
        content_type: The header's value, empty where there is none.
        body: The body, its content encoding undone.
    """
    address, query = _split(url)
    params: dict[str, Any] = {"method": method.upper(), "url": address, "query": query}
    if body:
        params["content_type"], params["body"] = _read(content_type, body)
    return CompletionRequest(params=params, family=Family.HTTP, operation=OPERATION)


def encode_plain(request: CompletionRequest) -> tuple[str, str, str, bytes]:
    """
    Give method, address, content type and body of a request; the inverse of ``decode_plain``.

    What comes out is read as the same request again. Bodies that are JSON or forms have the same values, not the same
    bytes.
    """
    params = request.params
    url = text(params.get("url"))
    query = write_query(params.get("query"))
    if query:
        url += "?" + join_query(query)
    return text(params.get("method")) or "GET", url, text(params.get("content_type")), _write(params.get("body"))


def _split(url: str) -> tuple[str, list[list[str]]]:
    """Give the address without query, fragment and credentials, and the query's parameters."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return url.partition("#")[0], []
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme, host, parts.path, "", "")), read_query(split_query(parts.query))


def _read(content_type: str, body: bytes) -> tuple[str, dict[str, Any]]:
    """Give the content type to keep and the body as values."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        found = _json(body)
        if found is not None:
            return content_type, found
    elif kind == "application/x-www-form-urlencoded":
        form = _form(body)
        if form:
            return content_type, {"form": form}
    elif kind.startswith("multipart/"):
        boundary = _BOUNDARY.search(content_type)
        if boundary is not None:
            words = boundary[2].strip('"').encode("utf-8", "surrogatepass")
            kept = _BOUNDARY.sub(lambda found: found[1] + BOUNDARY, content_type)
            parts = body.replace(b"--" + words, b"--" + BOUNDARY.encode()) if words else body
            return kept, {"multipart": _text(parts)}
    shown = _text(body)
    return content_type, {"text": shown} if isinstance(shown, str) else {"bytes": shown}


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        found = {"json": loads(body, "the body")}
        if _is_deeper(found, MAX_DEPTH):
            return None
        encode(found)  # an integer may be too long to be kept as one
    except (ProviderError, RecordingError):
        return None
    return found


def _is_deeper(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        return depth < 0 or any(_is_deeper(item, depth - 1) for item in cast("dict[str, Any]", value).values())
    if isinstance(value, list):
        return depth < 0 or any(_is_deeper(item, depth - 1) for item in cast("list[Any]", value))
    return False


def _form(body: bytes) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    # Bytes that are not UTF-8 pass as surrogates both here and where the parser undoes the percent signs.
    fields = body.decode("utf-8", "surrogateescape")
    for name, value in split_query(fields):
        form.setdefault(name, []).append(value)
    return form


def _text(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _write(body: object) -> bytes:
    given: Mapping[str, Any] = mapping(body)
    if "json" in given:
        return to_bytes(given["json"])
    if "form" in given:
        form = mapping(given["form"])
        return join_query([(name, text(value)) for name in form for value in sequence(form[name])]).encode("ascii")
    content = given.get("multipart", given.get("text", given.get("bytes", b"")))
    return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else bytes(content)
