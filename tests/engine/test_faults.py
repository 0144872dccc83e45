"""What goes wrong, and with which call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import Completion, CompletionRequest, Stream, ToolCall, UsageError
from playhead.core.failures import rebuild
from playhead.core.model import Failure
from playhead.engine.faults import (
    CHANGES,
    DELAYS,
    MADE_UP,
    REFUSAL_TEXT,
    Fault,
    FaultKind,
    FaultRule,
    Injection,
    Schedule,
    cut_json,
    error_of,
    needs_answer,
    parse_fault,
    parse_injection,
    parse_rule,
    read_injection,
    under,
)
from playhead.errors import PermanentError, ProviderError, RateLimitError

HELLO = CompletionRequest("Hello", model="small")
ANSWER = Completion('{"name": "ACME", "city": "Ghent"}', model="small", finish_reason="stop")
LIMIT = Fault(FaultKind.RATE_LIMIT, retry_after=7)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "flood"}, "unknown fault 'flood'"),
        ({"kind": "rate-limit", "retry_after": -1}, "retry_after must be finite and non-negative, got -1"),
        ({"kind": "server-error", "status": 200}, "status must be one of failure, 400 to 599, got 200"),
        ({"kind": "reset", "after_pieces": -1}, "after_pieces must be non-negative, got -1"),
        ({"kind": "stall", "seconds": float("inf")}, "seconds must be finite and non-negative, got inf"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    """Each value is checked when the fault is made, not when it befalls a call."""
    with pytest.raises(UsageError, match=f"^{said}"):
        Fault(**fields)


@pytest.mark.parametrize(
    "value",
    ["rate-limit", FaultKind.RATE_LIMIT, {"kind": "rate-limit"}, Fault(FaultKind.RATE_LIMIT)],
)
def test_a_fault_is_read_from_its_kind_or_its_fields(value: Any) -> None:
    """The four ways to write a fault mean the same."""
    assert parse_fault(value) == Fault(FaultKind.RATE_LIMIT)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "7 is no fault"),
        ({"kind": "reset", "seconds_": 1}, "a fault has no 'seconds_'"),
        ({"kind": "reset", "after_pieces": "two"}, "this is no fault: Expected `int`, got `str`"),
        ({"kind": "slow"}, "this is no fault"),
    ],
)
def test_what_is_no_fault_is_refused(value: Any, said: str) -> None:
    """A word that means nothing names what is wrong with it."""
    with pytest.raises(UsageError, match=said):
        parse_fault(value)


@pytest.mark.parametrize(("value", "said"), [("openai", "is no rule"), ({"host": "x"}, "a rule has no 'host'")])
def test_what_is_no_rule_is_refused(value: Any, said: str) -> None:
    """A rule is its fields, and nothing else."""
    with pytest.raises(UsageError, match=said):
        parse_rule(value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("rate-limit", Injection(Fault(FaultKind.RATE_LIMIT))),
        (LIMIT, Injection(LIMIT)),
        (Injection(LIMIT, (2,)), Injection(LIMIT, (2,))),
        ({"kind": "rate-limit", "retry_after": 7, "at": 2}, Injection(LIMIT, (2,))),
        (
            {"kind": "rate-limit", "retry_after": 7, "at": [1, 3], "when": {"model": "m"}, "store": True},
            Injection(LIMIT, (1, 3), FaultRule(model="m"), stored=True),
        ),
    ],
)
def test_one_value_says_fault_and_calls(value: Any, meant: Injection) -> None:
    """A marker's list holds one value a fault."""
    assert read_injection(value) == meant


def test_calls_are_counted_from_one() -> None:
    """There is no call 0, and nobody should wait for one."""
    with pytest.raises(UsageError, match="counted from 1, got 0"):
        parse_injection("empty", at=0)


PARTS = CompletionRequest(messages=({"role": "user", "content": [{"type": "text", "text": "the weather in Ghent"}]},))


@pytest.mark.parametrize(
    ("rule", "request_", "meets"),
    [
        ({}, HELLO, True),
        ({"provider": "stub"}, HELLO, True),
        ({"provider": "other"}, HELLO, False),
        ({"model": "small"}, HELLO, True),
        ({"model": "large"}, HELLO, False),
        ({"text": "ell"}, HELLO, True),
        ({"text": "ell", "model": "large"}, HELLO, False),
        ({"text": "Ghent"}, PARTS, True),
        ({"text": "Bruges"}, PARTS, False),
        ({"operation": "chat.completions"}, HELLO, False),
        ({"stream": False}, HELLO, True),
        ({"stream": True}, HELLO, False),
    ],
)
def test_every_field_of_a_rule_must_hold(rule: Mapping[str, Any], request_: CompletionRequest, meets: bool) -> None:
    """A rule with two fields means calls that meet both."""
    assert parse_rule(rule).meets(request_, "stub", stream=False) is meets


def faults(schedule: Schedule, calls: int, request: CompletionRequest = HELLO) -> list[str | None]:
    """Give the kinds of fault that befall so many calls."""
    found = [schedule.next(request, "stub", stream=False) for _ in range(calls)]
    return [None if fault is None else fault.kind.value for fault in found]


def test_a_fault_befalls_the_calls_it_names() -> None:
    """Occurrences are those of the calls which meet the rule, whatever comes between."""
    schedule = Schedule([parse_injection(LIMIT, at=(1, 3), when={"model": "small"})])
    assert faults(schedule, 2) == ["rate-limit", None]
    assert faults(schedule, 2, CompletionRequest("Hello", model="large")) == [None, None]
    assert faults(schedule, 2) == ["rate-limit", None]


def test_without_occurrences_every_call_is_befallen() -> None:
    """A rule alone means all its calls."""
    assert faults(Schedule([Injection(LIMIT)]), 3) == ["rate-limit"] * 3


def test_the_first_of_two_faults_befalls_a_call_and_both_count_it() -> None:
    """The second does not move on to the next call because the first was before it."""
    schedule = Schedule()
    assert not schedule
    schedule.add(parse_injection("empty", at=1))
    schedule.add(parse_injection("reset", at=(1, 2)))
    assert faults(schedule, 3) == ["empty", "reset", None]


@given(st.lists(st.tuples(st.sampled_from(FaultKind), st.sets(st.integers(1, 9))), max_size=4), st.integers(1, 9))
def test_a_schedule_is_the_same_every_time(drawn: list[tuple[FaultKind, set[int]]], calls: int) -> None:
    """What befalls a call depends on the schedule and the calls before it alone, and each named call is befallen."""
    injections = [Injection(Fault(kind), tuple(sorted(at))) for kind, at in drawn]
    found = faults(Schedule(injections), calls)
    assert found == faults(Schedule(injections), calls)
    assert [kind is not None for kind in found] == [any(call + 1 in at for _, at in drawn) for call in range(calls)]


@pytest.mark.parametrize(
    ("fault", "cls", "status", "retryable"),
    [
        (LIMIT, RateLimitError, 429, True),
        (Fault(FaultKind.SERVER_ERROR), ProviderError, 503, True),
        (Fault(FaultKind.SERVER_ERROR, status=400), PermanentError, 400, False),
        (Fault(FaultKind.TIMEOUT), ProviderError, None, True),
        (Fault(FaultKind.RESET), ProviderError, None, True),
        (Fault(FaultKind.MALFORMED_BODY), ProviderError, None, True),
    ],
)
def test_a_fault_that_breaks_a_call_is_an_error_of_ours(
    fault: Fault, cls: type[Exception], status: int | None, retryable: bool
) -> None:
    """The class and the status are those a provider of ours would raise; the context says that it was injected."""
    error = error_of(fault)
    assert error is not None
    assert type(error) is cls
    assert error.retryable is retryable
    assert error.context.get("status") == status
    assert error.context["injected"] == fault.kind.value


def test_the_pause_a_provider_asks_for_survives() -> None:
    """What is raised again is the error with its pause."""
    outcome = under(LIMIT, HELLO, ANSWER, stream=False)
    assert isinstance(outcome, Failure)
    error = rebuild(outcome)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("kind", "text", "model"),
    [
        (FaultKind.EMPTY, "", "small"),
        (FaultKind.REFUSAL, REFUSAL_TEXT, "small"),
        (FaultKind.WRONG_MODEL, ANSWER.text, "another-model"),
        (FaultKind.MALFORMED_JSON, '{"name": "ACME",', "small"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_changed_answer_is_the_recorded_one_but_for_the_fault(
    kind: FaultKind, text: str, model: str, stream: bool
) -> None:
    """Finish reason and what the fault does not touch stay; a stream comes to the same answer."""
    outcome = under(Fault(kind), HELLO, ANSWER, stream=stream)
    if stream:
        assert isinstance(outcome, Stream)
        assert "".join(outcome.pieces()) == text
        outcome = outcome.end  # type: ignore[assignment]
    assert isinstance(outcome, Completion)
    assert (outcome.text, outcome.model, outcome.finish_reason) == (text, model, "stop")


def test_the_arguments_of_tools_are_cut_and_the_text_beside_them_is_not() -> None:
    """An agent trips over its tools' arguments; the text beside them is for people."""
    answer = Completion("Looking it up.", tool_calls=(ToolCall("1", "weather", '{"city": "Ghent"}'),))
    outcome = under(Fault(FaultKind.MALFORMED_JSON), HELLO, answer, stream=False)
    assert isinstance(outcome, Completion)
    assert outcome.text == "Looking it up."
    (call,) = outcome.tool_calls
    with pytest.raises(UsageError, match="not JSON"):
        call.parse_arguments()


def test_an_answer_nobody_knows_is_made_up() -> None:
    """Where nothing is recorded the answer says that it was made up."""
    outcome = under(Fault(FaultKind.WRONG_MODEL), HELLO, None, stream=False)
    assert isinstance(outcome, Completion)
    assert outcome.text == MADE_UP


def test_a_stream_breaks_after_its_pieces() -> None:
    """The pieces before the break are the recorded ones, whether text or values."""
    fault = Fault(FaultKind.RESET, after_pieces=2)
    text = under(fault, HELLO, Stream(end=Completion("abcdef"), cuts=(1, 2, 3)), stream=True)
    values = under(fault, HELLO, Stream(end=Completion(), values=(1, 2, 3)), stream=True)
    assert isinstance(text, Stream)
    assert isinstance(values, Stream)
    assert text.pieces() == ("a", "bc")
    assert values.pieces() == (1, 2)
    assert isinstance(text.end, Failure)
    assert needs_answer(fault, stream=True)
    assert not needs_answer(fault, stream=False)


@given(st.text() | st.recursive(st.integers() | st.text(), st.lists).map(json.dumps))
def test_what_is_cut_is_no_json(text: str) -> None:
    """Half of a number is a number, half of two lists is a list: neither may be left."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of the decoder's
        json.loads(cut_json(text))


@given(st.sampled_from(FaultKind), st.booleans(), st.booleans())
def test_every_kind_has_an_outcome_or_is_a_delay(kind: FaultKind, known: bool, stream: bool) -> None:
    """No kind falls through: each breaks a call, changes its answer or delays it."""
    fault = Fault(kind)
    if kind in DELAYS:
        assert error_of(fault) is None
        return
    outcome = under(fault, HELLO, ANSWER if known else None, stream=stream)
    assert isinstance(outcome, Stream) is stream
    end = outcome.end if isinstance(outcome, Stream) else outcome
    assert isinstance(end, Failure) is (error_of(fault) is not None)
    assert kind not in CHANGES or isinstance(end, Completion)
    assert FaultRule().meets(HELLO, "x", stream=stream)


def test_a_stream_of_objects_names_the_wrong_model_in_each() -> None:
    """The pieces stay what they are, but for the name; what has no place in objects is refused."""
    chunks = ({"model": "small", "choices": [{"delta": "a"}]}, {"@": "Chunk", "holds": {"model": "small"}})
    stream = Stream(end=ANSWER, values=chunks)
    changed = under(Fault(FaultKind.WRONG_MODEL, model="big"), HELLO, stream, stream=True)
    assert isinstance(changed, Stream)
    assert changed.values == (
        {"model": "big", "choices": [{"delta": "a"}]},
        {"@": "Chunk", "holds": {"model": "big"}},
    )
    assert under(Fault(FaultKind.EMPTY), HELLO, stream, stream=True).pieces() == ()  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="a refusal cannot be put into a stream of objects"):
        under(Fault(FaultKind.REFUSAL), HELLO, stream, stream=True)


def test_a_changed_stream_keeps_its_pieces_where_they_say_the_same() -> None:
    """Another model's name changes no boundary; another text comes in one piece."""
    stream = Stream(end=ANSWER, cuts=(3, 28), yielded=ANSWER)
    renamed = under(Fault(FaultKind.WRONG_MODEL), HELLO, stream, stream=True)
    refused = under(Fault(FaultKind.REFUSAL), HELLO, stream, stream=True)
    assert isinstance(renamed, Stream)
    assert isinstance(refused, Stream)
    assert renamed.pieces() == stream.pieces()
    assert renamed.yielded is renamed.end
    assert refused.pieces() == (REFUSAL_TEXT,)
