"""
What loosens a match, by name: rules that are declared, stored with the cassette, and seen in its reviews.

Without any, a request matches what was recorded for exactly the same. Three things can be loosened: volatile values
become placeholders, parameters are left out, and a segment may drift.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

import msgspec

from playhead.core.fingerprint import HEAD_SEGMENTS
from playhead.core.model import CompletionRequest
from playhead.core.placeholders import Numbering
from playhead.errors import UsageError

VOLATILE: Mapping[str, str] = {
    "uuid": r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])",
    "timestamp": (
        r"(?<!\d)\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?Z|[+-]\d{2}:?\d{2}| UTC)?(?![\d:])"
    ),
    "date": r"(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-])",
    "generated-id": (
        r"(?<![0-9A-Za-z])(?:call|toolu|tooluse|chatcmpl|cmpl|msg|resp|rs|fc|run|thread|step|asst|file|item|req|gen|"
        r"chatcmpl-tool)[_-][0-9A-Za-z_-]{8,}"
    ),
    "epoch": r"(?<![\d.])1[6-9]\d{8}(?:\d{3})?(?:\.\d{1,9})?(?![\d.])",
}
"""
The rules for volatile values that come with Playhead: uuids, ISO 8601 times, ISO dates, ids that providers and
frameworks generate, and seconds or milliseconds since 1970 (2020 to 2033) in texts.
"""

SEGMENTS = (*HEAD_SEGMENTS, "messages")
"""The segments that may drift; ``messages`` stands for every message that is not part of the system prompt."""

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")


class Drift(enum.StrEnum):
    """What a session makes of a segment that differs from what was recorded."""

    FAIL = "fail"
    WARN = "warn"
    IGNORE = "ignore"


class Settled(NamedTuple):
    """
    A request under the rules.

    Attributes:
        request: What is matched and stored.
        values: What its placeholders stand for, in the order of their numbers.
        names: The placeholders.
        ignored: What was left out, by path.
    """

    request: CompletionRequest
    values: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ignored: Mapping[str, Any] = {}


class Matching(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    The rules of a cassette.

    Attributes:
        volatile: Names of rules of ``VOLATILE`` whose values become placeholders.
        patterns: Further rules of the same kind: a name and a regular expression.
        ignore: Parameters that are no part of the match, as paths below a request's ``params``: ``user``,
            ``metadata.trace_id``.
        drift: ``fail``, ``warn`` or ``ignore`` by segment (``SEGMENTS``); ``fail`` where nothing is said.

    Raises:
        UsageError: A rule, segment or policy is unknown, or a pattern is no regular expression.
    """

    volatile: tuple[str, ...] = ()
    patterns: Mapping[str, str] = {}
    ignore: tuple[str, ...] = ()
    drift: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        for name in ("volatile", "ignore"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise UsageError(f"{name} must be a list of names, got {value!r}", hint=f"{name}=[{value!r}]")
            msgspec.structs.force_setattr(self, name, tuple(value))
        for rule in self.volatile:
            if rule not in VOLATILE:
                raise UsageError(
                    f"there is no rule {rule!r} for volatile values",
                    hint=f"one of {', '.join(VOLATILE)}, or a pattern of your own in patterns=",
                )
        for rule, pattern in self.patterns.items():
            _check_pattern(rule, pattern)
        for segment, policy in self.drift.items():
            if segment not in SEGMENTS:
                raise UsageError(f"there is no segment {segment!r}", hint=f"one of {', '.join(SEGMENTS)}")
            if policy not in tuple(Drift):
                raise UsageError(f"{policy!r} is no policy for drift", hint=f"one of {', '.join(Drift)}")

    @property
    def settles(self) -> bool:
        """Whether requests are changed before they are matched."""
        return bool(self.volatile or self.patterns or self.ignore)

    @property
    def tolerates(self) -> bool:
        """Whether some segment may drift."""
        return bool(self.drift) and any(policy != Drift.FAIL for policy in self.drift.values())

    def same_keys(self, other: Matching) -> bool:
        """Tell whether the other rules give every request the same key."""
        mine, theirs = ((set(one.volatile), dict(one.patterns), set(one.ignore)) for one in (self, other))
        return mine == theirs

    def policy(self, index: int) -> Drift:
        """Give the policy of a segment by its place in a fingerprint."""
        name = segment_name(index)
        return Drift(self.drift.get(name, Drift.FAIL))

    def settle(self, request: CompletionRequest) -> Settled:
        """Give a request as it is matched and stored under these rules; itself where nothing changes."""
        ignored: dict[str, Any] = {}
        params = request.params
        for path in self.ignore:
            params = _without(params, path.split("."), path, ignored)
        if not (self.volatile or self.patterns):
            changed = request if params is request.params else msgspec.structs.replace(request, params=params)
            return Settled(changed, ignored=ignored)
        numbering = Numbering(_compiled(self.volatile, tuple(sorted(self.patterns.items()))))
        fields: dict[str, Any] = {}
        for name, value in (
            ("prompt", request.prompt),
            ("messages", request.messages),
            ("tools", request.tools),
            ("params", params),
        ):
            settled = numbering.settle(value)
            if settled is not getattr(request, name):
                fields[name] = settled
        changed = msgspec.structs.replace(request, **fields) if fields else request
        return Settled(changed, numbering.values, numbering.names, ignored)


EXACT = Matching()
"""No rule at all."""


def segment_name(index: int) -> str:
    """Name a segment of a fingerprint as rules name it: every message is of ``messages``."""
    return HEAD_SEGMENTS[index] if index < len(HEAD_SEGMENTS) else "messages"


def _check_pattern(rule: str, pattern: str) -> None:
    if not _NAME.match(rule) or rule in VOLATILE:
        raise UsageError(f"{rule!r} is no name for a rule of your own", hint="lower-case letters, digits and dashes")
    try:
        compiled = re.compile(pattern)
    except (re.error, TypeError) as error:
        raise UsageError(f"the pattern of rule {rule!r} is not a regular expression: {error}") from error
    if compiled.groupindex or compiled.search(""):
        raise UsageError(f"the pattern of rule {rule!r} has named groups or matches an empty text")


@lru_cache(maxsize=64)
def _compiled(volatile: tuple[str, ...], patterns: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    # A user's own rules first: they are the more special ones. Built-in ones in their own order, whatever the user's.
    rules = [*patterns, *((name, VOLATILE[name]) for name in VOLATILE if name in volatile)]
    return re.compile("|".join(f"(?P<{name.replace('-', '__')}>{pattern})" for name, pattern in rules))


def _without(params: Mapping[str, Any], steps: list[str], path: str, ignored: dict[str, Any]) -> Mapping[str, Any]:
    """Give the parameters without what a path leads to; what was there is noted."""
    name, *further = steps
    if name not in params:
        return params
    if not further:
        ignored[path] = params[name]
        return {key: value for key, value in params.items() if key != name}
    inner = params[name]
    if not isinstance(inner, Mapping):
        return params
    given = cast("Mapping[str, Any]", inner)
    changed = _without(given, further, path, ignored)
    return params if changed is given else {**params, name: changed}
