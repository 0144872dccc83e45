"""
Recorded requests asked anew by the vendor's own SDK, through its public methods.

A field of the body that a method has no argument for goes by the SDK's own way for those (``extra_body``). What the
SDK makes of the answer is given in JSON's words, so that it can be held against the recording.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote

from tests.sdks.cases import KEY

Body = dict[str, Any]


class Call(NamedTuple):
    """A recorded request: where it went, what it said, and whether a stream is asked for."""

    url: str
    body: Body
    stream: bool


def _split(call: Call, path: str) -> str:
    base, found, _ = call.url.partition(path)
    assert found, call.url
    return base


def _rest(body: Body, *named: str) -> Body:
    return {name: value for name, value in body.items() if name not in named and name != "stream"}


def _dumped(found: Any, stream: bool) -> list[Any]:
    items = list(found) if stream else [found]
    return [item.to_dict(mode="json", warnings=False) for item in items]


def openai_chat(call: Call) -> list[Any]:
    """OpenAI's SDK, at whatever vendor's chat completions."""
    import openai

    return _chat(openai.OpenAI, call, "/chat/completions")


def groq_chat(call: Call) -> list[Any]:
    """Groq's SDK."""
    import groq

    return _chat(groq.Groq, call, "/openai/v1/chat/completions")


def _chat(client: Callable[..., Any], call: Call, path: str) -> list[Any]:
    with client(api_key=KEY, base_url=_split(call, path), max_retries=0) as opened:
        found = opened.chat.completions.create(
            model=call.body["model"],
            messages=call.body["messages"],
            extra_body=_rest(call.body, "model", "messages"),
            **({"stream": True} if call.stream else {}),
        )
        return _dumped(found, call.stream)


def openai_responses(call: Call) -> list[Any]:
    """OpenAI's SDK: responses."""
    import openai

    with openai.OpenAI(api_key=KEY, base_url=_split(call, "/responses"), max_retries=0) as client:
        found = client.responses.create(
            model=call.body["model"],
            input=call.body["input"],
            extra_body=_rest(call.body, "model", "input"),
            **({"stream": True} if call.stream else {}),
        )
        return _dumped(found, call.stream)


def openai_embeddings(call: Call) -> list[Any]:
    """OpenAI's SDK: vectors, in the form they were asked for."""
    import openai

    with openai.OpenAI(api_key=KEY, base_url=_split(call, "/embeddings"), max_retries=0) as client:
        found = client.embeddings.with_raw_response.create(
            model=call.body["model"], input=call.body["input"], **_rest(call.body, "model", "input")
        )
        assert found.parse().data
        return [json.loads(found.content)]


def anthropic_messages(call: Call) -> list[Any]:
    """Anthropic's SDK."""
    import anthropic

    with anthropic.Anthropic(api_key=KEY, base_url=_split(call, "/v1/messages"), max_retries=0) as client:
        found = client.messages.create(
            model=call.body["model"],
            messages=call.body["messages"],
            max_tokens=call.body["max_tokens"],
            extra_body=_rest(call.body, "model", "messages", "max_tokens"),
            **({"stream": True} if call.stream else {}),
        )
        return _dumped(found, call.stream)


def google_generate(call: Call) -> list[Any]:
    """Google's SDK, at the Gemini API and at Vertex AI."""
    from google import genai

    base, _, rest = call.url.partition("/v1")
    model = unquote(rest.partition("models/")[2].rpartition(":")[0])
    options = {"base_url": base, "extra_body": call.body}
    client = genai.Client(api_key=KEY, vertexai="aiplatform" in base, http_options=options)
    method = client.models.generate_content_stream if call.stream else client.models.generate_content
    found = method(model=model, contents="what is asked stands in the options")
    items = list(found) if call.stream else [found]
    return [json.loads(item.model_dump_json(by_alias=True, exclude_unset=True)) for item in items]


def mistral_chat(call: Call) -> list[Any]:
    """Mistral's SDK."""
    from mistralai.client import Mistral

    with Mistral(api_key=KEY, server_url=_split(call, "/v1/chat/completions")) as client:
        method = client.chat.stream if call.stream else client.chat.complete
        found = method(**_rest(call.body))
        items = [event.data for event in found] if call.stream else [found]
        return [json.loads(item.model_dump_json(exclude_unset=True)) for item in items]


def cohere_chat(call: Call) -> list[Any]:
    """Cohere's SDK, second protocol."""
    import cohere

    with cohere.ClientV2(api_key=KEY, base_url=_split(call, "/v2/chat")) as client:
        found = client.chat(**_rest(call.body))
        return [json.loads(found.model_dump_json(exclude_unset=True))]


@contextmanager
def _bedrock(call: Call) -> Iterator[tuple[Any, str]]:
    import boto3
    from botocore.config import Config

    base, _, rest = call.url.partition("/model/")
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=base,
        region_name="us-east-1",
        aws_access_key_id="AK-nobody",
        aws_secret_access_key=KEY,
        config=Config(retries={"max_attempts": 1}),
    )
    yield client, unquote(rest.rpartition("/")[0])
    client.close()


def bedrock_converse(call: Call) -> list[Any]:
    """Amazon's SDK: converse, whole and streamed."""
    asked = _with_bytes(call.body)
    with _bedrock(call) as (client, model):
        if call.stream:
            return [_plain(event) for event in client.converse_stream(modelId=model, **asked)["stream"]]
        found = client.converse(modelId=model, **asked)
        found.pop("ResponseMetadata")
        return [_plain(found)]


def bedrock_invoke(call: Call) -> list[Any]:
    """Amazon's SDK: bodies in the words of a model's maker."""
    with _bedrock(call) as (client, model):
        found = client.invoke_model(modelId=model, body=json.dumps(call.body), contentType="application/json")
        return [json.loads(found["body"].read())]


def _with_bytes(value: Any) -> Any:
    """Undo the base64 that the SDK writes bytes in."""
    if isinstance(value, dict):
        return {
            name: base64.b64decode(inner)
            if name in ("bytes", "redactedContent") and isinstance(inner, str)
            else _with_bytes(inner)
            for name, inner in value.items()
        }
    return [_with_bytes(inner) for inner in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda held: held.decode("latin-1")))
