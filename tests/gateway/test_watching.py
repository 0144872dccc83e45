"""What the gateway has seen."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from playhead.core.redaction import DEFAULT
from playhead.errors import NoMatch
from playhead.gateway import watching
from playhead.gateway.arriving import Arrived
from playhead.gateway.watching import CallLog, Seen


def call(log: CallLog, body: Any, path: str = "/v1/chat/completions", verdict: str = "played") -> Seen:
    """Take in a call."""
    arrived = Arrived({"method": "POST", "path": path, "query_string": b"key=sk-in-the-url", "headers": []})
    arrived.body = body if isinstance(body, bytes) else msgspec.json.encode(body)
    seen = log.start(arrived)
    seen.verdict = verdict
    log.finish(seen)
    return seen


@pytest.mark.parametrize(
    ("path", "body", "question"),
    [
        ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "why?"}]}, "why?"),
        (
            "/v1/messages",
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "why?"}]}]},
            "why?",
        ),
        ("/v1beta/models/m:generateContent", {"contents": [{"role": "user", "parts": [{"text": "why?"}]}]}, "why?"),
        ("/v1/embeddings", {"model": "m", "input": "why?"}, "why?"),
        ("/v1/chat/completions", b"no json", ""),
    ],
)
def test_a_call_is_shown_with_its_question(path: str, body: Any, question: str) -> None:
    """The last text that was asked, whatever the vendor; the query, which may hold a key, is not."""
    shown = call(CallLog(), body, path).shown(DEFAULT)
    assert shown["question"] == question
    assert "sk-in-the-url" not in str(shown)


def test_a_secret_in_a_question_is_not_shown() -> None:
    """The page is redacted as recordings are."""
    secret = "sk-proof-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"
    seen = call(CallLog(), {"model": "m", "messages": [{"role": "user", "content": f"my key is {secret}"}]})
    seen.error = NoMatch(f"nothing for {secret}")
    assert secret not in str(seen.shown(DEFAULT))


def test_only_the_last_calls_are_remembered() -> None:
    """Memory does not grow with the number of calls, and large bodies are let go of."""
    log = CallLog()
    for _ in range(watching.MOST_CALLS + 5):
        call(log, {"model": "m", "messages": [{"role": "user", "content": "x"}]})
    assert next(log.since(0)).number == 6
    assert (log.count, log.counts["played"]) == (205, 205)
    assert call(log, b"x" * 100_000).arrived.body == b""


def test_a_call_that_ended_without_a_word_has_failed() -> None:
    """It does not look as if it were still running."""
    assert call(CallLog(), b"{}", verdict="").verdict == "failed"


async def test_listeners_are_told_of_news_and_of_the_end() -> None:
    """Until they want no more."""
    log = CallLog()
    event = log.listen()
    call(log, b"{}")
    await asyncio.wait_for(event.wait(), 1)
    event.clear()
    log.close()
    assert event.is_set()
    assert log.closed
    event.clear()
    log.forget(event)
    call(log, b"{}")
    assert not event.is_set()
