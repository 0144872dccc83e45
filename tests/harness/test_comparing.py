"""Comparing cassettes: paired by fingerprint and take, by evidence alone, and with an error where it means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness.comparing_parts import QUESTIONS, but, record, with_fields

import playhead
from playhead import (
    CassetteDamaged,
    CassetteError,
    CassetteMissing,
    Completion,
    CompletionRequest,
    ManualClock,
    Matching,
    NotACassette,
    ToolCall,
    Usage,
    UsageError,
)
from playhead.engine.comparison import Grade
from playhead.format.assembly import assemble
from playhead.harness import comparing
from playhead.harness.comparing import assert_no_drift, compare, question_of
from playhead.store.sealing import write_assembly


def test_every_call_gets_its_grade(tmp_path: Path) -> None:
    """Planted changes come out, gravest first, each by the question it answers."""
    golden = record(tmp_path / "golden.cassette")
    fresh = record(
        tmp_path / "fresh.cassette",
        but(
            question_1=with_fields(text="The ink is black."),
            question_2=with_fields(tool_calls=(ToolCall("c", "mix", "{}"),), finish_reason="tool_calls"),
            question_3=with_fields(model="m-2"),
            question_4=with_fields(usage=Usage(5, 5, 10)),
        ),
    )
    comparison = compare(golden, fresh)
    assert [(row.grade.word, row.asked.question[:10]) for row in comparison.rows if row.facts] == [
        ("structural", "Question 2"),
        ("reworded", "Question 1"),
        ("provenance", "Question 3"),
        ("usage", "Question 4"),
    ]
    assert comparison.counts[Grade.IDENTICAL] == 2
    assert (comparison.changed, comparison.removed, comparison.added, comparison.notes) == ((), (), (), ())


def test_dates_latencies_and_ids_are_no_drift(tmp_path: Path) -> None:
    """The same answers on another day, from a slower server, under other ids: identical."""
    first = but(question_1=with_fields(tool_calls=(ToolCall("call_1", "mix", "{}"),)))
    then = but(question_1=with_fields(tool_calls=(ToolCall("call_2", "mix", "{}"),)))
    later = ManualClock()
    later.sleep(90 * 86_400)
    golden = record(tmp_path / "golden.cassette", first)
    fresh = record(tmp_path / "fresh.cassette", then, clock=later)
    dates = [{one.recorded_on for one in playhead.open_cassette(path)} for path in (golden, fresh)]
    assert dates[0] != dates[1]
    comparison = compare(golden, fresh)
    assert comparison.gravest is Grade.IDENTICAL
    assert len(comparison.rows) == 6
    assert_no_drift(golden, fresh, fail_on="usage")


def test_identical_evidence_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What did not change costs a look at its bytes alone; so large goldens are compared in seconds."""
    golden, later = record(tmp_path / "golden.cassette"), ManualClock()
    later.sleep(86_400 * 30)
    fresh = record(tmp_path / "fresh.cassette", clock=later)
    monkeypatch.setattr(comparing, "decode_call", None)
    assert compare(golden, fresh).gravest is Grade.IDENTICAL


def test_calls_that_only_one_has_are_named(tmp_path: Path) -> None:
    """A question that went, one that came, and one that was asked in other words."""
    golden = record(tmp_path / "golden.cassette", questions=QUESTIONS[:3])
    fresh = record(
        tmp_path / "fresh.cassette",
        questions=[
            QUESTIONS[0],
            CompletionRequest("Question 1 about inks?", model="m"),
            CompletionRequest("5 + 5", model="m"),
        ],
    )
    comparison = compare(golden, fresh)
    ((old, new, differing),) = comparison.changed
    assert (old.question, new.question) == ("Question 1 about ink?", "Question 1 about inks?")
    assert [str(one.path) for one in differing] == ["messages[0].content"]
    assert [asked.question for asked in comparison.removed] == ["Question 2 about ink?"]
    assert [asked.question for asked in comparison.added] == ["5 + 5"]
    assert comparison.drifted("structural")


def test_takes_are_paired_by_number(tmp_path: Path) -> None:
    """The second take is held against the second; one too few is named by its number, and is no changed request."""
    texts = iter("abcab")

    def answer(request: CompletionRequest) -> Completion:
        return with_fields(text=next(texts))

    golden = record(tmp_path / "golden.cassette", answer, [QUESTIONS[0]] * 3)
    fresh = record(tmp_path / "fresh.cassette", answer, [QUESTIONS[0]] * 2)
    comparison = compare(golden, fresh)
    assert comparison.gravest is Grade.STRUCTURAL
    assert comparison.counts[Grade.IDENTICAL] == 2
    assert [asked.take for asked in comparison.removed] == [2]
    assert compare(fresh, golden).added[0].take == 2


def test_values_that_change_with_every_run_are_no_drift(tmp_path: Path) -> None:
    """Under rules for volatile values the placeholders are compared, not what stood in their places."""
    rules = Matching(volatile=("uuid",))
    paths = []
    for index in range(2):
        made = f"{index}0000000-0000-4000-8000-000000000000"
        asked = CompletionRequest(f"Repeat {made}", model="m")
        answer = with_fields(text=f"It is {made}.")
        paths.append(record(tmp_path / f"{index}.cassette", lambda _, a=answer: a, [asked], matching=rules))  # type: ignore[misc]
    assert compare(*paths).gravest is Grade.IDENTICAL


def test_other_rules_for_matching_are_an_error(tmp_path: Path) -> None:
    """Keys that were computed otherwise mean nothing to each other."""
    golden = record(tmp_path / "golden.cassette", matching=Matching(volatile=("uuid",)))
    fresh = record(tmp_path / "fresh.cassette")
    with pytest.raises(UsageError, match="different rules for matching") as caught:
        compare(golden, fresh)
    assert caught.value.hint is not None
    assert "matching=" in caught.value.hint


def test_one_file_twice_and_empty_ones_say_so(tmp_path: Path) -> None:
    """A comparison that cannot find anything tells the reader."""
    golden, empty = record(tmp_path / "golden.cassette"), tmp_path / "empty.cassette"
    write_assembly(empty, assemble([]))
    assert compare(golden, golden).notes == ("both are the same file",)
    comparison = compare(golden, empty)
    assert comparison.notes == ("the fresh recording holds no call",)
    assert len(comparison.removed) == 6
    assert len(compare(empty, golden).added) == 6
    assert not compare(empty, empty).drifted("identical")


def test_profiles_may_differ(tmp_path: Path) -> None:
    """A golden kept as text is compared with a compressed recording."""
    golden = record(tmp_path / "golden.cassette.json")
    fresh = record(tmp_path / "fresh.cassette", but(question_0=with_fields(text="No.")))
    assert compare(golden, fresh).counts[Grade.IDENTICAL] == 5


def test_bad_files_are_our_errors(tmp_path: Path) -> None:
    """Missing, foreign and damaged files are told apart, whichever side they are on."""
    golden, foreign, damaged = record(tmp_path / "golden.cassette"), tmp_path / "x.json", tmp_path / "damaged.cassette"
    foreign.write_text("{}")
    data = bytearray(golden.read_bytes())
    data[60] ^= 0xFF
    damaged.write_bytes(data)
    for bad, error in ((tmp_path / "none", CassetteMissing), (foreign, NotACassette), (damaged, CassetteDamaged)):
        for pair in ((golden, bad), (bad, golden)):
            with pytest.raises(error):
                compare(*pair)
    with pytest.raises(CassetteDamaged):
        compare(damaged, damaged)


def test_any_damage_is_an_error_of_ours_or_changes_nothing(tmp_path: Path) -> None:
    """Whatever byte of a fresh recording is damaged: a cassette error, or the same comparison, never another one."""
    golden = record(tmp_path / "golden.cassette")
    fresh = record(tmp_path / "fresh.cassette", but(question_0=with_fields(text="No.")))
    damaged, data, wanted = tmp_path / "damaged.cassette", fresh.read_bytes(), compare(golden, fresh)
    for at in range(0, len(data), 7):
        damaged.write_bytes(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
        try:
            found = compare(golden, damaged)
        except CassetteError:
            continue
        assert (found.rows, found.changed, found.removed, found.added) == (wanted.rows, (), (), ())


def test_a_cosine_is_between_zero_and_one(tmp_path: Path) -> None:
    """A percentage in its place is a mistake."""
    golden = record(tmp_path / "golden.cassette")
    for near in (0.0, 95.0):
        with pytest.raises(UsageError, match="near must be a cosine"):
            compare(golden, golden, near=near)


def test_the_assertion_names_what_drifted(tmp_path: Path) -> None:
    """Who reads a failed test sees which call, what was and what is, and what shows the rest."""
    golden = record(tmp_path / "golden.cassette")
    fresh = record(
        tmp_path / "fresh.cassette", but(question_1=with_fields(text="The ink is black.", usage=Usage(1, 1, 2)))
    )
    with pytest.raises(AssertionError) as caught:
        playhead.assert_no_drift(golden, fresh)
    message = str(caught.value)
    assert "6 calls in both: 1 reworded, 5 identical" in message
    assert "Question 1 about ink?" in message
    assert "text: 'The ink is blue.' became 'The ink is black.'" in message
    assert "usage.completion_tokens: '4' became '1'" in message
    assert f"hint: playhead diff {golden} {fresh}" in message
    playhead.assert_no_drift(golden, fresh, fail_on="structural")
    with pytest.raises(AssertionError):
        playhead.assert_no_drift(playhead.open_cassette(golden), fresh, fail_on="usage")


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (CompletionRequest("a  b\nc"), "a b c"),
        (CompletionRequest(messages=({"role": "user", "content": [{"type": "text", "text": "hi"}]},)), "hi"),
        (CompletionRequest(messages=({"role": "user", "parts": [{"text": "hi"}, {"text": "you"}]},)), "hi you"),
        (CompletionRequest(params={"input": ["one", "two"]}, operation="embeddings"), "one two"),
        (CompletionRequest("x" * 200), "x" * 97 + "..."),
    ],
)
def test_a_question_fits_a_line(request_: CompletionRequest, wanted: str) -> None:
    """A call is named by what was asked, however the vendor writes it."""
    assert question_of(request_) == wanted


def test_the_answer_is_the_same_however_it_was_opened(tmp_path: Path) -> None:
    """A path, a text and an open cassette are one source."""
    golden = record(tmp_path / "golden.cassette")
    assert compare(str(golden), golden) == compare(playhead.open_cassette(golden), golden)
