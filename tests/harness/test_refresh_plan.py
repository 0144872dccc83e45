"""What a refresh will do: the calls that are meant, what they take, and a reason for each that cannot be made."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.harness.comparing_parts import QUESTIONS, Asked, record
from tests.harness.refreshing_parts import EVERYTHING, Counting, golden_of, plan_of, record_wired, serving

import playhead
from playhead import CompletionRequest, Matching, UsageError
from playhead.harness.refresh_plan import Selection, Ways, by_provider, places_from, places_text

WAYS = Ways(providers={"openai": Asked(lambda request: None)})  # type: ignore[arg-type,return-value]


def test_every_call_is_planned_with_what_it_took(tmp_path: Path) -> None:
    """Tokens and price come from the golden's answers; the call is asked as it was, without its id."""
    asked = [CompletionRequest("a", model="m", id="one"), *QUESTIONS]
    golden = golden_of(tmp_path / "golden.cassette", asked)
    plan = plan_of(golden, WAYS)
    assert (plan.calls, len(plan.targets), plan.left, plan.tokens, plan.unknown) == (7, 7, (), 63, 0)
    assert {target.request.id for target in plan.targets} == {""}
    assert plan.price is None
    assert plan.unpriced == 7
    assert plan.hosts == ()


def test_prices_are_todays(tmp_path: Path) -> None:
    """A model that is in the list has a price, and the plan their sum."""
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    with serving() as server:
        golden = record_wired(tmp_path / "golden.cassette", server.url, ["a", "b"])
    plan = plan_of(golden, Ways())
    assert plan.price is not None
    assert Decimal(0) < plan.price < Decimal("0.0001")
    assert plan.unpriced == 0
    assert plan.tokens == 20


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), 6),
        (Selection(only=("openai",)), 6),
        (Selection(only=("anthropic",)), 0),
        (Selection(only=("m",)), 6),
        (Selection(only=("m-1",)), 6),
        (Selection(only=("QUESTION 3",)), 1),
        (Selection(only=("question 3", "question 4")), 2),
        (Selection(older_than=58), 6),
        (Selection(older_than=59), 0),
        (Selection(only=("question 3",), older_than=58), 1),
        (Selection(places=frozenset()), 0),
    ],
)
def test_a_selection_means_what_it_says(tmp_path: Path, selection: Selection, wanted: int) -> None:
    """A provider, a model, a part of the question, an age: what has one of the words and the age is meant."""
    golden = golden_of(tmp_path / "golden.cassette")
    if not wanted:
        with pytest.raises(UsageError, match=r"no call of .* is meant"):
            plan_of(golden, WAYS, selection)
        return
    assert len(plan_of(golden, WAYS, selection).targets) == wanted


def test_a_fingerprint_is_meant_by_its_beginning(tmp_path: Path) -> None:
    """As shown by every command, in either case; three digits are a word like any other."""
    golden = golden_of(tmp_path / "golden.cassette")
    key = next(iter(golden)).fingerprint
    for word in (key, key[:12], key[:4].upper()):
        assert key[:32] in {target.asked.call for target in plan_of(golden, WAYS, Selection(only=(word,))).targets}


def test_calls_without_a_date_are_not_old(tmp_path: Path) -> None:
    """A stub's answers have none, and nobody knows."""
    with playhead.record(playhead.StubInferenceProvider(), tmp_path / "a.cassette", name="stub") as provider:
        provider.complete(QUESTIONS[0])
    with pytest.raises(UsageError, match="is meant"):
        plan_of(playhead.open_cassette(tmp_path / "a.cassette"), WAYS, Selection(older_than=0))


def reasons(golden: playhead.Cassette, ways: Ways) -> list[str]:
    """Give why calls cannot be made."""
    return [left.reason for left in plan_of(golden, ways).left]


def test_what_cannot_be_made_is_listed_with_its_reason(tmp_path: Path) -> None:
    """No provider, no stream, a credential that was taken out: each is said, none is passed over."""
    path = tmp_path / "golden.cassette"

    class Both(Asked):
        def stream(self, request: CompletionRequest) -> Any:
            yield "a"

    with playhead.record(Both(lambda request: playhead.Completion("x")), path, name="openai") as provider:
        provider.complete(CompletionRequest("a"))
        list(provider.stream(CompletionRequest("a")))
        provider.complete(CompletionRequest("b", params={"metadata": {"api_key": "sk-proj-" + "Ab3dEf6h" * 5}}))
    golden = playhead.open_cassette(path)
    assert sorted(reasons(golden, Ways())) == [
        "a credential was taken out of its request",
        "there is no provider for 'openai'",
        "there is no provider for 'openai'",
    ]
    assert sorted(reasons(golden, WAYS)) == [
        "a credential was taken out of its request",
        "its provider has no stream(request)",
    ]


def test_over_the_wire_address_and_key_decide(tmp_path: Path) -> None:
    """This machine needs no key; a vendor's host needs one; plain HTTP is no model call."""
    with serving() as server:
        golden = record_wired(tmp_path / "golden.cassette", server.url, ["a"])
        plan = plan_of(golden, Ways())
        (target,) = plan.targets
        assert target.wired is not None
        assert (target.wired.method, target.wired.url) == ("POST", server.url)
        assert plan.hosts == (server.url.split("/")[2],)
        plain = record_wired(tmp_path / "plain.cassette", server.url.replace("chat/completions", "dreams"), ["a"])
    assert reasons(plain, Ways()) == ["nothing is known of how 'http' is told who asks"]


def test_volatile_values_are_asked_again_as_they_were(tmp_path: Path) -> None:
    """Under rules for volatile values the key is that of the placeholders; the request has its values."""
    path = tmp_path / "golden.cassette"
    rules = Matching(volatile=("uuid",), ignore=("user",))
    asked = CompletionRequest("Look at 10000000-0000-4000-8000-000000000000", model="m", params={"user": "u-1"})
    record(path, questions=[asked], matching=rules)
    (target,) = plan_of(playhead.open_cassette(path), WAYS).targets
    assert target.request == asked


def test_answers_that_are_there_need_no_way(tmp_path: Path) -> None:
    """A refresh that only decides needs neither a provider nor a key."""
    golden = golden_of(tmp_path / "golden.cassette", [QUESTIONS[0]] * 3 + [QUESTIONS[1]])
    key = next(bytes.fromhex(one.fingerprint) for one in golden if one.request.prompt == QUESTIONS[0].prompt)
    plan = plan_of(golden, Ways(), answered={key: 2})
    assert [target.asked.take for target in plan.targets] == [0, 1]
    assert plan.waiting == ()
    assert len(plan.left) == 2
    assert plan.tokens == 0


def test_places_are_read_as_they_were_written(tmp_path: Path) -> None:
    """The calls that were chosen are chosen again; anything else in their place is an error."""
    plan = plan_of(golden_of(tmp_path / "golden.cassette"), WAYS, EVERYTHING)
    assert places_from(places_text(plan.targets)) == {target.place for target in plan.targets}
    for wrong in ([["key"]], [[1, 2]], [["AAAA", 0]], [["A" * 43, "0"]]):
        with pytest.raises(ValueError, match=r"is no call|malformed key|padding|not enough"):
            places_from(wrong)


def test_calls_are_grouped_by_what_makes_them(tmp_path: Path) -> None:
    """One provider, one event loop; the order of the calls stays."""
    golden = golden_of(tmp_path / "golden.cassette")
    targets = plan_of(golden, Ways(providers={"openai": Counting(lambda request: playhead.Completion("x"))})).targets
    other = [target._replace(asked=target.asked._replace(provider="b")) for target in targets[1:3]]
    groups = by_provider([targets[0], *other, targets[3]])
    assert groups == [("openai", False, [targets[0], targets[3]]), ("b", False, other)]
