"""
A neutral question in a vendor's own form, to be sent below the vendor's base URL.

The dialects write a request whose messages are the vendor's already. What is added here is the way there from
``role`` and ``content``: system messages go where the vendor has a place for them, and temperature and the like where
it reads them. A message that has the vendor's form already passes as it is, and so does every further parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from playhead.core.model import CompletionRequest
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_chat import encode_chat
from playhead.dialects.openai_wire import mapping, merge, sequence, text
from playhead.dialects.registry import BY_NAME
from playhead.errors import UsageError

# The vendor asks for a bound with every message; an answer is seldom longer.
ANTHROPIC_MAX_TOKENS = 4096

# Source: https://ai.google.dev/api/generate-content#generationconfig
_GOOGLE_CONFIG = {
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    "stop": "stopSequences",
    "top_k": "topK",
    "top_p": "topP",
}


def ask_openai(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for OpenAI."""
    body = encode_chat(
        request,
        model=request.model,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        stream=stream,
    )
    return Asked("POST", "/chat/completions", body)


def ask_mistral(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for Mistral, which counts tokens in every stream and refuses to be told so."""
    asked = ask_openai(request, stream)
    kept = {name: value for name, value in asked.body.items() if name != "stream_options"}
    return asked._replace(body=kept)


def ask_anthropic(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for Anthropic: all system messages in one field, and always a bound."""
    _check_stream(request, stream)
    system, messages = _lift_system(request)
    bound = request.max_tokens
    if bound is None and "max_tokens" not in request.params:
        bound = ANTHROPIC_MAX_TOKENS
    whole = _system_blocks(system)
    field = ({"role": "system", "content": whole},) if whole else ()
    question = msgspec.structs.replace(request, prompt=None, messages=(*field, *messages), max_tokens=bound)
    return _written(BY_NAME["anthropic", "messages"], question, stream, version="/v1")


def ask_google(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for Google: contents of parts, the roles ``user`` and ``model``, a configuration."""
    _check_stream(request, stream)
    system, messages = _lift_system(request)
    parts = [part for message in system for part in _google_parts(message.get("content"))]
    field = ({"role": "system", "content": {"parts": parts}},) if parts else ()
    params = {name: value for name, value in request.params.items() if name not in (*_GOOGLE_CONFIG, "stream")}
    config = _google_config(request)
    if config:
        params["generationConfig"] = config
    question = msgspec.structs.replace(
        request,
        prompt=None,
        messages=(*field, *map(_google_content, messages)),
        model=(request.model or "").removeprefix("models/") or None,
        temperature=None,
        max_tokens=None,
        params=params,
    )
    operation = "streamGenerateContent" if stream else "generateContent"
    return _written(BY_NAME["google", operation], question, stream, version="/v1beta")


def ask_ollama(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for Ollama's ``/api/chat``."""
    return _ask_ollama(request, stream, "chat")


def ask_ollama_in_one_prompt(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for Ollama's ``/api/generate``: the conversation as lines of ``role: content``."""
    lines = [f"{text(one.get('role'))}: {text(one.get('content'))}" for one in request.conversation()]
    return _ask_ollama(msgspec.structs.replace(request, prompt="\n".join(lines), messages=None), stream, "generate")


def _ask_ollama(request: CompletionRequest, stream: bool, operation: str) -> Asked:
    _check_stream(request, stream)
    options = merge(
        {"temperature": request.temperature, "num_predict": request.max_tokens}, mapping(request.params.get("options"))
    )
    params = {**request.params, "options": options} if options else request.params
    question = msgspec.structs.replace(request, temperature=None, max_tokens=None, params=params)
    return _written(BY_NAME["ollama", operation], question, stream, version="")


def _written(dialect: Dialect, request: CompletionRequest, stream: bool, *, version: str) -> Asked:
    asked = dialect.encode_request(request, stream)
    return asked._replace(path=asked.path.removeprefix(version), body=merge(asked.body, {}))


def _check_stream(request: CompletionRequest, stream: bool) -> None:
    if bool(request.params.get("stream", stream)) is not stream:
        kind = "streamed" if stream else "whole"
        raise UsageError(
            f"params hold stream={request.params['stream']!r} in a call for a {kind} answer",
            hint="call stream(request) for pieces and complete(request) for a whole answer",
        )


def _lift_system(request: CompletionRequest) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Give the system messages, wherever they stand, and all others."""
    system: list[Mapping[str, Any]] = []
    others: list[Mapping[str, Any]] = []
    for message in request.conversation():
        (system if message.get("role") == "system" else others).append(message)
    return system, others


def _system_blocks(system: list[Mapping[str, Any]]) -> str | list[Any]:
    contents = [message.get("content") for message in system]
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(map(text, contents))
    blocks: list[Any] = []
    for content in contents:
        blocks += [{"type": "text", "text": content}] if isinstance(content, str) else sequence(content)
    return blocks


def _google_content(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if "parts" in message:
        return message
    role = "model" if message.get("role") in ("assistant", "model") else "user"
    return {"role": role, "parts": _google_parts(message.get("content"))}


def _google_parts(content: object) -> list[Any]:
    if isinstance(content, str):
        return [{"text": content}]
    parts: list[Any] = []
    for part in sequence(content):
        words = part if isinstance(part, str) else mapping(part).get("text")
        parts.append({"text": words} if isinstance(words, str) else part)
    return parts


def _google_config(request: CompletionRequest) -> dict[str, Any]:
    found: dict[str, Any] = {"temperature": request.temperature, "maxOutputTokens": request.max_tokens}
    for ours, theirs in _GOOGLE_CONFIG.items():
        found[theirs] = request.params.get(ours)
    if isinstance(found["stopSequences"], str):
        found["stopSequences"] = [found["stopSequences"]]
    return merge(found, mapping(request.params.get("generationConfig")))
