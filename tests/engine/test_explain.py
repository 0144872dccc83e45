"""Why a call was refused: the nearest recorded call, the first difference with both values, and the way out."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import playhead
from playhead import CompletionRequest
from playhead.core.fingerprint import fingerprint
from playhead.engine.explain import (
    Nearest,
    Situation,
    distance,
    explain_blocked,
    explain_exhausted,
    explain_no_match,
    explain_past_end,
    likeness,
    matched_fields,
    nearest,
)

WORDS = [
    "river",
    "stone",
    "cloud",
    "paper",
    "garden",
    "winter",
    "music",
    "letter",
    "bridge",
    "candle",
    "forest",
    "silver",
]
WHERE = Situation("golden.cassette", 3, 2, "tests/test_it.py::test_it", "pytest --record")


def question(number: int) -> str:
    """Give a question like a test suite has them: the same words round what differs."""
    chosen = random.Random(number)
    body = " ".join(chosen.choice(WORDS) for _ in range(30))
    return f"Summarise for customer {number}: {body}. Answer in one sentence."


def record(path: Path, *requests: CompletionRequest, name: str = "p") -> playhead.Cassette:
    """Record requests and open what was recorded."""
    with playhead.record(playhead.StubInferenceProvider(), path, name=name) as provider:
        for request in requests:
            provider.complete(request)
    return playhead.open_cassette(path)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> playhead.Cassette:
    """Give a cassette with a thousand calls that differ in their one message only."""
    path = tmp_path_factory.mktemp("thousand") / "a.cassette"
    return record(path, *(CompletionRequest(question(number), model="m") for number in range(1000)))


def find(
    cassette: playhead.Cassette, request: CompletionRequest, *, provider: str = "p", played: tuple[Any, ...] = ()
) -> Nearest:
    """Find the nearest call."""
    found = nearest(cassette, request, fingerprint(request, provider), provider=provider, played=played)
    assert found is not None
    return found


@pytest.mark.parametrize("number", [0, 7, 123, 499, 500, 750, 999])
@pytest.mark.parametrize("edit", ["first word", "middle", "end"])
def test_an_edited_prompt_is_found_among_a_thousand(thousand: playhead.Cassette, number: int, edit: str) -> None:
    """Of a thousand calls the one whose prompt was edited is the nearest, and the edit is the first difference."""
    text = question(number)
    edited = {
        "first word": text.replace("Summarise", "Sum up"),
        "middle": text[:90] + "!!!" + text[90:],
        "end": text.replace("one sentence", "two sentences"),
    }[edit]
    found = find(thousand, CompletionRequest(edited, model="m"))
    assert found.interaction.request.prompt == text
    (difference,) = found.differences
    assert difference.path == "messages[0].content"
    assert difference.recorded != difference.asked


def test_a_long_prompt_is_found_by_its_text(tmp_path: Path) -> None:
    """Prompts long enough to be stored apart from their calls are compared by what they say, like any other."""
    prompts = [" ".join(question(number * 10 + part) for part in range(6)) for number in range(12)]
    cassette = record(tmp_path / "a.cassette", *(CompletionRequest(prompt) for prompt in prompts))
    for prompt in prompts:
        found = find(cassette, CompletionRequest(prompt.replace("Summarise", "Sum up", 1)))
        assert found.interaction.request.prompt == prompt


def test_a_miss_among_a_thousand_takes_milliseconds(thousand: playhead.Cassette) -> None:
    """Finding the nearest of a thousand calls is quick enough to do for every miss of a suite."""
    request = CompletionRequest(question(5) + "?", model="m")
    best = min(_seconds(thousand, request) for _ in range(3))
    assert best < 0.25


def _seconds(cassette: playhead.Cassette, request: CompletionRequest) -> float:
    before = time.perf_counter()
    find(cassette, request)
    return time.perf_counter() - before


BASE = CompletionRequest(
    messages=(
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "Name a river."},
        {"role": "assistant", "content": "Rhine."},
        {"role": "user", "content": "And another one."},
    ),
    model="m-1",
    temperature=0.5,
    max_tokens=100,
    tools=({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}},),
    params={"seed": 7, "stop": ["x"]},
)


def changed(**fields: Any) -> CompletionRequest:
    """Give the request with other fields."""
    values = {name: getattr(BASE, name) for name in BASE.__struct_fields__}
    return CompletionRequest(**{**values, **fields})


def with_message(index: int, content: Any) -> CompletionRequest:
    """Give the request with another text in one message."""
    messages = [dict(message) for message in BASE.messages or ()]
    messages[index]["content"] = content
    return changed(messages=tuple(messages))


@pytest.mark.parametrize(
    ("asked", "path", "recorded", "live"),
    [
        (changed(model="m-2"), "model", "'m-1'", "'m-2'"),
        (changed(model=None), "model", "'m-1'", "(absent)"),
        (changed(temperature=0.7), "temperature", "0.5", "0.7"),
        (changed(temperature=None), "temperature", "0.5", "(absent)"),
        (changed(max_tokens=0), "max_tokens", "100", "0"),
        (with_message(0, "You are kind."), "messages[0].content", "'You are terse.'", "'You are kind.'"),
        (with_message(3, "And one more."), "messages[3].content", "'And another one.'", "'And one more.'"),
        (with_message(3, None), "messages[3].content", "'And another one.'", "None"),
        (changed(messages=(BASE.messages or ())[:3]), "messages[3]", None, "(absent)"),
        (changed(tools=()), "tools", None, "(absent)"),
        (changed(params={"seed": 8, "stop": ["x"]}), "params.seed", "7", "8"),
        (changed(params={"seed": 7, "stop": ["y"]}), "params.stop[0]", "'x'", "'y'"),
        (changed(params={"seed": 7, "stop": ["x"], "top_p": 1}), "params.top_p", "(absent)", "1"),
    ],
)
def test_the_first_difference_is_named_with_both_values(
    tmp_path: Path, asked: CompletionRequest, path: str, recorded: str | None, live: str
) -> None:
    """One change of a request is told as one path with the recorded value and the live one."""
    other = changed(model="far", temperature=2.0, params={}, tools=(), messages=({"role": "user", "content": "x"},))
    cassette = record(tmp_path / "a.cassette", other, BASE)
    found = find(cassette, asked)
    assert found.interaction.request == BASE
    (difference,) = found.differences
    assert (difference.path, difference.asked) == (path, live)
    assert recorded is None or difference.recorded == recorded


def test_a_nested_schema_is_compared_to_the_leaf(tmp_path: Path) -> None:
    """A change deep in a tool's schema is named by its whole path."""
    cassette = record(tmp_path / "a.cassette", BASE)
    tools = ({"type": "function", "function": {"name": "look", "parameters": {"type": "array"}}},)
    (difference,) = find(cassette, changed(tools=tools)).differences
    assert str(difference) == "tools[0].function.parameters.type: recorded 'object', asked 'array'"


def test_what_is_matched_alike_is_no_difference(tmp_path: Path) -> None:
    """A prompt and its one message, 1 and 1.0, other contexts and ids match, so none of them is a difference."""
    cassette = record(tmp_path / "a.cassette", CompletionRequest("a", temperature=1.0, params={"top_p": 1.0}))
    asked = CompletionRequest(
        messages=({"role": "user", "content": "b"},), temperature=1, params={"top_p": 1}, context={"x": 1}, id="7"
    )
    assert [difference.path for difference in find(cassette, asked).differences] == ["messages[0].content"]


def test_another_provider_is_a_difference(tmp_path: Path) -> None:
    """The same request to another provider says so."""
    cassette = record(tmp_path / "a.cassette", BASE, name="openai")
    (difference,) = find(cassette, BASE, provider="azure").differences
    assert str(difference) == "provider: recorded 'openai', asked 'azure'"


def test_a_long_text_is_shown_round_its_first_change(tmp_path: Path) -> None:
    """Of two long texts the part where they part is shown, not their common start."""
    text = "common " * 200
    cassette = record(tmp_path / "a.cassette", CompletionRequest(text + "left" + text))
    (difference,) = find(cassette, CompletionRequest(text + "right" + text)).differences
    assert "left" in difference.recorded
    assert "right" in difference.asked
    assert len(difference.recorded) < 100


def test_among_equals_what_was_not_played_is_nearer(tmp_path: Path) -> None:
    """Of calls as near as each other the one still to be played is named, and a played one is said to be."""
    cassette = record(tmp_path / "a.cassette", CompletionRequest("one x"), CompletionRequest("two x"))
    asked = CompletionRequest("one y")
    assert find(cassette, asked).interaction.request.prompt == "one x"
    done = fingerprint(CompletionRequest("one x"), "p").key
    found = find(cassette, asked, played=((done, 0),))
    assert (found.interaction.request.prompt, found.played) == ("two x", False)
    both = ((done, 0), (fingerprint(CompletionRequest("two x"), "p").key, 0))
    assert find(cassette, asked, played=both).played


def test_an_empty_cassette_has_nothing_near() -> None:
    """Without calls there is no nearest call."""

    class Empty:
        def __len__(self) -> int:
            return 0

        def outlines(self) -> Any:
            return iter(())

    request = CompletionRequest("a")
    empty: Any = Empty()
    assert nearest(empty, request, fingerprint(request, "p"), provider="p", played=()) is None


segments = st.lists(st.binary(min_size=4, max_size=4), min_size=6, max_size=10).map(tuple)


@given(one=segments, other=segments)
def test_distance_counts_what_differs(one: tuple[bytes, ...], other: tuple[bytes, ...]) -> None:
    """It is 0 for equal requests only, the same both ways, at most the longer length, and whole digests count alike."""
    far = distance(one, other)
    assert (far == 0) == (one == other)
    assert far == distance(other, one)
    assert abs(len(one) - len(other)) <= far <= max(len(one), len(other))
    assert distance(tuple(digest + b"rest" * 7 for digest in one), other) == far


@given(one=st.binary(max_size=60), other=st.binary(max_size=60))
def test_likeness_is_what_start_and_end_share(one: bytes, other: bytes) -> None:
    """It counts shared bytes once, the same both ways, and is whole for equal texts only."""
    alike = likeness(one, other)
    assert alike == likeness(other, one)
    assert 0 <= alike <= min(len(one), len(other))
    assert likeness(one, one) == len(one)
    assert likeness(one + other, one) >= len(one)


def test_matched_fields_leave_out_what_is_not_matched() -> None:
    """Id and context are no part of what is compared; a prompt stands as its message."""
    fields = matched_fields(CompletionRequest("a", context={"x": 1}, id="7", model="m"))
    assert fields == {"family": "llm", "model": "m", "messages": [{"role": "user", "content": "a"}]}


def test_the_message_of_a_miss_has_all_that_helps(tmp_path: Path) -> None:
    """It names call, difference, cassette, test and the command that records; evidence and message agree."""
    cassette = record(tmp_path / "a.cassette", BASE)
    asked = with_message(3, "And one more.")
    key = fingerprint(asked, "p")
    refused = explain_no_match(asked, "p", key, cassette, (), WHERE, stream=False)
    near = fingerprint(BASE, "p").hex
    assert refused.message.splitlines() == [
        "nothing recorded matches this call to 'p' (model 'm-1')",
        f"nearest is call {near[:12]} take 0; it differs in:",
        "  messages[3].content: recorded 'And another one.', asked 'And one more.'",
        "cassette 'golden.cassette' holds 3 calls, 2 not played",
        "test tests/test_it.py::test_it",
    ]
    assert refused.hint == "to record it: pytest --record"
    evidence = refused.evidence
    assert (evidence.kind, evidence.provider, evidence.model) == ("no match", "p", "m-1")
    assert (evidence.fingerprint, evidence.nearest) == (key.hex, near)
    assert evidence.message == f"{refused.message}\nhint: {refused.hint}"
    assert evidence.differences == ("messages[3].content: recorded 'And another one.', asked 'And one more.'",)


def test_a_miss_without_a_cassette_says_so() -> None:
    """Where there is no cassette, or an empty one, that is the explanation."""
    request = CompletionRequest("a")
    key = fingerprint(request, "p", stream=True)
    nowhere = WHERE._replace(calls=None, test=None)
    refused = explain_no_match(request, "p", key, None, (), nowhere, stream=True)
    assert refused.message.splitlines() == [
        "nothing recorded matches this streamed call to 'p' (model None)",
        "there is no cassette 'golden.cassette'",
    ]


def test_many_differences_are_counted(tmp_path: Path) -> None:
    """More differences than fit are counted, not listed."""
    cassette = record(tmp_path / "a.cassette", BASE)
    asked = CompletionRequest("quite another", params={"a": 1, "b": 2, "c": 3})
    refused = explain_no_match(asked, "p", fingerprint(asked, "p"), cassette, (), WHERE, stream=False)
    shown = [line for line in refused.message.splitlines() if line.startswith("  ")]
    assert len(shown) == 5
    assert shown[-1].endswith("more places")


@pytest.mark.parametrize(
    ("takes", "words"), [(1, "its only take has been played"), (3, "all 3 takes have been played")]
)
def test_an_exhausted_request_says_how_often_it_was_recorded(takes: int, words: str) -> None:
    """It names the take that was asked for, and both ways out."""
    key = fingerprint(BASE, "p")
    refused = explain_exhausted(BASE, "p", key, takes, WHERE)
    assert words in refused.message
    assert f"call {key.hex[:12]} asked for take {takes}" in refused.message
    assert "pytest --record" in refused.hint
    assert "takes='cycle'" in refused.hint
    assert refused.evidence.kind == "exhausted"


def test_a_stream_that_was_left_says_where() -> None:
    """Reading past the recorded part names the piece at which the recorded consumer stopped."""
    refused = explain_past_end(BASE, "p", fingerprint(BASE, "p", stream=True), 4, WHERE)
    assert "recorded up to piece 4, where its consumer stopped" in refused.message
    assert refused.evidence.kind == "exhausted"
    assert "test tests/test_it.py::test_it" in refused.message


def test_a_blocked_reach_says_what_was_reached_for() -> None:
    """The message names the place, the cassette and the test, and how to let it through all the same."""
    where = Situation("a.cassette", 1, 0, "tests/test_x.py::test_y", "make record")
    refused = explain_blocked("something tried to connect to h:1", where)
    assert refused.message.splitlines() == [
        "something tried to connect to h:1 while 'a.cassette' is replayed",
        "test tests/test_x.py::test_y",
    ]
    assert "allowed_hosts" in refused.hint
    evidence = refused.evidence
    assert (evidence.kind, evidence.provider, evidence.fingerprint) == (
        "network",
        "something tried to connect to h:1",
        "",
    )
    assert evidence.message == f"{refused.message}\nhint: {refused.hint}"
