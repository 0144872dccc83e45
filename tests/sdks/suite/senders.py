"""Sends each recorded request anew, through the SDK of the vendor it went to."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit


class Answer(NamedTuple):
    """
    What an SDK got.

    Attributes:
        status: The status.
        text: The body, empty where the SDK keeps it to itself.
    """

    status: int
    text: str


def send(request: Any) -> Answer:
    """Send a request of vcrpy's form, by its host."""
    host = urlsplit(request.uri).hostname or ""
    for part, sender in SENDERS.items():
        if part in host:
            return sender(request)
    return by_httpx(request)


def _body(request: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def _openai_error(call: Callable[[], Any], failing: type[Exception]) -> Answer:
    try:
        raw = call()
    except failing as error:
        answer: Any = error.response  # type: ignore[attr-defined]
        return Answer(answer.status_code, answer.text)
    return _drained(raw)


def _drained(raw: Any) -> Answer:
    answer = raw.http_response
    answer.read()
    return Answer(answer.status_code, answer.text)


def by_openai(request: Any) -> Answer:
    """Send by the SDK of OpenAI, which most vendors' users take."""
    import openai

    base, path = _split(request.uri, ("/chat/completions", "/responses", "/embeddings"))
    with openai.OpenAI(api_key="sk-nobody", base_url=base, max_retries=0) as client:
        if request.method == "GET":
            raw = client.responses.with_raw_response
            name = urlsplit(path).path.rpartition("/")[2]
            return _openai_error(lambda: raw.retrieve(name, extra_query=dict(request.query)), openai.APIStatusError)
        given = _body(request)
        if path == "/chat/completions":
            chat = client.chat.completions.with_raw_response
            needed = {name: given.pop(name) for name in ("model", "messages")}
            return _openai_error(lambda: chat.create(**needed, extra_body=given), openai.APIStatusError)
        if path == "/embeddings":
            embeddings = client.embeddings.with_raw_response
            return _openai_error(lambda: embeddings.create(**given), openai.APIStatusError)
        if path == "/responses/compact":
            compact = client.responses.with_raw_response
            return _openai_error(
                lambda: compact.compact(model=given.pop("model"), extra_body=given), openai.APIStatusError
            )
        responses = client.responses.with_raw_response
        return _openai_error(lambda: responses.create(extra_body=given), openai.APIStatusError)


def by_groq(request: Any) -> Answer:
    """Send by the SDK of Groq."""
    import groq

    given = _body(request)
    needed = {name: given.pop(name) for name in ("model", "messages")}
    with groq.Groq(api_key="gsk-nobody", max_retries=0) as client:
        chat = client.chat.completions.with_raw_response
        return _openai_error(lambda: chat.create(**needed, extra_body=given), groq.APIStatusError)


def by_anthropic(request: Any) -> Answer:
    """Send by the SDK of Anthropic."""
    import anthropic

    given = _body(request)
    query = dict(request.query)
    with anthropic.Anthropic(api_key="sk-ant-nobody", max_retries=0) as client:
        raw = client.beta.messages.with_raw_response
        if "count_tokens" in request.uri:
            needed = {name: given.pop(name) for name in ("model", "messages")}
            return _openai_error(
                lambda: raw.count_tokens(**needed, extra_body=given, extra_query=query), anthropic.APIStatusError
            )
        needed = {name: given.pop(name) for name in ("model", "messages", "max_tokens")}
        return _openai_error(
            lambda: raw.create(**needed, extra_body=given, extra_query=query, timeout=60), anthropic.APIStatusError
        )


def by_mistral(request: Any) -> Answer:
    """Send by the SDK of Mistral."""
    from mistralai.client import Mistral

    given = _body(request)
    stream = given.pop("stream", False)
    with Mistral(api_key="nobody") as client:
        if stream:
            with client.chat.stream(**given, stream=True) as events:
                return Answer(200, "".join(event.data.model_dump_json() for event in events) and "")
        client.chat.complete(**given, stream=False)
        return Answer(200, "")


def by_cohere(request: Any) -> Answer:
    """Send by the SDK of Cohere."""
    import cohere

    given = _body(request)
    client = cohere.ClientV2(api_key="nobody")
    if request.uri.endswith("/embed"):
        client.embed(**given)
    else:
        client.chat(**{name: value for name, value in given.items() if name != "stream"})
    return Answer(200, "")


def by_google(request: Any) -> Answer:
    """Send by the SDK of Google, below its types."""
    from google import genai

    parts = urlsplit(request.uri)
    client = genai.Client(api_key="nobody")
    version, _, path = parts.path.strip("/").partition("/")
    options = {"base_url": f"{parts.scheme}://{parts.netloc}", "api_version": version, "retry_options": None}
    try:
        if "streamGenerate" in path:
            pieces = client._api_client.request_streamed("post", f"{path}?{parts.query}", _body(request), options)
            return Answer(200, "" if list(pieces) else "nothing")
        answer = client._api_client.request("post", path, _body(request), options)
        return Answer(200, answer.body or "")
    finally:
        client.close()


def by_boto3(request: Any) -> Answer:
    """Send by boto3."""
    import boto3

    given = _body(request)
    model, _, operation = unquote(urlsplit(request.uri).path).removeprefix("/model/").rpartition("/")
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", aws_access_key_id="nobody", aws_secret_access_key="nobody"
    )
    try:
        if operation == "converse":
            answer = client.converse(modelId=model, **_decoded(given))
        elif operation == "converse-stream":
            answer = client.converse_stream(modelId=model, **_decoded(given))
            assert list(answer["stream"])
        else:
            answer = client.invoke_model(modelId=model, body=json.dumps(given), contentType="application/json")
            assert answer["body"].read()
        return Answer(answer["ResponseMetadata"]["HTTPStatusCode"], "")
    finally:
        client.close()


def _decoded(value: Any) -> Any:
    """Give what boto3 takes for what it sends: bytes for base64."""
    if isinstance(value, dict):
        return {
            name: base64.b64decode(inner) if name in ("bytes", "redactedContent") else _decoded(inner)
            for name, inner in value.items()
        }
    return [_decoded(inner) for inner in value] if isinstance(value, list) else value


def by_aiohttp(request: Any) -> Answer:
    """Send by aiohttp."""
    import aiohttp

    async def sent() -> Answer:
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, request.uri, json=_body(request)) as answer,
        ):
            return Answer(answer.status, await answer.text())

    return asyncio.run(sent())


def by_httpx(request: Any) -> Answer:
    """Send by httpx: downloads, and vendors without an SDK."""
    import httpx

    answer = httpx.request(request.method, request.uri, trust_env=False)
    return Answer(answer.status_code, "")


def _split(uri: str, paths: tuple[str, ...]) -> tuple[str, str]:
    """Give the address of an API, and the path in it."""
    found = next(path for path in paths if path in uri)
    base, _, rest = uri.partition(found)
    return base, found + rest


SENDERS: dict[str, Callable[[Any], Answer]] = {
    "api.openai.com": by_openai,
    "cerebras": by_openai,
    "deepseek": by_openai,
    "openrouter": by_openai,
    "ollama": by_openai,
    "huggingface": by_aiohttp,
    "groq": by_groq,
    "anthropic": by_anthropic,
    "mistral": by_mistral,
    "cohere": by_cohere,
    "googleapis": by_google,
    "bedrock": by_boto3,
}
"""What sends to a host, by a part of its name."""
