"""Recorded calls as an HTTP archive, version 1.2: http://www.softwareishard.com/blog/har-12-spec/."""

from __future__ import annotations

import base64
from importlib import metadata
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playhead.core.evidence import Interaction
from playhead.core.wire import Answer
from playhead.dialects.answers import to_bytes
from playhead.dialects.errors import usual_reason
from playhead.format.content import decode_content
from playhead.interchange.har import in_charset
from playhead.interchange.sending import Wired


def entry_of(interaction: Interaction, asked: Wired, answer: Answer) -> dict[str, Any]:
    """
    Give an entry of the archive.

    Bodies are decoded, as the format wants it, whatever their content-encoding header says.
    """
    waited = sum(interaction.gaps_ms[:1]) or interaction.latency_ms
    received = sum(interaction.gaps_ms[1:])
    date = interaction.recorded_on or "1970-01-01"
    found: dict[str, Any] = {
        "startedDateTime": f"{date}T00:00:00.000Z",
        "time": waited + received,
        "request": _request(asked, answer.http),
        "response": _response(answer),
        "cache": {},
        "timings": {"send": 0, "wait": waited, "receive": received},
    }
    if answer.error is not None:
        found["_error"] = answer.error.message or answer.error.type
    return found


def archive(entries: list[dict[str, Any]]) -> bytes:
    """Give the file."""
    creator = {"name": "playhead", "version": _own_version()}
    return to_bytes({"log": {"version": "1.2", "creator": creator, "entries": entries}}) + b"\n"


def _own_version() -> str:
    try:
        return metadata.version("playhead")
    except metadata.PackageNotFoundError:
        return "0"


def _request(asked: Wired, http: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "method": asked.method,
        "url": asked.url,
        "httpVersion": http,
        "cookies": [],
        "headers": [{"name": "content-type", "value": asked.content_type}] if asked.content_type else [],
        "queryString": [{"name": name, "value": value} for name, value in _query(asked.url)],
        "headersSize": -1,
        "bodySize": len(asked.body),
    }
    if asked.body:
        found["postData"] = {"mimeType": asked.content_type, **_text(asked.body, asked.content_type)}
    return found


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []


def _response(answer: Answer) -> dict[str, Any]:
    raw = answer.content()
    plain = decode_content(answer.header("content-encoding"), raw)
    content = raw if plain is None else plain
    kind = answer.header("content-type") or ""
    return {
        "status": answer.status,
        "statusText": answer.reason or usual_reason(answer.status),
        "httpVersion": answer.http,
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in answer.headers],
        "content": {"size": len(content), "mimeType": kind, **_text(content, kind)},
        "redirectURL": answer.header("location") or "",
        "headersSize": -1,
        "bodySize": len(raw),
    }


def _text(content: bytes, kind: str) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    # A reader takes a text to be in the charset that its type names.
    if in_charset(text, kind) == content:
        return {"text": text}
    return {"text": base64.b64encode(content).decode("ascii"), "encoding": "base64"}
