"""Every dialect, and which of them a request is written in."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import CORPUS, listen, need_corpus, there_and_back, vcr_exchanges
from tests.strategies import same

from playhead.core.fingerprint import fingerprint
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_wire import sequence
from playhead.dialects.registry import _AT, _MOST_PATHS, BY_NAME, DIALECTS, find_dialect
from playhead.errors import ProviderError

BODY = {"model": "m", "messages": [], "input": "a", "prompt": "b"}
WORDS = sorted({word for words in _AT for word in words.split("/")} | {"v1", "v1beta", "api", "model", "resp_1", "gpt"})


@given(
    st.sampled_from(["POST", "GET"]),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.sampled_from(["", ":generateContent", ":countTokens", ":predict", ":rawPredict"]),
    st.sampled_from([None, {}, BODY, {**BODY, "model": "mistral-small"}, []]),
)
def test_found_is_the_first_that_claims(method: str, words: list[str], verb: str, body: Any) -> None:
    """Looking only at the dialects of a path's last words finds the same as asking all of them."""
    asked = Asked(method, "/" + "/".join(words) + verb, body)
    assert find_dialect(asked) is next((one for one in DIALECTS if one.claims(asked)), None)


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/v1/chat/completions", BODY, "openai chat.completions"),
        ("POST", "/v1/chat/completions", {"model": "mistral-small-latest"}, "mistral chat.completions"),
        ("POST", "/api/v1/chat/completions", {"model": "mistralai/mistral-small"}, "openai chat.completions"),
        ("POST", "/v1/fim/completions", BODY, "mistral fim.completions"),
        ("POST", "/v1/completions", BODY, "openai completions"),
        ("POST", "/openai/deployments/d/completions", BODY, "openai completions"),
        ("POST", "/v1/responses", BODY, "openai responses"),
        ("POST", "/v1/responses/compact", BODY, "openai responses.compact"),
        ("POST", "/v1/responses/input_tokens", BODY, "openai responses.input_tokens"),
        ("GET", "/v1/responses/resp_1", None, "openai responses.retrieve"),
        ("POST", "/v1beta/interactions", BODY, "google interactions"),
        ("GET", "/v1beta/interactions/v1_a", None, "google interactions.retrieve"),
        ("POST", "/v1/embeddings", BODY, "openai embeddings"),
        ("POST", "/api/embeddings", BODY, "ollama embeddings"),
        ("GET", "/v1/models", None, "openai models"),
        ("GET", "/v1beta/models", None, "google models"),
        ("GET", "/v1/models/ft:gpt-4o:org::1", None, "openai models"),
        ("POST", "/v1/messages", BODY, "anthropic messages"),
        ("POST", "/v1/messages/count_tokens", BODY, "anthropic messages.count_tokens"),
        ("POST", "/v1beta/models/g:generateContent", {"contents": []}, "google generateContent"),
        ("POST", "/model/m/converse", {"messages": []}, "bedrock converse"),
        ("POST", "/api/chat", BODY, "ollama chat"),
        ("POST", "/v2/chat", BODY, "cohere chat"),
        ("POST", "/v1/chat", {"message": "hi"}, "cohere chat.v1"),
        ("POST", "/v1/embed", BODY, "cohere embed.v1"),
    ],
)
def test_find(method: str, path: str, body: Any, name: str) -> None:
    """Each vendor's requests are found by path and body, whatever the host."""
    found = find_dialect(Asked(method, path, body))
    assert found is not None
    assert found.name == name
    assert BY_NAME[found.provider, found.operation] is found


@pytest.mark.parametrize(
    "asked",
    [
        Asked("GET", "/"),
        Asked("GET", ""),
        Asked("POST", "/v1/chat/completions", [BODY]),
        Asked("POST", "/v1/chat/completions", "text"),
        Asked("POST", "/v1/files", BODY),
        Asked("GET", "/api/models/bert"),
        Asked("POST", "/models/bert-base", {"inputs": "text generation at Hugging Face"}),
        Asked("POST", "/v1/responses/resp_1/cancel"),
    ],
)
def test_find_none(asked: Asked) -> None:
    """What fits no dialect is plain HTTP."""
    assert find_dialect(asked) is None


def test_paths_without_number() -> None:
    """However many paths are asked at, what is found stays right."""
    for number in range(_MOST_PATHS * 2):
        assert find_dialect(Asked("GET", f"/x/{number}")) is None
        assert find_dialect(Asked("POST", f"/{number}/chat/completions", {})) is BY_NAME["openai", "chat.completions"]


# --- real recordings

SPEAKERS = {"openai", "mistral"}


class Case(NamedTuple):
    """An exchange of a real recording."""

    name: str
    asked: Asked
    answer: Any


def recorded_by_vcr() -> Iterator[Case]:
    """Give the exchanges with those who speak OpenAI's dialects in the VCR cassettes."""
    folders = (
        *("test_openai", "test_openai_responses", "test_groq", "test_mistral", "test_deepseek", "test_openrouter"),
        *("test_huggingface", "test_ollama", "test_embeddings", "test_cohere"),
    )
    for one in vcr_exchanges(*folders):
        asked = one.asked._replace(body=one.asked.body or None)
        if asked.path.endswith(("/completions", "/embeddings")) or "/responses" in asked.path:
            yield Case(one.name, asked, one.answer)


def recorded_by_llama_stack() -> Iterator[Case]:
    """Give the exchanges of the Llama Stack recordings with OpenAI-compatible servers."""
    need_corpus()
    for path in sorted((CORPUS / "llama-stack").rglob("*.json")):
        given_text = json.loads(path.read_text(encoding="utf-8"))
        request, answer = given_text["request"], given_text["response"]["body"]
        url = urlsplit(request["url"].replace("/v1/v1/", "/v1/")).path
        if url.endswith("/models"):
            listed = {"object": "list", "data": [plain(each) for each in sequence(answer)]}
            yield Case(path.name, Asked("GET", url), listed)
        elif url.endswith(("/completions", "/responses", "/embeddings")):
            streamed = given_text["response"]["is_streaming"]
            yield Case(path.name, Asked("POST", url, request["body"]), stream_of(answer) if streamed else plain(answer))


def plain(value: Any) -> Any:
    """Give the JSON value of an object that was recorded with its class."""
    return value["__data__"] if isinstance(value, Mapping) and "__data__" in value else value


def stream_of(chunks: list[Any]) -> bytes:
    """Give the body of a stream of these chunks."""
    return b"".join(b"data: " + json.dumps(plain(each)).encode() + b"\n\n" for each in chunks) + b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("cases", "least", "refused"),
    [
        (
            recorded_by_vcr,
            59,
            {
                "TestOpenAI.test_embed_error.yaml": "does not exist",
                "test_openrouter_stream_error.yaml": "Token limit reached",
            },
        ),
        (recorded_by_llama_stack, 106, {}),
    ],
    ids=["vcr", "llama-stack"],
)
def test_every_real_exchange_yields_evidence(cases: Any, least: int, refused: dict[str, str]) -> None:
    """
    Every request and answer of those who speak OpenAI's dialects is read, written and read again as the same.

    What is refused are the errors that were recorded.
    """
    seen: collections.Counter[str] = collections.Counter()
    errors: dict[str, str] = {}
    for one in cases():
        dialect = find_dialect(one.asked)
        assert dialect is not None, (one.name, one.asked.path)
        if dialect.provider not in SPEAKERS:
            continue
        request = there_and_back(dialect, one.asked)
        assert fingerprint(request, dialect.provider).key
        seen[dialect.name] += 1
        try:
            found = (
                listen(dialect, one.answer).completion
                if isinstance(one.answer, bytes)
                else dialect.decode_response(one.answer)
            )
        except ProviderError as error:
            errors[one.name] = str(error)
            continue
        if dialect.operation not in ("models", "embeddings", "responses.compact") and found.finish_reason != "queued":
            assert found.text or found.tool_calls or found.finish_reason == "length", one.name
            assert found.model, one.name
        if dialect.operation != "embeddings":
            assert same(dialect.decode_response(dialect.encode_response(found, request)), found), one.name
    assert errors.keys() == refused.keys(), errors
    assert all(refused[name] in errors[name] for name in refused)
    assert seen.total() >= least, seen
