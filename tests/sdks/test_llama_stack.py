"""Llama Stack's mixin with the real OpenAI SDK: its client, its objects, its exceptions, at both seams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead.providers.conventions.rehydrated import JSONObject
from playhead.providers.llama_stack import mixin
from tests.conformance.llama_stack import KEY, MESSAGES, MODEL, StackServer, TinyProvider, every_call, plain, read

# What holds without the SDK holds with it: the same tests run here too.
from tests.conformance.test_llama_stack import (  # noqa: F401
    Stage,
    no_key,
    stage,
    test_both_parameter_styles_are_one_question,
    test_ls_03_a_call_that_was_not_recorded_is_refused,
    test_ls_03_every_call_replays_without_network_and_key,
    test_ls_04_a_stream_has_the_same_chunks,
    test_ls_04_an_error_follows_the_chunks_before_it,
    test_ls_05_functions_of_the_older_form_are_matched,
    test_ls_05_tool_arguments_are_exact,
    test_ls_06_format_and_dimensions_are_part_of_the_key,
    test_ls_06_vectors_are_exact,
    test_ls_07_availability_is_the_same_again,
    test_ls_15_a_miss_says_all_that_is_needed,
)
from tests.sdks.cases import NOT_HERE
from tests.sdks.servers.base import too_many

openai = pytest.importorskip("openai", reason=NOT_HERE)
anthropic = pytest.importorskip("anthropic", reason=NOT_HERE)
httpx2 = pytest.importorskip("httpx2", reason=NOT_HERE)


async def test_ls_02_the_client_is_the_sdk_s() -> None:
    """``client`` is an ``AsyncOpenAI`` with the provider's address and key, kept while they are the same."""
    provider = TinyProvider("http://127.0.0.1:9/v1")
    client = provider.client
    assert isinstance(client, openai.AsyncOpenAI)
    assert (str(client.base_url), client.api_key) == ("http://127.0.0.1:9/v1/", KEY)
    assert provider.client is client
    await provider.aclose()
    assert client.is_closed()
    assert provider.client is not client
    await provider.aclose()


async def test_ls_02_what_goes_through_the_client_is_recorded(tmp_path: Path) -> None:
    """A call made by hand through ``client`` passes through the open session, and is replayed by the method."""
    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record"):
            live = await provider.client.chat.completions.create(model=MODEL, messages=MESSAGES)
            await provider.aclose()
    with playhead.use_cassette(tmp_path / "a.cassette"):
        assert plain(await provider.openai_chat_completion(MODEL, MESSAGES)) == plain(live)
        await provider.aclose()


@pytest.mark.parametrize("seam", ["provider", "wire"])
async def test_answers_are_the_sdk_s_objects_live_and_in_replay(tmp_path: Path, seam: str) -> None:
    """Classes, fields and chunks of a replayed answer are those of the live one."""

    async def use(provider: Any) -> list[Any]:
        stream = await provider.openai_chat_completion(MODEL, MESSAGES, stream=True)
        return [
            await provider.openai_chat_completion(MODEL, MESSAGES),
            await provider.openai_completion(MODEL, "once"),
            await provider.openai_embeddings(MODEL, ["a", "b"]),
            *[chunk async for chunk in stream],
        ]

    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record") as session:
            live = await use(session.wrap(provider, name="tiny") if seam == "provider" else provider)
            await provider.aclose()
    with playhead.use_cassette(tmp_path / "a.cassette") as session:
        wrapped = session.wrap(None, name="tiny", convention="llama-stack") if seam == "provider" else provider
        again = await use(wrapped)
        await provider.aclose()
    assert again == live
    assert [type(one) for one in again] == [type(one) for one in live]
    assert isinstance(again[0], openai.types.chat.ChatCompletion)
    # Without the SDK the same recording reads the same.
    for one in live:
        bare = JSONObject.of(plain(one))
        assert bare == one
        assert bare.id == getattr(one, "id", None)


async def test_one_recording_serves_with_and_without_the_sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK asked over the wire is what is asked without it: the bodies come to the same keys."""
    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record"):
            live = await every_call(provider)
            await provider.aclose()
    monkeypatch.setattr(mixin, "has_sdk", lambda: False)
    with playhead.use_cassette(tmp_path / "a.cassette") as session:
        assert await every_call(provider) == live
        await provider.aclose()
        assert session.report().unplayed == 0


@pytest.mark.parametrize("name", ["a/b", "ft:tiny:org::id", "model with space", "ü"])
async def test_a_model_s_name_is_written_as_the_sdk_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A name that must be escaped in a path is the same question with and without the SDK."""
    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record"):
            assert await provider.check_model_availability(name) is False
            await provider.aclose()
    monkeypatch.setattr(mixin, "has_sdk", lambda: False)
    with playhead.use_cassette(tmp_path / "a.cassette"):
        assert await provider.check_model_availability(name) is False
        await provider.aclose()


async def failures_of(provider: Any) -> list[Any]:
    """Give what calls raise: a model that is not there, too many requests, a server that is gone."""
    found: list[Any] = []
    for model in ("no-such-model", MODEL):
        with pytest.raises(openai.APIStatusError) as caught:
            await provider.openai_chat_completion(model, MESSAGES)
        found.append(caught.value)
    return found


@pytest.mark.parametrize("seam", ["provider", "wire"])
async def test_ls_18_exceptions_are_the_sdk_s(tmp_path: Path, seam: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Class, status, body, code, request id, and when to ask again are what they were."""
    monkeypatch.setattr(TinyProvider, "get_extra_client_params", lambda _: {"max_retries": 0})
    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        server.faults += [lambda _, __, answer: answer, too_many]
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record") as session:
            live = await failures_of(session.wrap(provider, name="tiny") if seam == "provider" else provider)
            await provider.aclose()
    with playhead.use_cassette(tmp_path / "a.cassette") as session:
        wrapped = session.wrap(None, name="tiny", convention="llama-stack") if seam == "provider" else provider
        again = await failures_of(wrapped)
        await provider.aclose()
    for one, other in zip(again, live, strict=True):
        assert type(one) is type(other)
        for field in ("status_code", "body", "code", "type", "message", "request_id"):
            assert getattr(one, field) == getattr(other, field)
        assert str(one) == str(other)
        assert one.response.headers.get("retry-after") == other.response.headers.get("retry-after")
    assert [type(one) for one in again] == [openai.NotFoundError, openai.RateLimitError]


def errors() -> list[Any]:
    """Make one exception of each kind that the two SDKs have."""
    request = httpx2.Request("POST", "https://api.example/v1/messages")
    made: list[Any] = []
    for sdk in (openai, anthropic):
        for status, name in ((400, "BadRequestError"), (401, "AuthenticationError"), (500, "InternalServerError")):
            body = {"error": {"type": "odd", "message": "words"}}
            response = httpx2.Response(status, json=body, headers={"x-request-id": "r"}, request=request)
            made.append(getattr(sdk, name)(f"{status} words", response=response, body=body))
        made += [
            sdk.APIConnectionError(request=request),
            sdk.APITimeoutError(request),
            sdk.APIError("an odd event", request, body=None),
            sdk.APIResponseValidationError(httpx2.Response(200, request=request), {"a": 1}, message="odd"),
        ]
    return [*made, httpx2.RemoteProtocolError("peer closed"), httpx2.ReadTimeout("slow"), openai.OpenAIError("odd")]


@pytest.mark.parametrize("at", range(len(errors())))
def test_ls_18_every_exception_of_the_sdks_is_rebuilt(at: int) -> None:
    """Each kind comes back as its class, with its words, status and body."""
    from playhead.core.failures import describe, rebuild

    error = errors()[at]
    again: Any = rebuild(describe(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    for field in ("status_code", "body", "type", "code"):
        if getattr(error, "status_code", None) is not None and hasattr(error, field):
            assert getattr(again, field) == getattr(error, field)


async def test_ls_04_a_stream_of_the_sdk_s_may_be_left_at_the_wire(tmp_path: Path) -> None:
    """A stream left early is recorded as far as it was read, and is left the same way again."""

    async def use(provider: Any) -> Any:
        stream = await provider.openai_chat_completion(MODEL, MESSAGES, stream=True)
        async with stream:
            return plain(await anext(stream))

    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        with playhead.use_cassette(tmp_path / "a.cassette", mode="record"):
            live = await use(provider)
            await provider.aclose()
    with playhead.use_cassette(tmp_path / "a.cassette"):
        assert await use(provider) == live
        await provider.aclose()


async def test_extra_parameters_reach_the_server(tmp_path: Path) -> None:
    """What the SDK has no argument for is sent in the body, and is part of what is matched."""
    with StackServer() as server:
        provider = TinyProvider(server.base_url)
        await provider.openai_chat_completion(MODEL, MESSAGES, top_k=4, extra_headers={"x-team": "a"})
        await read(await provider.openai_chat_completion(MODEL, MESSAGES, stream=True, min_p=0.1))
        await provider.aclose()
    assert server.asked[0].json["top_k"] == 4
    assert server.asked[0].headers["x-team"] == "a"
    assert server.asked[1].json["min_p"] == 0.1
