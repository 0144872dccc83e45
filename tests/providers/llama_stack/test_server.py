"""A server asked without OpenAI's SDK: what is sent, what is given, how it fails, how streams end."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import stamina

from playhead.dialects.dialect import Asked
from playhead.errors import PermanentError, ProviderError
from playhead.providers.conventions.rehydrated import JSONObject
from playhead.providers.llama_stack.parameters import Parameters
from playhead.providers.llama_stack.server import Server

KEY = "sk-stack-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"
ANSWER = {"id": "x", "choices": [{"index": 0, "message": {"content": "hi"}}], "own_field": [1, {"a": None}]}
BODY = {"model": "m", "messages": [{"role": "user", "content": "q"}]}
CHAT = Asked("POST", "/chat/completions", BODY)


class Upstream:
    """Answers with one response after the other, the last one for ever."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers[min(len(self.requests), len(self.answers)) - 1]

    def server(self, key: str | None = KEY) -> Server:
        """Give a server that is answered here."""
        return Server("https://api.example/v1/", key, transport=httpx.MockTransport(self))


def events(*chunks: Any, done: bool = True) -> httpx.Response:
    """Give a streamed answer."""
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + ("data: [DONE]\n\n" if done else "")
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def chunk(said: str, reason: str | None = None) -> dict[str, Any]:
    """Give one chunk."""
    return {"id": "x", "choices": [{"index": 0, "delta": {"content": said}, "finish_reason": reason}], "p": 0.1}


async def test_the_answer_is_the_server_s_json() -> None:
    """What comes is what the server sent, its own fields too, read by attributes."""
    upstream = Upstream(httpx.Response(200, json=ANSWER))
    async with upstream.server() as server:
        answer = await server.ask(CHAT, Parameters(BODY))
    assert type(answer) is JSONObject
    assert answer == ANSWER
    assert answer.own_field[1].a is None
    request = upstream.requests[0]
    assert (request.method, str(request.url)) == ("POST", "https://api.example/v1/chat/completions")
    assert json.loads(request.content) == BODY
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_headers_query_and_time_out_are_the_call_s() -> None:
    """What a call says apart from its body goes with it; without a key none is sent."""
    upstream = Upstream(httpx.Response(200, json=ANSWER))
    async with upstream.server(key="") as server:
        await server.ask(CHAT, Parameters(BODY, {"X-Team": "a"}, {"api-version": 1}, 2.5))
        await server.ask(CHAT, Parameters(BODY))
    first, second = upstream.requests
    assert first.headers["x-team"] == "a"
    assert first.url.params["api-version"] == "1"
    assert first.extensions["timeout"]["read"] == 2.5
    assert "authorization" not in first.headers
    assert second.extensions["timeout"]["read"] == 600.0


async def test_a_get_has_no_body() -> None:
    """What is asked for by GET is asked without a body."""
    upstream = Upstream(httpx.Response(200, json={"id": "m"}))
    async with upstream.server() as server:
        assert (await server.ask(Asked("GET", "/models/m"), Parameters({}))).id == "m"
    assert (upstream.requests[0].method, upstream.requests[0].content) == ("GET", b"")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(404, json={"error": {"message": "no such model"}}), PermanentError, "answered 404"),
        (httpx.Response(200, json=[1]), ProviderError, "no JSON object"),
        (httpx.Response(200, json={"error": {"message": "odd"}}), ProviderError, "odd"),
        (httpx.Response(200, text="<html>"), ProviderError, "not JSON"),
    ],
)
async def test_failures_are_errors_of_ours(answer: httpx.Response, kind: type[Exception], words: str) -> None:
    """A status or a body that is no answer is a typed error with the status in its context."""
    with stamina.set_testing(True, attempts=1):
        async with Upstream(answer).server() as server:
            with pytest.raises(kind, match=words) as caught:
                await server.ask(CHAT, Parameters(BODY))
    assert caught.value.context["status"] == answer.status_code  # type: ignore[attr-defined]


async def test_a_failure_that_may_pass_is_tried_again() -> None:
    """An overloaded server is asked again, as the SDK does."""
    upstream = Upstream(httpx.Response(503), httpx.Response(200, json=ANSWER))
    with stamina.set_testing(True, attempts=3):
        async with upstream.server() as server:
            assert (await server.ask(CHAT, Parameters(BODY))).id == "x"
    assert len(upstream.requests) == 2


async def test_a_stream_gives_every_chunk() -> None:
    """Chunks without text and fields of the server's own come too, in order, to the bit."""
    role = {"id": "x", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}
    usage = {"id": "x", "choices": [], "usage": {"total_tokens": 3}}
    chunks = [role, chunk("a"), chunk("b", "stop"), usage]
    async with Upstream(events(*chunks)).server() as server:
        stream = await server.open_stream(CHAT, Parameters(BODY))
        assert [piece.model_dump() async for piece in stream] == chunks


async def test_a_stream_s_failure_is_known_at_once() -> None:
    """Where the server refuses, opening fails, not the first chunk."""
    async with Upstream(httpx.Response(401, json={"error": "bad key"})).server() as server:
        with pytest.raises(PermanentError, match="bad key"):
            await server.open_stream(CHAT, Parameters(BODY))


async def test_an_error_in_a_stream_follows_its_chunks() -> None:
    """Chunks before an error are given, the error's own event is none, then it is raised."""
    answer = events(chunk("a"), chunk("b"), {"error": {"message": "overloaded"}}, done=False)
    async with Upstream(answer).server() as server:
        stream = await server.open_stream(CHAT, Parameters(BODY))
        assert [(await anext(stream)).choices[0].delta.content for _ in range(2)] == ["a", "b"]
        with pytest.raises(ProviderError, match="overloaded"):
            await anext(stream)


async def test_a_stream_that_breaks_off_is_an_error() -> None:
    """A stream that ends before its answer did is no answer."""
    async with Upstream(events(chunk("a"), done=False)).server() as server:
        stream = await server.open_stream(CHAT, Parameters(BODY))
        with pytest.raises(ProviderError, match="ended before"):
            _ = [piece async for piece in stream]


@pytest.mark.parametrize("how", ["block", "aclose", "close"])
async def test_a_stream_may_be_left(how: str) -> None:
    """Leaving closes the connection, before the first chunk as well as after it."""
    response = events(chunk("a"), chunk("b", "stop"))
    async with Upstream(response).server() as server:
        stream = await server.open_stream(CHAT, Parameters(BODY))
        if how == "block":
            async with stream as entered:
                assert (await anext(entered)).choices[0].delta.content == "a"
        else:
            await getattr(stream, how)()
        assert response.is_closed
