"""ExecutionKit's way: messages in, an ``LLMResponse`` out, recorded and replayed without a provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

import playhead
from playhead import UsageError
from playhead.providers.conventions.messages import completion_of, messages_request, response_of
from playhead.providers.executionkit.response import LLMResponse, ToolCall

ASKED = [{"role": "user", "content": "hello"}]


class Answering:
    """Answers what it is made with."""

    supports_tools = True

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def complete(self, messages: Any, *, temperature: float | None = None, **kwargs: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stream(self, messages: Any, *, usage_sink: list[Any] | None = None, **kwargs: Any) -> AsyncIterator[str]:
        async def pieces() -> AsyncIterator[str]:
            for piece in self.answers:
                yield piece
            if usage_sink is not None:
                usage_sink.append({"input_tokens": 3, "output_tokens": 4, "cached": 1})

        return pieces()


RESPONSES = [
    LLMResponse(content="Hello", usage={}),
    LLMResponse("", (ToolCall("1", "f", {"q": "é", "n": [1]}), ToolCall("2", "g")), "tool_calls", {"prompt_tokens": 1}),
    LLMResponse("a", (), "length", {"input_tokens": 3, "output_tokens": 4, "details": {"x": 1}}),
    LLMResponse("a", (), "stop", {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}, {"id": "x"}),
    LLMResponse("a", (), "stop", MappingProxyType({"total_tokens": 9})),
]


@pytest.mark.parametrize("response", RESPONSES, ids=range(len(RESPONSES)))
def test_every_field_comes_back(response: LLMResponse) -> None:
    """Text, tool calls, reason, counts under the server's own names and its raw answer are what they were."""
    assert response_of(completion_of(response)) == response


def test_counts_are_evidence_under_either_name() -> None:
    """Both vendors' names give the counts of the evidence."""
    assert completion_of(RESPONSES[2]).usage.prompt_tokens == 3
    assert completion_of(RESPONSES[3]).usage.total_tokens == 3


def test_a_live_object_as_raw_is_left_out() -> None:
    """A server's answer that is no value, such as an open response, is no part of a recording; the rest is."""
    assert completion_of(LLMResponse("a", raw=object())).raw is None


def test_other_classes_of_the_same_shape_pass() -> None:
    """An answer need not be our class."""
    theirs = SimpleNamespace(
        content="a", tool_calls=[SimpleNamespace(id="1", name="f", arguments={"q": 1})], finish_reason="stop", usage={}
    )
    assert response_of(completion_of(theirs)) == LLMResponse("a", (ToolCall("1", "f", {"q": 1}),))


def test_what_is_asked_is_matched() -> None:
    """Values given at the call are part of the question, those left out are not; where counts go never is."""
    assert messages_request(ASKED) == messages_request(ASKED, temperature=None, seed=None, usage_sink=[])
    full = messages_request(ASKED, temperature=0.0, max_tokens=0, tools=[{"name": "t"}], seed=1, model="m")
    assert (full.temperature, full.max_tokens, full.tools, full.params, full.model) == (
        0.0, 0, ({"name": "t"},), {"seed": 1}, "m",
    )  # fmt: skip


def test_a_text_is_no_list_of_messages() -> None:
    """A bare text would be taken letter by letter; it is refused with the form that was meant."""
    with pytest.raises(UsageError, match="messages must be a list, got 'hello'"):
        messages_request("hello")


async def test_a_provider_is_recorded_and_replayed_without_one(tmp_path: Path) -> None:
    """Answers, failures and pieces come back in order from the cassette alone, and the counts of a stream with them."""
    cassette = tmp_path / "k.cassette"
    provider = Answering(RESPONSES[1], playhead.RateLimitError("slow down", retry_after=7.0), RESPONSES[0])

    async def run(session: playhead.Session, given: Answering | None) -> list[Any]:
        wrapped = session.wrap(given, name="ek", convention=None if given else "executionkit")
        seen: list[Any] = [wrapped.supports_tools, await wrapped.complete(ASKED)]
        with pytest.raises(playhead.RateLimitError) as caught:
            await wrapped.complete(ASKED)
        seen += [caught.value.retry_after, str(caught.value), await wrapped.complete(ASKED)]
        if given:
            given.answers = ["He", "llo"]
        sink: list[Any] = []
        seen += [[piece async for piece in wrapped.stream(ASKED, usage_sink=sink)], sink]
        return seen

    with playhead.use_cassette(cassette, mode="record") as session:
        live = await run(session, provider)
    with playhead.use_cassette(cassette) as session:
        played = await run(session, None)
    assert played == live
    assert live[-1] == [{"input_tokens": 3, "output_tokens": 4, "cached": 1}]


async def test_a_sink_that_came_later_gets_the_counts(tmp_path: Path) -> None:
    """A consumer that asks for the counts on replay only gets those that are known; an absent one costs nothing."""
    cassette = tmp_path / "k.cassette"
    with playhead.use_cassette(cassette, mode="record") as session:
        assert [piece async for piece in session.wrap(Answering("a"), name="ek").stream(ASKED)] == ["a"]
    with playhead.use_cassette(cassette) as session:
        sink: list[Any] = []
        wrapped = session.wrap(None, name="ek", convention="executionkit")
        assert [piece async for piece in wrapped.stream(ASKED, usage_sink=sink)] == ["a"]
        await wrapped.aclose()
    assert sink == []


def test_a_sync_provider_of_the_same_arguments(tmp_path: Path) -> None:
    """The same arguments without ``await`` are a convention too."""

    class Sync:
        def complete(self, messages: Any, *, temperature: float | None = None) -> LLMResponse:
            return LLMResponse("a", usage={})

    with playhead.use_cassette(tmp_path / "k.cassette", mode="record") as session:
        assert session.wrap(Sync(), name="ek").complete(ASKED).content == "a"
    with playhead.use_cassette(tmp_path / "k.cassette") as session:
        assert session.wrap(None, name="ek", convention="executionkit-sync").complete(ASKED) == LLMResponse("a")


def test_arguments_that_are_no_json_come_back_as_text() -> None:
    """What a model wrote for a tool's arguments stands as text where it is no JSON object."""
    completion = playhead.Completion(
        "", tool_calls=(playhead.ToolCall("1", "f", "{broken"), playhead.ToolCall("2", "g", "[1]"))
    )
    assert [dict(call.arguments) for call in response_of(completion).tool_calls] == [
        {"_raw": "{broken"},
        {"_raw": "[1]"},
    ]
