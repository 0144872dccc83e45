"""
Facts that change with every recording although the answer does not: generated ids and server times.

They are taken out of an outcome before it is digested, kept beside it as ``[path, value]`` pairs, and put back when
it is read. So two recordings of one answer have the same evidence, and nothing of either is lost.
"""

from __future__ import annotations

from typing import Any, cast

NAMES = frozenset({"created", "created_at", "id", "request_id", "system_fingerprint", "timings"})
"""Keys of a provider's raw answer, at its top level, that hold such facts."""

Pin = tuple[tuple[str | int, ...], Any]
"""A path into an outcome and the value that stands there."""


def detach(outcome: dict[str, Any]) -> list[Pin]:
    """
    Take the volatile facts out of an outcome's fields, in place.

    Args:
        outcome: The fields of a completion or a stream as built by ``playhead.core.calls``; changed by the call.
    """
    pins: list[Pin] = []
    if outcome.get("kind") == "stream":
        for name in ("end", "yielded"):
            part: Any = outcome.get(name)
            if isinstance(part, dict):
                pins += [((name, *path), value) for path, value in detach(cast("dict[str, Any]", part))]
        return pins
    for index, call in enumerate(outcome.get("tool_calls", ())):
        if "id" in call:
            pins.append((("tool_calls", index, "id"), call.pop("id")))
    raw = outcome.get("raw")
    if isinstance(raw, dict):
        kept: dict[str, Any] = dict(raw)  # pyright: ignore[reportUnknownArgumentType]
        for name in sorted(NAMES & kept.keys()):
            pins.append((("raw", name), kept.pop(name)))
        outcome["raw"] = kept
    return pins


def attach(outcome: dict[str, Any], pins: list[Any]) -> None:
    """
    Put volatile facts back, in place.

    Args:
        outcome: The outcome's fields, escape forms undone.
        pins: The facts, escape forms undone.

    Raises:
        ValueError: A path leads nowhere.
    """
    for pin in pins:
        try:
            path, value = pin
            holder: Any = outcome
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = value
        except (TypeError, KeyError, IndexError, ValueError) as error:
            raise ValueError(f"volatile path leads nowhere: {error}") from None
