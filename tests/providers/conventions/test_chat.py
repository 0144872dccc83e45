"""ClosedPaw's way: chats, model lists and health, recorded and replayed without a provider."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import playhead
from playhead import RecordingError, UsageError
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.conventions.chat import chat_request, completion_of, response_of, value_completion, value_of
from playhead.providers.conventions.convention import Arguments

NOTHING = Arguments((), {})
ASKED = [ChatMessage("system", "be brief"), ChatMessage("user", "hello")]

RESPONSES = [
    ChatResponse("hi", "llama3.2:3b", "ollama", 12, "stop", 345),
    ChatResponse("", "m", "p"),
    ChatResponse("hi", "gpt-4o", "openai", 0, "length", 0, served_model="gpt-4o-2024-08-06"),
]


@pytest.mark.parametrize("response", RESPONSES, ids=range(len(RESPONSES)))
def test_all_six_fields_come_back(response: ChatResponse) -> None:
    """An unknown count stays unknown, and zero stays zero."""
    found = response_of(completion_of(response), NOTHING)
    assert found == response
    assert found.tokens_used is response.tokens_used


def test_the_evidence_names_the_model_that_served() -> None:
    """The evidence has the model the server said it used; the answer may echo the one asked for."""
    completion = completion_of(RESPONSES[2])
    assert completion.model == "gpt-4o-2024-08-06"
    assert response_of(completion, NOTHING).model == "gpt-4o"


def test_messages_may_be_objects_or_mappings() -> None:
    """Objects with ``to_dict``, other objects and mappings of the same content are the same question."""
    forms: list[Any] = [
        ASKED,
        [message.to_dict() for message in ASKED],
        [SimpleNamespace(role=message.role, content=message.content) for message in ASKED],
    ]
    for form in forms:
        assert chat_request(form, "m") == chat_request(ASKED, "m")
    full = chat_request(ASKED, "m", temperature=0.1, max_tokens=5, tools=[{"name": "t"}], top_p=1, seed=None)
    assert (full.model, full.temperature, full.max_tokens, full.params) == ("m", 0.1, 5, {"top_p": 1})


@pytest.mark.parametrize("messages", ["hello", [3], [["user", "x"]]])
def test_what_is_no_message_is_refused(messages: Any) -> None:
    """Neither a text nor a list of anything else is a conversation."""
    with pytest.raises(UsageError):
        chat_request(messages)


def test_an_answer_without_content_is_refused() -> None:
    """An answer that has no text cannot be recorded as one, and the error says what it was."""
    with pytest.raises(RecordingError, match="a SimpleNamespace is not a chat's answer"):
        completion_of(SimpleNamespace(text="x"))


def test_plain_answers_come_back() -> None:
    """Lists of models and states of health are values."""
    for value in (["b", "a"], True, False, []):
        assert value_of(value_completion(value), NOTHING) == value


class Provider:
    """A chat provider as that system has them."""

    def __init__(self) -> None:
        self.closed = 0

    async def chat(self, messages: Any, model: str | None = None, **kwargs: Any) -> ChatResponse:
        return RESPONSES[0]

    async def list_models(self) -> list[str]:
        return ["llama3.2:3b"]

    async def health_check(self) -> bool:
        return False

    async def close(self) -> None:
        self.closed += 1


async def test_a_provider_is_recorded_and_replayed_without_one(tmp_path: Path) -> None:
    """All four methods work from the cassette alone; a recorded state of health is told as it was."""
    provider = Provider()
    with playhead.use_cassette(tmp_path / "c.cassette", mode="record") as session:
        wrapped = session.wrap(provider, name="ollama")
        live = (await wrapped.chat(ASKED), await wrapped.list_models(), await wrapped.health_check())
        await wrapped.close()
    assert provider.closed == 1
    with playhead.use_cassette(tmp_path / "c.cassette") as session:
        wrapped = session.wrap(None, name="ollama", convention="closedpaw")
        assert (await wrapped.chat(ASKED), await wrapped.list_models(), await wrapped.health_check()) == live
        await wrapped.close()
    assert live == (RESPONSES[0], ["llama3.2:3b"], False)


async def test_health_needs_no_recording(tmp_path: Path) -> None:
    """What only replays is in good health, and asking leaves no refusal; a chat that was not recorded does."""
    with playhead.use_cassette(tmp_path / "c.cassette", mode="record") as session:
        await session.wrap(Provider(), name="ollama").chat(ASKED)
    with playhead.use_cassette(tmp_path / "c.cassette") as session:
        wrapped = session.wrap(None, name="ollama", convention="closedpaw")
        assert await wrapped.health_check() is True
        await wrapped.chat(ASKED)
        assert not session.report().refusals
        with pytest.raises(playhead.NoMatch):
            await wrapped.chat(ASKED, "other")
        assert len(session.report().refusals) == 1
