"""A golden run asks providers of any convention that plain requests can be asked in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import CompletionRequest, UsageError
from playhead.harness.golden import run_golden
from playhead.harness.golden_requests import GoldenRequest
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.executionkit.response import LLMResponse

ASKED = (
    CompletionRequest("hello", model="m-1", temperature=0.0, max_tokens=5, params={"seed": 3}),
    CompletionRequest(messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"})),
)


class Messages:
    """Takes messages, gives responses and pieces."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def complete(self, messages: Any, **kwargs: Any) -> LLMResponse:
        self.seen.append((messages, kwargs))
        return LLMResponse(f"answer {len(self.seen)}", usage={"input_tokens": 1, "output_tokens": 2})

    async def stream(self, messages: Any, **kwargs: Any) -> AsyncIterator[str]:
        self.seen.append((messages, kwargs))
        yield "pie"
        yield "ces"


class Chat:
    """Takes chat messages."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def chat(self, messages: list[ChatMessage], model: str | None = None, **kwargs: Any) -> ChatResponse:
        self.seen.append(([message.to_dict() for message in messages], {"model": model, **kwargs}))
        return ChatResponse(f"answer {len(self.seen)}", model or "own", "chat", 3)


def answers(request: CompletionRequest) -> str:
    """Answer with what was asked."""
    return f"answer to {request.conversation()[-1]['content']}"


@pytest.mark.parametrize(("provider", "convention"), [(Messages(), "executionkit"), (Chat(), "closedpaw")])
def test_requests_are_asked_in_the_systems_words(tmp_path: Path, provider: Any, convention: str) -> None:
    """Messages, model and parameters reach the provider, and the recording is found by the request and by the call."""
    cassette = tmp_path / "g.cassette"
    report = run_golden(ASKED, provider, cassette, name="own", takes=2)
    assert (report.calls, report.failed, report.tokens) == (4, 0, 12)
    messages, given = provider.seen[0]
    assert messages == [{"role": "user", "content": "hello"}]
    assert given == {"model": "m-1", "temperature": 0.0, "max_tokens": 5, "seed": 3}
    assert provider.seen[2][0] == list(ASKED[1].conversation())
    with playhead.use_cassette(cassette) as session:
        wrapped = session.wrap(None, name="own")
        assert [wrapped.complete(ASKED[1]).text for _ in range(2)] == ["answer 3", "answer 4"]
        call = session.wrap(None, name="own", convention=convention)
        method = call.complete if convention == "executionkit" else call.chat
        found = asyncio.run(method(messages, **given))
        assert found.content == "answer 1"


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What is in the golden is not asked again: the key of a call is that of its request."""
    provider = Messages()
    run_golden(ASKED[:1], provider, tmp_path / "g.cassette", name="own")
    report = run_golden(ASKED, provider, tmp_path / "g.cassette", name="own", extend=True)
    assert (report.called, report.resumed, len(provider.seen)) == (1, 1, 2)


def test_streams_and_functions(tmp_path: Path) -> None:
    """Pieces are read to their end, and a function is asked with the request."""
    run_golden([GoldenRequest(ASKED[0], stream=True)], Messages(), tmp_path / "s.cassette", name="own")
    (found,) = playhead.open_cassette(tmp_path / "s.cassette")
    assert found.evidence.text == "pieces"
    run_golden(ASKED, answers, tmp_path / "f.cassette", name="own")
    assert [call.evidence.text for call in playhead.open_cassette(tmp_path / "f.cassette")] == ["answer to hello"] * 2


class Worker:
    """Takes jobs."""

    async def gen_text(self, job: Any) -> str:
        return ""


def test_jobs_of_a_systems_own_are_refused(tmp_path: Path) -> None:
    """What takes more than a request is refused before any call, with the other way."""
    with pytest.raises(UsageError, match="convention 'pipelex' is asked with objects of its own") as caught:
        run_golden(ASKED, Worker(), tmp_path / "g.cassette")
    assert "use_cassette" in (caught.value.hint or "")
    with pytest.raises(UsageError, match="has no stream"):
        run_golden([GoldenRequest(ASKED[0], stream=True)], Chat(), tmp_path / "g.cassette")
