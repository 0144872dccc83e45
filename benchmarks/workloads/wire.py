"""
HTTP exchanges as recorders of HTTP see them: OpenAI's bodies and headers.

Fields and headers follow https://platform.openai.com/docs/api-reference/chat; every id, time and limit is made up.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

import msgspec

from benchmarks.workloads.calls import Exchange
from benchmarks.workloads.text import Writer
from playhead import Completion, CompletionRequest

_ENCODE = msgspec.json.Encoder().encode
_START = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


def request_headers(body: bytes) -> dict[str, str]:
    """Give the headers an SDK sends."""
    return {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "connection": "keep-alive",
        "content-length": str(len(body)),
        "content-type": "application/json",
        "host": "api.openai.com",
        "user-agent": "OpenAI/Python 3.52.0",
        "x-stainless-arch": "x64",
        "x-stainless-async": "false",
        "x-stainless-lang": "python",
        "x-stainless-os": "Linux",
        "x-stainless-package-version": "3.52.0",
        "x-stainless-retry-count": "0",
        "x-stainless-runtime": "CPython",
        "x-stainless-runtime-version": "3.11.9",
    }


def response_headers(body: bytes, facts: Writer, *, content_type: str = "application/json") -> dict[str, str]:
    """Give the headers a server sends; ``facts`` makes the ids and times."""
    when = _START + datetime.timedelta(seconds=facts.number(0, 10_000_000))
    return {
        "CF-RAY": f"{facts.token(16).lower()}-FRA",
        "Connection": "keep-alive",
        "Content-Length": str(len(body)),
        "Content-Type": content_type,
        "Date": when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "Server": "cloudflare",
        "alt-svc": 'h3=":443"; ma=86400',
        "cf-cache-status": "DYNAMIC",
        "openai-organization": "example-org",
        "openai-processing-ms": str(facts.number(300, 9000)),
        "openai-version": "2020-10-01",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "x-content-type-options": "nosniff",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": str(facts.number(9000, 9999)),
        "x-ratelimit-reset-requests": f"{facts.number(6, 90)}ms",
        "x-request-id": f"req_{facts.token(32).lower()}",
    }


def chat_request(request: CompletionRequest, *, stream: bool = False) -> bytes:
    """Encode a chat request's body."""
    body: dict[str, Any] = {"messages": list(request.conversation()), "model": request.model}
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = list(request.tools)
    if stream:
        body["stream"] = True
    return _ENCODE(body)


def chat_exchange(request: CompletionRequest, completion: Completion, facts: Writer) -> Exchange:
    """Write a chat call out over HTTP."""
    message: dict[str, Any] = {"role": "assistant", "content": completion.text or None, "refusal": None}
    if completion.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in completion.tool_calls
        ]
    body = {
        "id": f"chatcmpl-{facts.token(29)}",
        "object": "chat.completion",
        "created": int(_START.timestamp()) + facts.number(0, 10_000_000),
        "model": completion.model,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason},
        ],
        "usage": _usage(completion),
        "service_tier": "default",
        "system_fingerprint": f"fp_{facts.token(10).lower()}",
    }
    return exchange("chat/completions", chat_request(request), _ENCODE(body), facts)


def _usage(completion: Completion) -> dict[str, Any]:
    return {
        "prompt_tokens": completion.usage.prompt_tokens,
        "completion_tokens": completion.usage.completion_tokens,
        "total_tokens": completion.usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def stream_exchange(
    request: CompletionRequest, completion: Completion, pieces: tuple[str, ...], facts: Writer
) -> Exchange:
    """Write a streamed chat call out as server-sent events."""
    head = {
        "id": f"chatcmpl-{facts.token(29)}",
        "object": "chat.completion.chunk",
        "created": int(_START.timestamp()) + facts.number(0, 10_000_000),
        "model": completion.model,
        "service_tier": "default",
        "system_fingerprint": f"fp_{facts.token(10).lower()}",
    }

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return b"data: " + _ENCODE({**head, "choices": [choice]}) + b"\n\n"

    events = [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces)]
    body = b"".join([*events, event({}, completion.finish_reason), b"data: [DONE]\n\n"])
    asked = chat_request(request, stream=True)
    return exchange("chat/completions", asked, body, facts, content_type="text/event-stream; charset=utf-8")


def live_stream_exchange(
    request: CompletionRequest, completion: Completion, pieces: tuple[str, ...], facts: Writer
) -> Exchange:
    """
    Write a streamed chat call out as it comes.

    Each event has an ``obfuscation`` of random letters and digits, which evens out the events' lengths. Most chunks are
    one event; some are two, and some end in the middle of one.
    """
    head = {
        "id": f"chatcmpl-{facts.token(29)}",
        "object": "chat.completion.chunk",
        "created": int(_START.timestamp()) + facts.number(0, 10_000_000),
        "model": completion.model,
    }

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        hiding = facts.token(max(1, 10 - len(delta.get("content", "")) + facts.number(-2, 2)))
        return b"data: " + _ENCODE({**head, "choices": [choice], "obfuscation": hiding}) + b"\n\n"

    events = [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces)]
    events += [event({}, completion.finish_reason), b"data: [DONE]\n\n"]
    chunks: list[bytes] = []
    rest = b""
    for one in events:
        rest += one
        dice = facts.number(0, 19)
        if dice == 0:
            continue
        at = len(rest) - facts.number(1, len(one) - 1) if dice == 1 else len(rest)
        chunks.append(rest[:at])
        rest = rest[at:]
    chunks += [rest] if rest else []
    gaps = (facts.number(300, 900), *(facts.number(3, 40) for _ in chunks[1:]))
    asked = chat_request(request, stream=True)
    body = b"".join(events)
    made = exchange("chat/completions", asked, body, facts, content_type="text/event-stream; charset=utf-8")
    headers = {name: value for name, value in made.response_headers.items() if name != "Content-Length"}
    headers["Transfer-Encoding"] = "chunked"
    return made._replace(response_headers=headers, chunks=tuple(chunks), gaps_ms=gaps)


def embedding_exchange(texts: list[str], vectors: list[list[float]], completion: Completion, facts: Writer) -> Exchange:
    """Write a call for embeddings out over HTTP."""
    asked = _ENCODE({"input": texts, "model": completion.model, "encoding_format": "float"})
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    usage = {"prompt_tokens": completion.usage.prompt_tokens, "total_tokens": completion.usage.total_tokens}
    # Written by Python, as OpenAI's are: a small number is 4.5e-05 there, and 4.5e-5 elsewhere.
    body = json.dumps(
        {"object": "list", "data": data, "model": completion.model, "usage": usage}, separators=(",", ":")
    )
    return exchange("embeddings", asked, body.encode(), facts)


def exchange(
    path: str, request: bytes, response: bytes, facts: Writer, *, content_type: str = "application/json"
) -> Exchange:
    """Put bodies and headers together."""
    headers = response_headers(response, facts, content_type=content_type)
    return Exchange(path, request, response, request_headers(request), headers)
