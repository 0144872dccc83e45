"""The demo's proof: it holds where all is equal, and fails where anything is not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import playhead
from playhead import Completion, CompletionRequest, CyclingStubInferenceProvider, Usage
from playhead.cli.demo_parts import Check, Heard, Proof, compare, measure, prove_demo, record_demo

REQUEST = CompletionRequest("a")
ANSWER = Completion("x", model="m", usage=Usage(1, 2, 3), finish_reason="stop")


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, list[Heard]]:
    """Record the demo's requests from the stub."""
    path = tmp_path / "demo.cassette"
    report, heard = record_demo(CyclingStubInferenceProvider(), path, name="demo")
    assert report.sealed
    return path, heard


def test_what_the_caller_heard_is_what_is_replayed(recorded: tuple[Path, list[Heard]]) -> None:
    """A replay with no provider gives every answer and every piece again."""
    path, heard = recorded
    proof = prove_demo(path, heard, name="demo")
    assert proof.holds
    assert proof.calls == len(heard) == len(playhead.open_cassette(path)) == 12
    assert [(check.equal, check.of) for check in proof.checks] == [(9, 9), (9, 9), (9, 9), (3, 3), (12, 12)]


def test_the_takes_differ(recorded: tuple[Path, list[Heard]]) -> None:
    """The demo shows something that a test could not assert on."""
    _, heard = recorded
    assert len({one.answer.text for one in heard[:3] if one.answer is not None}) == 3


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"text": "y"}, {"texts"}),
        ({"usage": Usage(1, 2, 4)}, {"token counts"}),
        ({"model": "n"}, {"models and finish reasons"}),
        ({"model_version": "2"}, {"models and finish reasons"}),
        ({"finish_reason": "length"}, {"models and finish reasons"}),
        ({"output": 1}, set()),
    ],
)
def test_a_difference_of_any_kind_is_seen(change: dict[str, object], broken: set[str]) -> None:
    """Whatever part of an answer differs, the check of that part and the check of the whole fail."""
    checks = compare([Heard(REQUEST, ANSWER)], [Heard(REQUEST, msgspec.structs.replace(ANSWER, **change))])
    assert {check.what for check in checks if check.equal < check.of} == broken | {"calls, everything in them"}


def test_other_cuts_of_a_stream_are_seen() -> None:
    """The same text in other pieces is another stream."""
    checks = compare([Heard(REQUEST, ANSWER, ("x", "y"))], [Heard(REQUEST, ANSWER, ("xy",))])
    assert [check.what for check in checks if check.equal < check.of] == [
        "streams, cut into the same 2 pieces",
        "calls, everything in them",
    ]


def test_nothing_proves_nothing() -> None:
    """A proof without a call, or with a check that compared nothing, does not hold."""
    assert not Proof(0, (), 1.0).holds
    assert not Proof(1, (Check("texts", 0, 0),), 1.0).holds
    assert not Proof(1, (Check("texts", 1, 2),), 1.0).holds
    assert Proof(1, (Check("texts", 1, 1),), 1.0).holds


def test_the_cassette_is_weighed_against_its_calls_as_json(recorded: tuple[Path, list[Heard]]) -> None:
    """The comparison is with the very same content, in its shortest JSON."""
    path, _ = recorded
    sizes = measure(path)
    assert sizes.cassette == path.stat().st_size
    assert sizes.json == sum(len(entry.data) for entry in playhead.open_cassette(path).entries())
    assert sizes.cassette < sizes.json
