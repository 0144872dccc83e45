"""What a refresh keeps beside the golden: its plan, its answers, and how each stands against the golden's."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness.comparing_parts import QUESTIONS, Asked, but, record, with_fields
from tests.harness.refreshing_parts import golden_of, plan_of

import playhead
from playhead import Completion, CompletionRequest, ProviderError, UsageError
from playhead.core.redaction import DEFAULT
from playhead.engine.comparison import Grade
from playhead.harness.refresh_plan import RefreshPlan, Ways
from playhead.harness.refresh_staging import (
    answered,
    candidates,
    discard,
    read_chosen,
    settle,
    staging_of,
    write_chosen,
)

WAYS = Ways(providers={"openai": Asked(lambda request: Completion("x"))})


@pytest.mark.parametrize("name", ["a.cassette", "a.cassette.json", "a.json", "a"])
def test_the_files_stand_beside_the_golden(name: str) -> None:
    """Named after it, whatever its profile, and found by no command that looks for cassettes of tests."""
    staging = staging_of(Path("folder") / name)
    assert staging.cassette == Path("folder/a.refresh.cassette")
    assert staging.plan == Path("folder/a.refresh.plan")


def test_the_calls_that_were_chosen_are_kept(tmp_path: Path) -> None:
    """They are read back for the same golden, and for no other."""
    golden = golden_of(tmp_path / "golden.cassette")
    staging = staging_of(tmp_path / "golden.cassette")
    with pytest.raises(UsageError, match="there is no refresh"):
        read_chosen(staging, golden)
    plan = plan_of(golden, WAYS)
    write_chosen(staging, golden.digest, plan.targets[:2])
    assert staging.is_there
    assert read_chosen(staging, golden) == {target.place for target in plan.targets[:2]}
    other = golden_of(tmp_path / "other.cassette", QUESTIONS[:2])
    with pytest.raises(UsageError, match="has changed since its refresh was begun"):
        read_chosen(staging, other)
    discard(staging)
    assert not staging.is_there


@pytest.mark.parametrize(
    "text", ["", "{}", '{"version":9,"golden":"x","calls":[]}', '{"version":1,"golden":"x","calls":[[1]]}']
)
def test_a_plan_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    """It says what throws it away."""
    golden, staging = golden_of(tmp_path / "golden.cassette"), staging_of(tmp_path / "golden.cassette")
    staging.plan.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_chosen(staging, golden)
    assert caught.value.hint is not None
    assert "--discard" in caught.value.hint


def test_answers_are_held_against_the_golden(tmp_path: Path) -> None:
    """Each with its grade, in the order of the plan; what has no answer yet is left out."""
    golden, staging = golden_of(tmp_path / "golden.cassette"), staging_of(tmp_path / "golden.cassette")
    assert candidates(golden, plan_of(golden, WAYS), staging) == []
    record(staging.cassette, but(question_1=with_fields(text="New.")), QUESTIONS[:3])
    found = candidates(golden, plan_of(golden, WAYS), staging)
    assert sorted((one.row.asked.question[:10], one.grade) for one in found) == [
        ("Question 0", Grade.IDENTICAL),
        ("Question 1", Grade.REWORDED),
        ("Question 2", Grade.IDENTICAL),
    ]
    assert not any(one.failed for one in found)
    assert sum(answered(staging).values()) == 3


def test_chosen_takes_get_the_answers_in_their_order(tmp_path: Path) -> None:
    """Where the first take was not chosen, the first answer is the second take's."""
    golden = golden_of(tmp_path / "golden.cassette", [QUESTIONS[0]] * 3)
    staging, texts = staging_of(tmp_path / "golden.cassette"), iter("ab")
    record(staging.cassette, lambda request: with_fields(text=next(texts)), [QUESTIONS[0]] * 2)
    plan = plan_of(golden, WAYS)
    later = RefreshPlan(plan.golden, plan.digest, plan.calls, plan.targets[1:], ())
    found = candidates(golden, later, staging)
    assert [(one.fresh.n, one.row.facts[0].new) for one in found] == [(1, "a"), (2, "b")]
    assert b'"n":2' in found[1].fresh.data


def failing(request: CompletionRequest) -> Completion:
    """Fail."""
    raise ProviderError("not now")


def test_calls_that_failed_are_tried_again(tmp_path: Path) -> None:
    """A failure is no answer to accept, unless the golden's own was one; before the next run it goes."""
    with pytest.raises(ProviderError):
        record(tmp_path / "golden.cassette", failing, QUESTIONS[:1])
    (tmp_path / "golden.failed.cassette").rename(tmp_path / "broken.cassette")
    golden, staging = golden_of(tmp_path / "golden.cassette", QUESTIONS[:1]), staging_of(tmp_path / "golden.cassette")
    (tmp_path / "broken.cassette").rename(staging.cassette)
    (one,) = candidates(golden, plan_of(golden, WAYS), staging)
    assert one.failed
    assert one.row.facts[0].kind == "failure"
    settle(staging, golden, DEFAULT)
    assert answered(staging) == {}


def test_a_journal_of_a_run_that_was_killed_is_sealed(tmp_path: Path) -> None:
    """What was answered before the end is there for the next run."""
    golden, staging = golden_of(tmp_path / "golden.cassette"), staging_of(tmp_path / "golden.cassette")
    session = playhead.use_cassette(staging.cassette, mode="record-missing", wire=False).open()
    session.wrap(Asked(lambda request: with_fields()), name="openai").complete(QUESTIONS[0])
    session.abandon()
    assert answered(staging) == {}
    assert staging.is_there
    settle(staging, golden, DEFAULT)
    assert sum(answered(staging).values()) == 1
