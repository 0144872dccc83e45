"""Why a call was refused: the nearest recorded call, what differs, and what would record it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from operator import eq
from typing import NamedTuple

import msgspec

from playhead.core.calls import request_fields
from playhead.core.canonical import encode
from playhead.core.difference import Difference, differences
from playhead.core.evidence import Interaction
from playhead.core.fingerprint import Fingerprint, unify_numbers
from playhead.core.matching import EXACT, Matching
from playhead.core.model import CompletionRequest
from playhead.core.sketch import sketch, unlikeness
from playhead.engine.ledger import Refusal
from playhead.engine.recordings import Recordings

PREFIX = 4
COMPARED, MAX_COMPARED = 8, 64
"""Candidates whose requests are read where several are equally near, and how many more where their sketches tie."""

MAX_SHOWN = 4


class Nearest(NamedTuple):
    """
    The recorded call that is nearest to a request.

    Attributes:
        interaction: The call.
        differences: Where the two differ; the first is what a reader should look at first.
        played: Whether it has been played in this session.
    """

    interaction: Interaction
    differences: tuple[Difference, ...]
    played: bool


def distance(recorded: tuple[bytes, ...], asked: tuple[bytes, ...]) -> int:
    """
    Count the segments in which two requests differ; message segments are compared position by position.

    Args:
        recorded: Segment digests, whole or cut to four bytes.
        asked: Digests cut to four bytes.
    """
    if len(recorded[0]) != PREFIX:
        recorded = tuple(digest[:PREFIX] for digest in recorded)
    if recorded == asked:
        return 0
    same: int = sum(map(eq, recorded, asked))
    return max(len(recorded), len(asked)) - same


def nearest(
    recordings: Recordings,
    request: CompletionRequest,
    fingerprint: Fingerprint,
    *,
    provider: str,
    played: Iterable[tuple[bytes, int]],
    matching: Matching = EXACT,
) -> Nearest | None:
    """
    Find the recorded call nearest to a request that has no match.

    The fewest differing segments win; among equals a call that was not played yet, then the one whose text is most
    alike, then the one that comes first in the file, so that the answer is the same every time.
    """
    asked = tuple(digest[:PREFIX] for digest in fingerprint.segments)
    done = {(key[:16], n) for key, n in played}
    drawn = sketch(request)
    best: int | None = None
    nearest_so_far: list[tuple[bytes, int, bytes]] = []
    for key, n, outline in recordings.outlines():
        far = distance(outline.segments, asked)
        if best is None or far < best:
            best, nearest_so_far = far, []
        if far == best:
            nearest_so_far.append((key, n, outline.sketch))
    if not nearest_so_far:
        return None
    candidates = heapq.nsmallest(
        MAX_COMPARED,
        (_Candidate((key, n) in done, unlikeness(found, drawn), key, n) for key, n, found in nearest_so_far),
    )
    last = candidates[: COMPARED + 1][-1][:2]
    candidates = [candidate for at, candidate in enumerate(candidates) if at < COMPARED or candidate[:2] == last]
    chosen = candidates[0] if len(candidates) == 1 else _most_alike(recordings, candidates, request)
    interaction = _interaction(recordings, chosen)
    if interaction is None:
        return None
    recorded = matching.settle(interaction.request).request if matching.settles else interaction.request
    differing = _differences(interaction.provider, recorded, request, provider)
    return Nearest(interaction, tuple(differing), chosen.played)


class _Candidate(NamedTuple):
    """A call that may be the nearest, in the order candidates are looked at."""

    played: bool
    unlikeness: tuple[int, int]
    key: bytes
    n: int


def _interaction(recordings: Recordings, candidate: _Candidate) -> Interaction | None:
    entry = recordings.get(candidate.key, candidate.n)
    return None if entry is None else recordings.interaction(entry)


def _most_alike(recordings: Recordings, candidates: list[_Candidate], request: CompletionRequest) -> _Candidate:
    wanted = encode(request_fields(request))
    ranked: list[tuple[bool, int, int]] = []
    for index, candidate in enumerate(candidates):
        interaction = _interaction(recordings, candidate)
        alike = 0 if interaction is None else likeness(encode(request_fields(interaction.request)), wanted)
        ranked.append((candidate.played, -alike, index))
    return candidates[min(ranked)[2]]


def likeness(one: bytes, other: bytes) -> int:
    """Give the length of what two texts share at their start and at their end."""
    head = _shared(one, other)
    rest = min(len(one), len(other)) - head
    return head + min(rest, _shared(one[::-1][:rest], other[::-1][:rest]))


def _shared(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _differences(
    recorded_provider: str, recorded: CompletionRequest, asked: CompletionRequest, provider: str
) -> Iterable[Difference]:
    if recorded_provider != provider:
        yield Difference("provider", repr(recorded_provider), repr(provider))
    yield from differences(matched_fields(recorded), matched_fields(asked))


def matched_fields(request: CompletionRequest) -> dict[str, object]:
    """Give the fields of a request that are matched, a prompt as the message it stands for."""
    fields = request_fields(request)
    fields.pop("context", None)
    if fields.pop("prompt", None) is not None:
        fields["messages"] = list(request.conversation())
    ranked = ("family", "model", "messages", "tools")
    for name in ("temperature", "params"):
        if name in fields:
            fields[name] = unify_numbers(fields[name])
    return {name: fields[name] for name in (*ranked, *(n for n in fields if n not in ranked)) if name in fields}


class Situation(NamedTuple):
    """
    Where a refusal happened, for its message.

    Attributes:
        cassette: The cassette's path.
        calls: Calls in it, or ``None`` where there is no cassette.
        unplayed: How many of them were not played.
        test: The running test, or ``None``.
        record_command: What records the call.
    """

    cassette: str
    calls: int | None
    unplayed: int
    test: str | None
    record_command: str


class Refused(NamedTuple):
    """
    A refusal in words and for the ledger.

    Attributes:
        message: What happened.
        hint: What to do next.
        evidence: What the ledger keeps.
    """

    message: str
    hint: str
    evidence: Refusal

    def adding(self, line: str) -> Refused:
        """Give it with one more line, in the words and for the ledger."""
        message = f"{self.message}\n{line}"
        return Refused(message, self.hint, msgspec.structs.replace(self.evidence, message=message))


def explain_no_match(
    request: CompletionRequest,
    provider: str,
    fingerprint: Fingerprint,
    recordings: Recordings | None,
    played: Iterable[tuple[bytes, int]],
    where: Situation,
    *,
    stream: bool,
    matching: Matching = EXACT,
) -> Refused:
    """Explain a request that was never recorded, by the recorded call that is nearest to it."""
    found = None
    if recordings is not None:
        found = nearest(recordings, request, fingerprint, provider=provider, played=played, matching=matching)
    how = "streamed call" if stream else "call"
    lines = [f"nothing recorded matches this {how} to {provider!r} (model {request.model!r})"]
    if where.calls is None:
        lines.append(f"there is no cassette {where.cassette!r}")
    elif found is None:
        lines.append(f"cassette {where.cassette!r} is empty")
    else:
        lines += [*_nearest_lines(found), _cassette_line(where)]
    return _refused(
        "no match",
        lines,
        f"to record it: {where.record_command}",
        Refusal(
            kind="no match",
            message="",
            provider=provider,
            model=request.model,
            fingerprint=fingerprint.hex,
            nearest=None if found is None else found.interaction.fingerprint,
            differences=() if found is None else tuple(map(str, found.differences)),
        ),
        where,
    )


def _nearest_lines(found: Nearest) -> list[str]:
    state = ", already played" if found.played else ""
    call = found.interaction
    shown = [f"  {difference}" for difference in found.differences[:MAX_SHOWN]]
    more = len(found.differences) - len(shown)
    return [
        f"nearest is call {call.fingerprint[:12]} take {call.sequence}{state}; it differs in:",
        *(shown or ["  whether the answer is streamed"]),
        *([f"  and {more} more places"] if more else []),
    ]


def explain_exhausted(
    request: CompletionRequest, provider: str, fingerprint: Fingerprint, takes: int, where: Situation
) -> Refused:
    """Explain a request whose takes have all been played."""
    word = "its only take has" if takes == 1 else f"all {takes} takes have"
    lines = [
        f"this call to {provider!r} (model {request.model!r}) is recorded, but {word} been played",
        f"call {fingerprint.hex[:12]} asked for take {takes}",
        _cassette_line(where),
    ]
    hint = f"to record one more: {where.record_command}; or play takes again with takes='cycle' or 'repeat-last'"
    return _refused("exhausted", lines, hint, _plain_refusal(request, provider, fingerprint), where)


def explain_past_end(
    request: CompletionRequest, provider: str, fingerprint: Fingerprint, pieces: int, where: Situation
) -> Refused:
    """Explain that a consumer reads on where a recorded stream was left by its own."""
    lines = [
        f"this stream from {provider!r} was recorded up to piece {pieces}, where its consumer stopped",
        f"cassette {where.cassette!r}, call {fingerprint.hex[:12]}",
    ]
    hint = f"to record it with a consumer that reads to the end: {where.record_command}"
    return _refused("exhausted", lines, hint, _plain_refusal(request, provider, fingerprint), where)


def explain_blocked(attempt: str, where: Situation) -> Refused:
    """Explain that something reached for the network although a session replays."""
    lines = [f"{attempt} while {where.cassette!r} is replayed"]
    hint = "a replay needs no network; a host that may be reached all the same goes into allowed_hosts="
    return _refused("network", lines, hint, Refusal("network", "", attempt, None, ""), where)


def _plain_refusal(request: CompletionRequest, provider: str, fingerprint: Fingerprint) -> Refusal:
    return Refusal("exhausted", "", provider, request.model, fingerprint.hex)


def _refused(kind: str, lines: list[str], hint: str, evidence: Refusal, where: Situation) -> Refused:
    message = "\n".join([*lines, *([f"test {where.test}"] if where.test is not None else [])])
    whole = msgspec.structs.replace(evidence, kind=kind, message=f"{message}\nhint: {hint}")
    return Refused(message, hint, whole)


def _cassette_line(where: Situation) -> str:
    calls = "1 call" if where.calls == 1 else f"{where.calls} calls"
    return f"cassette {where.cassette!r} holds {calls}, {where.unplayed} not played"
