"""A neutral question in each vendor's own form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import CompletionRequest
from playhead.errors import UsageError
from playhead.providers.vendors.questions import (
    ask_anthropic,
    ask_google,
    ask_mistral,
    ask_ollama,
    ask_ollama_in_one_prompt,
    ask_openai,
)

TALK = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": "hi"},
    {"role": "user", "content": "who?"},
)
ASKING = [ask_openai, ask_mistral, ask_anthropic, ask_google, ask_ollama, ask_ollama_in_one_prompt]


def asked(**fields: Any) -> CompletionRequest:
    """Give a request with the conversation above."""
    return CompletionRequest(**{"messages": TALK, "model": "m", **fields})


def test_openai_takes_the_conversation_as_it_is() -> None:
    """Messages pass as they are, and what is not set is not sent."""
    assert ask_openai(asked(), False)[:3] == ("POST", "/chat/completions", {"model": "m", "messages": list(TALK)})
    assert ask_openai(asked(), True).body["stream_options"] == {"include_usage": True}


def test_mistral_is_not_told_to_count() -> None:
    """It refuses fields it does not know, and counts in every stream."""
    body = ask_mistral(asked(), True).body
    assert body == {"model": "m", "messages": list(TALK), "stream": True}


def test_anthropic_has_the_system_message_apart() -> None:
    """The field ``system`` holds it, and a bound is always sent."""
    question = ask_anthropic(asked(temperature=0.5), False)
    assert question.path == "/messages"
    assert question.body == {
        "model": "m",
        "max_tokens": 4096,
        "temperature": 0.5,
        "system": "Be brief.",
        "messages": list(TALK[1:]),
    }
    assert ask_anthropic(asked(max_tokens=7), True).body["max_tokens"] == 7
    assert ask_anthropic(asked(params={"max_tokens": 8}), True).body["max_tokens"] == 8
    body = ask_anthropic(asked(params={"stop": "x", "top_p": 0.5}), False).body
    assert (body["stop_sequences"], body["top_p"], "stop" in body) == (["x"], 0.5, False)


def test_system_messages_are_joined_wherever_they_stand() -> None:
    """Two vendors have one place for all of them."""
    messages = (
        TALK[1],
        {"role": "system", "content": "a"},
        {"role": "system", "content": [{"type": "text", "text": "b"}]},
    )
    blocks = ask_anthropic(asked(messages=messages), False).body
    assert blocks["system"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert blocks["messages"] == [TALK[1]]
    assert ask_anthropic(asked(messages=(TALK[0], *TALK)), False).body["system"] == "Be brief.\n\nBe brief."
    parts = ask_google(asked(messages=messages), False).body["systemInstruction"]["parts"]
    assert parts == [{"text": "a"}, {"text": "b"}]


def test_google_has_contents_of_parts() -> None:
    """The roles are user and model; sampling values stand in the configuration under the vendor's names."""
    request = asked(temperature=0.5, max_tokens=9, params={"top_p": 0.9, "stop": "x", "safetySettings": []})
    question = ask_google(request, False)
    assert question.path == "/models/m:generateContent"
    assert question.body == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "hello"}]},
            {"role": "model", "parts": [{"text": "hi"}]},
            {"role": "user", "parts": [{"text": "who?"}]},
        ],
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 9, "topP": 0.9, "stopSequences": ["x"]},
        "safetySettings": [],
    }


def test_google_s_own_form_passes() -> None:
    """Contents and a configuration in the vendor's form are sent as given, and win."""
    own = {"role": "function", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}
    listed = {"role": "user", "content": ["a", {"type": "text", "text": "b"}, {"inlineData": {"data": ""}}]}
    request = asked(
        messages=(own, listed), model="models/m", temperature=0.1, params={"generationConfig": {"temperature": 1}}
    )
    question = ask_google(request, True)
    assert (question.path, question.query) == ("/models/m:streamGenerateContent", (("alt", "sse"),))
    assert question.body["contents"] == [
        own,
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}, {"inlineData": {"data": ""}}]},
    ]
    assert question.body["generationConfig"] == {"temperature": 1}


def test_ollama_has_sampling_values_among_its_options() -> None:
    """They are read nowhere else; options that are given win."""
    own = {"num_ctx": 64, "temperature": 1}
    request = asked(temperature=0.5, max_tokens=9, params={"options": own, "seed": 3, "stop": "x", "think": False})
    question = ask_ollama(request, False)
    assert question.path == "/api/chat"
    assert question.body == {
        "model": "m",
        "messages": list(TALK),
        "stream": False,
        "think": False,
        "options": {"temperature": 1, "num_predict": 9, "num_ctx": 64, "seed": 3, "stop": ["x"]},
    }
    assert "stream" not in ask_ollama(asked(), True).body


def test_ollama_in_one_prompt_has_a_line_for_each_message() -> None:
    """The conversation is one text."""
    question = ask_ollama_in_one_prompt(asked(params={"keep_alive": "5m"}), False)
    assert question.path == "/api/generate"
    assert question.body == {
        "model": "m",
        "prompt": "system: Be brief.\nuser: hello\nassistant: hi\nuser: who?",
        "stream": False,
        "keep_alive": "5m",
    }


@pytest.mark.parametrize("ask", ASKING)
def test_a_stream_is_not_asked_for_by_a_param(ask: Any) -> None:
    """A caller who waits for one answer would get pieces."""
    with pytest.raises(UsageError, match="params hold stream=True in a call for a whole answer"):
        ask(asked(params={"stream": True}), False)


@pytest.mark.parametrize("ask", ASKING)
@given(content=st.text(min_size=1), seed=st.integers(0, 99))
def test_what_was_asked_is_in_the_body(ask: Any, content: str, seed: int) -> None:
    """No vendor loses a message or a further parameter, and the request is left as it was."""
    request = asked(messages=({"role": "user", "content": content},), params={"seed": seed, "none": None})
    body = ask(request, False).body
    assert content in str(body).encode().decode("unicode_escape") or repr(content)[1:-1] in repr(body)
    assert seed in (body.get(place, body).get("seed") for place in ("generationConfig", "options"))
    assert "none" not in body
    assert request.params == {"seed": seed, "none": None}
