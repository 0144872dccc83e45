"""Amazon's SDK: Bedrock's conversations, whole and as event streams, over urllib3."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Proof, Sdk
from tests.sdks.chat_shape import TOOL
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.bedrock import BedrockServer

boto3 = pytest.importorskip("boto3", reason=NOT_HERE)
configuration = pytest.importorskip("botocore.config", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import Iterator

WEATHER = {
    "toolSpec": {
        "name": "weather",
        "description": "Tell the weather.",
        "inputSchema": {"json": TOOL["function"]["parameters"]},  # type: ignore[index]
    }
}


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client that signs with a made-up key."""
    session = boto3.session.Session(
        aws_access_key_id="AKIAPROOFPROOFPROOF1", aws_secret_access_key=KEY, region_name="eu-west-1"
    )
    config = configuration.Config(**{"retries": {"max_attempts": 0}, **options})
    opened = session.client("bedrock-runtime", endpoint_url=url, config=config)
    try:
        yield opened
    finally:
        opened.close()


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a conversation."""
    messages = [{"role": "user", "content": [{"text": ask.prompt}]}]
    settings = {"maxTokens": 60, "temperature": 0.5}
    return {"modelId": ask.model, "messages": messages, "inferenceConfig": settings, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer, the headers that it came with among it."""
    return client.converse(**asked(ask))


def stream(client: Any, ask: Ask) -> Any:
    """Ask for the events of a stream."""
    return ask.collect(client.converse_stream(**asked(ask))["stream"])


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.converse(**asked(ask, toolConfig={"tools": [WEATHER]}))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call in fragments."""
    return ask.collect(client.converse_stream(**asked(ask, toolConfig={"tools": [WEATHER]}))["stream"])


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask a model for a vector, in the body that is its own."""
    body = f'{{"inputText": "{ask.prompt}"}}'
    return client.invoke_model(modelId=ask.model, body=body)["body"].read()


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.converse(**{**asked(ask), "modelId": "absent"})


def chat_proof(value: dict[str, Any]) -> Proof:
    """Read a whole answer; it does not name the model."""
    blocks = value["output"]["message"]["content"]
    return Proof(
        text="".join(block.get("text", "") for block in blocks),
        finish_reason=value["stopReason"],
        prompt_tokens=value["usage"]["inputTokens"],
        completion_tokens=value["usage"]["outputTokens"],
        tool_calls=[(block["toolUse"]["name"], block["toolUse"]["input"]) for block in blocks if "toolUse" in block],
    )


def stream_proof(events: list[dict[str, Any]]) -> Proof:
    """Read a stream's events."""
    found: dict[str, Any] = {}
    for event in events:
        found.update(event)
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    names = [event["contentBlockStart"]["start"]["toolUse"]["name"] for event in events if "contentBlockStart" in event]
    arguments = "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta)
    usage = found["metadata"]["usage"]
    return Proof(
        text="".join(delta.get("text", "") for delta in deltas),
        finish_reason=found["messageStop"]["stopReason"],
        prompt_tokens=usage["inputTokens"],
        completion_tokens=usage["outputTokens"],
        tool_calls=[(name, json.loads(arguments)) for name in names],
    )


RETRY = {"retries": {"max_attempts": 2, "mode": "standard"}}
IMPATIENT = {"read_timeout": 0.3, "retries": {"max_attempts": 0}}

CASES = (
    Case("chat", chat, proves=chat_proof),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_proof),
    Case("stream", stream, proves=stream_proof),
    Case("tools", tools, proves=chat_proof),
    Case("tools, stream", tools_stream, proves=stream_proof),
    Case("embeddings", embeddings),
    Case("error", not_found, fails=True),
    Case("rate limit", chat, faults=(too_many,), requests=2, options=RETRY),
    Case("rate limit, given up", chat, faults=(too_many,), fails=True),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="boto3",
    distribution="boto3",
    stack="urllib3",
    server=BedrockServer,
    client=client,
    async_client=None,
    cases=CASES,
    provider="bedrock",
)


class TestBoto3Bedrock(StreamingProver):
    """Every row of the table."""

    sdk = SDK
