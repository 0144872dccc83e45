"""Requests that changed: paired with what they have likely become, and with nothing else."""

from __future__ import annotations

from playhead.core.fingerprint import fingerprint
from playhead.core.model import CompletionRequest
from playhead.core.sketch import sketch
from playhead.engine.comparison_pairing import MOST_PAIRS, likely_pairs
from playhead.format.entries import Outline


def outlines(*requests: CompletionRequest) -> dict[bytes, Outline]:
    """Give the outlines of requests by their keys."""
    found = {}
    for request in requests:
        key = fingerprint(request, "openai")
        found[key.key[:16]] = Outline(key.segments, sketch(request))
    return found


def key(request: CompletionRequest) -> bytes:
    """Give the key a cassette's index has."""
    return fingerprint(request, "openai").key[:16]


def asked(text: str, model: str = "m", system: str = "be brief") -> CompletionRequest:
    """Make a conversation of two messages."""
    return CompletionRequest(
        model=model, messages=({"role": "system", "content": system}, {"role": "user", "content": text})
    )


def test_each_request_finds_what_it_became() -> None:
    """An edited question, another model and another system prompt are each still the same request."""
    old = [asked("Which ink dries fastest on paper?"), asked("Name a vendor of glue."), asked("How long is a mile?")]
    new = [
        asked("Which ink dries fastest on card?"),
        asked("Name a vendor of glue.", model="m-2"),
        asked("How long is a mile?", system="be exact"),
    ]
    pairs = likely_pairs(outlines(*old), outlines(*reversed(new)))
    assert pairs == {key(one): key(other) for one, other in zip(old, new, strict=True)}


def test_requests_with_nothing_in_common_stay_alone() -> None:
    """That both went to one model under one system prompt says nothing."""
    assert likely_pairs(outlines(asked("Which ink dries fastest?")), outlines(asked("12 * 12 =", model="m"))) == {}


def test_the_nearest_pair_is_made_first() -> None:
    """A request is not given away to another that is less like it, whichever stands first."""
    old = [asked("Name a vendor of paper in Berlin."), asked("Name a vendor of paper in Vienna.")]
    new = [asked("Name a vendor of paper in Vienna, now.")]
    assert likely_pairs(outlines(*old), outlines(*new)) == {key(old[1]): key(new[0])}


def test_many_requests_are_paired_by_what_they_share() -> None:
    """Thousands that all changed are paired without holding each against each."""
    count = 400
    assert count * count > MOST_PAIRS
    old = [asked(f"{n * 7919} is which number's neighbour, and why is it so?") for n in range(count)]
    new = [asked(f"{n * 7919} is which number's neighbour, and why is it thus?") for n in range(count)]
    pairs = likely_pairs(outlines(*old), outlines(*new))
    right = sum(pairs.get(key(one)) == key(other) for one, other in zip(old, new, strict=True))
    assert right > 0.9 * count
