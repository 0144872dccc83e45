"""Calls of another tool's file, taken through a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Stream, ToolCall
from playhead.core.modes import Mode
from playhead.core.usage import Usage
from playhead.core.wire import Answer, WireError
from playhead.errors import RecordingError
from playhead.interchange.recording import proves_something, record_exchange, record_talk
from playhead.interchange.source import Exchange, Talk, sent_from
from playhead.sessions.clock import ManualClock
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions

CHAT = "https://api.openai.com/v1/chat/completions"
QUESTION = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
ANSWER = b'{"model":"gpt-4o","choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}'


def recorded(tmp_path: Path, *items: Exchange | Talk) -> list[Any]:
    """Record calls into a cassette, and give its interactions."""
    path = tmp_path / "a.cassette"
    session = Session(path, Mode.RECORD, SessionOptions(clock=ManualClock(), wire=False))
    for item in items:
        if isinstance(item, Exchange):
            record_exchange(session, item)
        else:
            record_talk(session, item)
    session.close()
    return list(playhead.open_cassette(path))


def chat(answer: Answer, **more: Any) -> Exchange:
    """Give a call of OpenAI's chat with an answer."""
    return Exchange(1, sent_from("POST", CHAT, QUESTION, "application/json"), answer, **more)


def test_an_exchange_is_recorded_as_a_live_one(tmp_path: Path) -> None:
    """Evidence, every byte of the answer, where it was sent; its origin is another."""
    (found,) = recorded(tmp_path, chat(Answer(200, (("a", "1"),), (ANSWER,), reason="Fine", http="HTTP/2")))
    assert found.origin is Origin.IMPORTED
    assert (found.evidence.text, found.evidence.model) == ("hello", "gpt-4o")
    assert found.answer == Answer(200, (("a", "1"),), (ANSWER,), reason="Fine", http="HTTP/2")
    assert found.request.context["url"] == CHAT
    assert (found.latency_ms, found.gaps_ms) == (0, ())


def test_the_wait_is_kept_where_it_is_known(tmp_path: Path) -> None:
    """An archive says how long the answer took to begin."""
    (found,) = recorded(tmp_path, chat(Answer(200, (), (ANSWER,)), waited=812_000_000))
    assert (found.latency_ms, found.gaps_ms) == (810, (812,))


def test_a_broken_exchange_is_a_failure(tmp_path: Path) -> None:
    """No class is looked for by the name it has."""
    (found,) = recorded(tmp_path, chat(Answer(error=WireError("har.NoAnswer", "connect", "refused"))))
    assert found.evidence.failure == Failure("har.NoAnswer", "refused")
    assert found.answer.error == WireError("har.NoAnswer", "connect", "refused")


def test_plain_http_is_no_call_of_a_model(tmp_path: Path) -> None:
    """It is carried over all the same."""
    session = Session(tmp_path / "a.cassette", Mode.RECORD, SessionOptions(clock=ManualClock(), wire=False))
    item = Exchange(1, sent_from("GET", "https://h/a.pdf", b""), Answer(200, (), (b"%PDF",)))
    done = record_exchange(session, item)
    assert (done.dialect, done.model_call) == ("http", False)
    assert record_exchange(session, chat(Answer(200, (), (ANSWER,)))).dialect == "openai chat.completions"
    session.close()


def test_a_talk_is_replayed_at_the_provider_seam(tmp_path: Path) -> None:
    """Question and answer, whole or in pieces."""
    asked, streamed = CompletionRequest("hi"), CompletionRequest("more")
    recorded(
        tmp_path,
        Talk(1, asked, "xai", stream=False, outcome=Completion("hello", model="grok")),
        Talk(2, streamed, "xai", stream=True, outcome=Stream(end=Completion("a b"), cuts=(1, 2))),
    )
    with playhead.replay(tmp_path / "a.cassette", name="xai") as provider:
        assert provider.complete(asked).text == "hello"
    found = {one.request.prompt: one for one in playhead.open_cassette(tmp_path / "a.cassette")}
    outcome = found["more"].outcome
    assert isinstance(outcome, Stream)
    assert outcome.pieces() == ("a", " b")
    assert found["more"].evidence.text == "a b"


def test_a_session_that_replays_takes_nothing_in(tmp_path: Path) -> None:
    """What it would give is already there."""
    item = chat(Answer(200, (), (ANSWER,)))
    recorded(tmp_path, item)
    session = Session(tmp_path / "a.cassette", Mode.REPLAY, SessionOptions(wire=False))
    with pytest.raises(RecordingError, match="cannot take in"):
        record_exchange(session, item)
    session.close()


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Completion("a"), True),
        (Completion(tool_calls=(ToolCall("1", "f"),)), True),
        (Completion(output=[]), True),
        (Completion(usage=Usage(1, 2, 3)), True),
        (Completion(finish_reason="stop"), True),
        (Completion(model="m"), False),
        (Failure("x.Y"), True),
        (Stream(end=Completion("a"), cuts=(1,)), True),
        (Stream(end=Failure("x.Y"), cuts=()), True),
        (Stream(cuts=(1,), text="a"), True),
        (Stream(), False),
    ],
)
def test_evidence_is_more_than_a_name(outcome: Any, expected: bool) -> None:
    """Text, tool calls, another output, counts, a reason to end, or a failure; the model's name alone is none."""
    assert proves_something(outcome) is expected
