"""Cassettes with JSON bodies as YAML, and without what nobody may read: a serializer of the suite's own."""

from __future__ import annotations

import json
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

KEPT = ("accept", "content-type", "content-encoding", "date", "retry-after")


def deserialize(text: str) -> dict[str, Any]:
    """Read a cassette: bodies as the text that vcrpy expects."""
    data: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    for interaction in data["interactions"]:
        for kind in ("request", "response"):
            part = interaction[kind]
            if "parsed_body" in part:
                written = json.dumps(part.pop("parsed_body"))
                part["body"] = {"string": written} if kind == "response" else written
            elif "body" not in part:
                part["body"] = {"string": ""} if kind == "response" else ""
    return data


def serialize(data: dict[str, Any]) -> str:
    """Write a cassette."""
    for interaction in data["interactions"]:
        for kind in ("request", "response"):
            part = interaction[kind]
            part["headers"] = {name: value for name, value in part["headers"].items() if name.lower() in KEPT}
            body = part["body"].get("string") if kind == "response" else part["body"]
            try:
                part["parsed_body"] = json.loads(body)
            except (TypeError, ValueError):
                continue
            del part["body"]
    written: str = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, width=120)
    return written
