"""
Whether the matching is sensitive: each field of a request is changed, and the change has to be noticed.

It happens below the session, on fingerprints: nothing is sent and no cassette is changed. A change keeps the shape of
what it changes (a digit stays a digit), so that a rule for volatile values hides it here as it would in a suite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from playhead.core.canonical import decode, encode
from playhead.core.fingerprint import fingerprint
from playhead.core.matching import Matching
from playhead.core.model import CompletionRequest
from playhead.core.redaction import Redactor
from playhead.engine.drift import tolerated
from playhead.sessions.recorder import LiveRedactor
from playhead.store.cassette import Cassette


class Mutations:
    """
    What came of changing requests.

    Attributes:
        tried: How many changes were made.
        unnoticed: The fields whose change was not noticed, with how often.
    """

    def __init__(self) -> None:
        self.tried = 0
        self.unnoticed: dict[str, int] = {}

    def forget(self) -> None:
        """Start again, for the next test of a session that several share."""
        self.tried, self.unnoticed = 0, {}

    def add(self, found: Mapping[str, bool]) -> None:
        """Take in the changes to one request: whether each was noticed, by field."""
        self.tried += len(found)
        for field, noticed in found.items():
            if not noticed:
                self.unnoticed[field] = self.unnoticed.get(field, 0) + 1


def mutations_of(
    request: CompletionRequest,
    provider: str,
    stream: bool,
    cassette: Cassette,
    matching: Matching,
    redactor: Redactor,
) -> dict[str, bool]:
    """
    Change each field of a request that has a match, one at a time.

    Returns:
        Whether each change was noticed: the changed request is another one, and no rule lets it pass for this.
    """
    redacting = LiveRedactor(redactor)

    def key(one: CompletionRequest) -> Any:
        clean, _ = redacting.request(one)
        return fingerprint(matching.settle(clean).request, provider, stream=stream)

    recorded = key(request)
    found: dict[str, bool] = {}
    for field, changed in mutants(request):
        other = key(changed)
        noticed = other.key != recorded.key
        if noticed and matching.tolerates and not cassette.takes(other.key):
            noticed = tolerated(cassette, other, matching, ()) is None
        found[field] = noticed
    return found


def mutants(request: CompletionRequest) -> Iterator[tuple[str, CompletionRequest]]:
    """Give a request changed in one field, for each field that is matched, with the field's path."""
    yield "model", msgspec.structs.replace(request, model=f"{request.model or 'model'}-changed")
    for name in ("temperature", "max_tokens"):
        value = getattr(request, name)
        yield name, msgspec.structs.replace(request, **{name: 1 if value is None else value + 1})
    if request.prompt is not None:
        yield "prompt", msgspec.structs.replace(request, prompt=changed_text(request.prompt))
    for name in ("messages", "tools", "params"):
        value = getattr(request, name)
        if not value:
            continue
        data = encode(value)
        for steps in leaves(decode(data)):
            other = decode(data)
            _change(other, steps)
            yield path_of(name, steps), msgspec.structs.replace(request, **{name: _as(value, other)})


def _as(value: Any, other: Any) -> Any:
    return tuple(other) if isinstance(value, tuple) else other


def leaves(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the way to every text, number and truth value in a JSON-like value."""
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from leaves(item, (*steps, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from leaves(item, (*steps, index))
    elif steps:
        yield steps


def path_of(name: str, steps: tuple[Any, ...]) -> str:
    """Write the way to a field: ``messages[0].content``."""
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _change(value: Any, steps: tuple[Any, ...]) -> None:
    for step in steps[:-1]:
        value = value[step]
    value[steps[-1]] = changed(value[steps[-1]])


def changed(value: Any) -> Any:
    """Give another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return changed_text(value) if isinstance(value, str) else "changed"


def changed_text(text: str) -> str:
    """Give a text with its last letter or digit changed to another of its kind, so that its shape stays."""
    for index in range(len(text) - 1, -1, -1):
        letter = text[index]
        if letter.isascii() and letter.isalnum():
            return f"{text[:index]}{_other(letter)}{text[index + 1 :]}"
    return f"{text}x"


def _other(letter: str) -> str:
    if letter.isdigit():
        return str((int(letter) + 1) % 10)
    # "f" goes back, so that hexadecimal digits stay such.
    return chr(ord(letter) - 1) if letter in "fFzZ" else chr(ord(letter) + 1)
