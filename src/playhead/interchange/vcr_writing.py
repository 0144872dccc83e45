"""Recorded calls as a cassette that vcrpy reads."""

from __future__ import annotations

import io
from typing import Any

from playhead.core.wire import Answer
from playhead.dialects.errors import usual_reason
from playhead.interchange.sending import Wired
from playhead.interchange.source import Unusable
from playhead.interchange.yaml_reading import yaml_library

VERSION = 1
"""The version of vcrpy's format since its release 1.0."""


def interaction_of(asked: Wired, answer: Answer) -> dict[str, Any]:
    """
    Give an interaction of the cassette.

    Raises:
        Unusable: No answer came, or not all of it: vcrpy plays answers alone.
    """
    if answer.error is not None:
        raise Unusable(f"the exchange broke ({answer.error.type}), and vcrpy plays answers alone")
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        # vcrpy keeps one list a header, so a header that comes again in another case joins its first one.
        known = next((one for one in headers if one.lower() == name.lower()), name)
        headers.setdefault(known, []).append(value)
    return {
        "request": {
            "body": _text(asked.body) if asked.body else None,
            "headers": {"content-type": [asked.content_type]} if asked.content_type else {},
            "method": asked.method,
            "uri": asked.url,
        },
        "response": {
            "body": {"string": _text(answer.content())},
            "headers": headers,
            "status": {"code": answer.status, "message": answer.reason or usual_reason(answer.status)},
        },
    }


def cassette(interactions: list[dict[str, Any]]) -> bytes:
    """
    Give the file.

    Raises:
        MissingDependencyError: PyYAML is not installed.
    """
    yaml = yaml_library("to write YAML")
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    written = io.BytesIO()
    yaml.dump(
        {"interactions": interactions, "version": VERSION},
        written,
        Dumper=dumper,
        encoding="utf-8",
        default_flow_style=False,
        sort_keys=False,  # headers keep their order
    )
    return written.getvalue()


def _text(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
