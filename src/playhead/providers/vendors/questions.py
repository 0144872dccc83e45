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

_STOP = "stop"
# What OpenAI's names are called elsewhere, and so where they are read. Sources:
# https://ai.google.dev/api/generate-content#generationconfig, https://docs.anthropic.com/en/api/messages,
# https://github.com/ollama/ollama/blob/main/docs/modelfile.md#parameter
_ANTHROPIC_NAMES = {_STOP: "stop_sequences"}
_GOOGLE_NAMES = {
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    _STOP: "stopSequences",
    "top_k": "topK",
    "top_p": "topP",
}
_OLLAMA_NAMES = {name: name for name in ("frequency_penalty", "presence_penalty", "seed", _STOP, "top_k", "top_p")}


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
    named, params = _renamed(request.params, _ANTHROPIC_NAMES)
    question = msgspec.structs.replace(
        request, prompt=None, messages=(*field, *messages), max_tokens=bound, params={**named, **params}
    )
    return _written(BY_NAME["anthropic", "messages"], question, stream, version="/v1")


def ask_google(request: CompletionRequest, stream: bool) -> Asked:
    """Write a question for Google: contents of parts, the roles ``user`` and ``model``, a configuration."""
    _check_stream(request, stream)
    system, messages = _lift_system(request)
    parts = [part for message in system for part in _google_parts(message.get("content"))]
    field = ({"role": "system", "content": {"parts": parts}},) if parts else ()
    named, params = _renamed(request.params, _GOOGLE_NAMES)
    params.pop("stream", None)
    own = mapping(params.get("generationConfig"))
    config = merge({"temperature": request.temperature, "maxOutputTokens": request.max_tokens, **named}, own)
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
    named, params = _renamed(request.params, _OLLAMA_NAMES)
    own = mapping(params.get("options"))
    options = merge({"temperature": request.temperature, "num_predict": request.max_tokens, **named}, own)
    if options:
        params["options"] = options
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


def _renamed(params: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the parameters that the vendor knows by other names or in another place, under its names, and the rest."""
    found = {theirs: params[ours] for ours, theirs in names.items() if params.get(ours) is not None}
    stops = names.get(_STOP, "")
    if isinstance(found.get(stops), str):
        found[stops] = [found[stops]]
    return found, {name: value for name, value in params.items() if name not in names}
