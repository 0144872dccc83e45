"""OpenAI's SDK: chats, responses, vectors, files, whole and streamed, sync and async."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, NOT_HERE, Ask, Case, Proof, Sdk, plain
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many
from tests.sdks.servers.openai_like import OpenAIServer

openai = pytest.importorskip("openai", reason=NOT_HERE)
pydantic = pytest.importorskip("pydantic", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Place(pydantic.BaseModel):  # type: ignore[misc, name-defined, unused-ignore]
    """What a structured answer is parsed into."""

    city: str
    turn: int


@contextmanager
def client(url: str, **options: Any) -> Iterator[Any]:
    """Open a client."""
    with openai.OpenAI(base_url=url, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


@asynccontextmanager
async def async_client(url: str, **options: Any) -> AsyncIterator[Any]:
    """Open an asynchronous client."""
    async with openai.AsyncOpenAI(base_url=url, api_key=KEY, **{"max_retries": 0, **options}) as opened:
        yield opened


def asked(ask: Ask, **more: Any) -> dict[str, Any]:
    """Give the arguments of a chat."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ask.prompt}]
    return {"model": ask.model, "messages": messages, "max_tokens": 60, **more}


def chat(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer; the id of the request is a header's, and is compared too."""
    found = client.chat.completions.create(**asked(ask))
    return {**plain(found), "request": found._request_id}


async def chat_async(client: Any, ask: Ask) -> Any:
    """Ask for a whole answer."""
    found = await client.chat.completions.create(**asked(ask))
    return {**plain(found), "request": found._request_id}


def raw(client: Any, ask: Ask) -> Any:
    """Ask for an answer with its status and headers."""
    found = client.chat.completions.with_raw_response.create(**asked(ask))
    headers = {name: found.headers.get(name) for name in ("x-request-id", "content-type")}
    return {"status": found.status_code, "headers": headers, "text": found.text, "parsed": plain(found.parse())}


def stream(client: Any, ask: Ask) -> Any:
    """Ask for a stream, with the counts."""
    return ask.collect(
        client.chat.completions.create(**asked(ask), stream=True, stream_options={"include_usage": True})
    )


async def stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a stream, with the counts."""
    options = {"include_usage": True}
    return await ask.gather(await client.chat.completions.create(**asked(ask), stream=True, stream_options=options))


def stream_unfinished(client: Any, ask: Ask) -> Any:
    """Leave a stream after its third chunk."""
    found = client.chat.completions.create(**asked(ask), stream=True)
    with found:
        return [ask.seen(next(found)) for _ in range(3)]


def stream_helper(client: Any, ask: Ask) -> Any:
    """Ask for a stream through the SDK's own gatherer."""
    with client.chat.completions.stream(**asked(ask)) as found:
        kinds = [event["type"] for event in ask.collect(found)]
        return {"kinds": kinds, "final": plain(found.get_final_completion())}


def tools(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return client.chat.completions.create(**asked(ask, tools=[chat_shape.TOOL], tool_choice="required"))


async def tools_async(client: Any, ask: Ask) -> Any:
    """Offer a tool, and have it called."""
    return await client.chat.completions.create(**asked(ask, tools=[chat_shape.TOOL], tool_choice="required"))


def tools_stream(client: Any, ask: Ask) -> Any:
    """Offer a tool, and read the call in fragments."""
    options = {"include_usage": True}
    arguments = asked(ask, tools=[chat_shape.TOOL], tool_choice="required", stream=True, stream_options=options)
    return ask.collect(client.chat.completions.create(**arguments))


def two_turns(client: Any, ask: Ask) -> Any:
    """Go round an agent's loop: call a tool, send its result, get the answer."""
    first = client.chat.completions.create(**asked(ask, tools=[chat_shape.TOOL]))
    message = first.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "snow"}
    arguments = asked(ask)
    arguments["messages"] += [message.model_dump(exclude_none=True), result]
    return plain(client.chat.completions.create(**arguments))


def structured(client: Any, ask: Ask) -> Any:
    """Ask for an object, and have it parsed."""
    return client.chat.completions.parse(**asked(ask), response_format=Place)


async def structured_async(client: Any, ask: Ask) -> Any:
    """Ask for an object, and have it parsed."""
    return await client.chat.completions.parse(**asked(ask), response_format=Place)


def responses(client: Any, ask: Ask) -> Any:
    """Ask for a response."""
    return client.responses.create(model=ask.model, input=ask.prompt)


async def responses_async(client: Any, ask: Ask) -> Any:
    """Ask for a response."""
    return await client.responses.create(model=ask.model, input=ask.prompt)


def responses_stream(client: Any, ask: Ask) -> Any:
    """Ask for a response in events."""
    return ask.collect(client.responses.create(model=ask.model, input=ask.prompt, stream=True))


async def responses_stream_async(client: Any, ask: Ask) -> Any:
    """Ask for a response in events."""
    return await ask.gather(await client.responses.create(model=ask.model, input=ask.prompt, stream=True))


def embeddings(client: Any, ask: Ask) -> Any:
    """Ask for vectors; the SDK asks for them packed."""
    return client.embeddings.create(model=ask.model, input=[ask.prompt, "un second"])


def embeddings_plain(client: Any, ask: Ask) -> Any:
    """Ask for a vector in numbers."""
    return client.embeddings.create(model=ask.model, input=ask.prompt, encoding_format="float")


async def embeddings_async(client: Any, ask: Ask) -> Any:
    """Ask for vectors."""
    return await client.embeddings.create(model=ask.model, input=[ask.prompt, "un second"])


def models(client: Any, _: Ask) -> Any:
    """List the models."""
    return [plain(one) for one in client.models.list()]


async def models_async(client: Any, _: Ask) -> Any:
    """List the models."""
    return [plain(one) async for one in client.models.list()]


def moderations(client: Any, ask: Ask) -> Any:
    """Ask whether a text is harmful."""
    return client.moderations.create(model="tiny-guard", input=ask.prompt)


def images(client: Any, ask: Ask) -> Any:
    """Ask for an image."""
    return client.images.generate(model="tiny-paint", prompt=ask.prompt)


def speech(client: Any, ask: Ask) -> Any:
    """Ask for sound: bytes that are no text."""
    return client.audio.speech.create(model="tiny-voice", voice="alloy", input=ask.prompt).content


def transcription(client: Any, ask: Ask) -> Any:
    """Send a file as a form, whose boundary is another each time."""
    return client.audio.transcriptions.create(
        model="tiny-ear", file=("a.wav", b"RIFF" + bytes(4000)), prompt=ask.prompt
    )


def file_content(client: Any, _: Ask) -> Any:
    """Read a file's bytes."""
    return client.files.content("f-1").content


def not_found(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return client.chat.completions.create(**asked(ask, model="absent"))


async def not_found_async(client: Any, ask: Ask) -> Any:
    """Ask a model that is not there."""
    return await client.chat.completions.create(**asked(ask, model="absent"))


def bad_request(client: Any, ask: Ask) -> Any:
    """Send what the server does not take."""
    return client.chat.completions.create(model=ask.model, messages=[] if ask.prompt else [{}])


def real_bad_request(client: Any, ask: Ask) -> Any:
    """Send messages that are no list."""
    return client.chat.completions.create(model=ask.model, messages=ask.prompt)


def response_proof(value: dict[str, Any]) -> Proof:
    """Read a response."""
    text = "".join(part["text"] for item in value["output"] for part in item["content"])
    usage = value["usage"]
    # A response has a status where a chat has a reason.
    return Proof(text, value["model"], value["status"], usage["input_tokens"], usage["output_tokens"])


RETRY = {"max_retries": 2}
IMPATIENT = {"timeout": 0.3}

CASES = (
    Case("chat", chat, proves=chat_shape.chat, real=True),
    Case("chat", chat_async, proves=chat_shape.chat, real=True),
    Case("chat, raw", raw, real=True),
    Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
    Case("stream", stream, proves=chat_shape.stream, real=True),
    Case("stream", stream_async, proves=chat_shape.stream, real=True),
    Case("stream, gzip", stream, faults=(squeezed,)),
    Case("stream, left early", stream_unfinished),
    Case("stream, helper", stream_helper),
    Case("tools", tools, proves=chat_shape.chat, real=True),
    Case("tools", tools_async, proves=chat_shape.chat, real=True),
    Case("tools, stream", tools_stream, proves=chat_shape.stream, real=True),
    Case("tools, loop", two_turns, requests=2, proves=chat_shape.chat),
    Case("structured", structured, proves=chat_shape.chat, real=True),
    Case("structured", structured_async, proves=chat_shape.chat),
    Case("responses", responses, proves=response_proof, real=True),
    Case("responses", responses_async, proves=response_proof),
    Case(
        "responses, stream", responses_stream, real=True, proves=lambda events: response_proof(events[-1]["response"])
    ),
    Case("responses, stream", responses_stream_async),
    Case("embeddings", embeddings, proves=chat_shape.embeddings, real=True),
    Case("embeddings, plain", embeddings_plain, proves=chat_shape.embeddings),
    Case("embeddings", embeddings_async, proves=chat_shape.embeddings),
    Case("models", models, prompted=False, real=True),
    Case("models", models_async, prompted=False),
    Case("moderations", moderations),
    Case("images", images),
    Case("speech", speech),
    Case("transcription", transcription),
    Case("file", file_content, prompted=False),
    Case("error", not_found, fails=True),
    Case("error", not_found_async, fails=True),
    Case("bad request", bad_request, fails=True),
    Case("bad request, not a list", real_bad_request, fails=True, real=True, loopback=False),
    Case("rate limit", chat, faults=(too_many,), requests=2, options=RETRY, proves=chat_shape.chat),
    Case("rate limit", chat_async, faults=(too_many,), requests=2, options=RETRY, proves=chat_shape.chat),
    Case("rate limit, stream", stream, faults=(too_many,), requests=2, options=RETRY, proves=chat_shape.stream),
    Case("rate limit, given up", chat, faults=(too_many,), fails=True),
    Case("server error", chat, faults=(overloaded,), fails=True),
    Case("server error, retried", chat, faults=(overloaded,), requests=2, options=RETRY),
    Case("time-out", chat, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out", chat_async, faults=(slow,), fails=True, options=IMPATIENT),
    Case("time-out, retried", chat, faults=(slow,), requests=2, options={**RETRY, **IMPATIENT}),
    Case("dropped", chat, faults=(dropped,), fails=True),
    Case("dropped stream", stream, faults=(dropped,), fails=True),
    Case("dropped stream", stream_async, faults=(dropped,), fails=True),
)

SDK = Sdk(
    name="openai",
    distribution="openai",
    stack="httpx2",
    server=OpenAIServer,
    client=client,
    async_client=async_client,
    cases=CASES,
    provider="openai",
    real_url=lambda server: str(server.base_url),
)


class TestOpenai(StreamingProver):
    """Every row of the table."""

    sdk = SDK
