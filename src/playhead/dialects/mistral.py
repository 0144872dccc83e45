"""
Mistral's ``/chat/completions`` and ``/fim/completions``.

Source: https://docs.mistral.ai/api. The first speaks OpenAI's dialect at OpenAI's path: what tells it apart is the
body. Gateways that sell the same models under names with a maker in front (``mistralai/...``) speak OpenAI's.
"""

from __future__ import annotations

from typing import Any

from playhead.core.model import CompletionRequest
from playhead.dialects import openai_chat
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_chat_stream import STREAM
from playhead.dialects.openai_completions import decode_prompt_request, prompt_field
from playhead.dialects.openai_requests import write_posted
from playhead.dialects.paths import asks_stream

PROVIDER = "mistral"
_FIM = "fim.completions"

FAMILIES = frozenset(("mistral", "magistral", "codestral", "ministral", "pixtral", "devstral", "voxtral"))
"""The first words of the names of Mistral's own models: ``mistral-large-latest``."""

OPEN_FAMILIES = ("open-mistral-", "open-mixtral-", "open-codestral-")
"""How the names of its older ones start."""

_INITIALS = "".join({name[0] for name in (*FAMILIES, *OPEN_FAMILIES)})


def _claims(asked: Asked) -> bool:
    # Every chat of every vendor is asked this first, so what decides most often comes first.
    body = asked.body
    if type(body) is not dict:
        return False
    model: Any = body.get("model")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any JSON
    if isinstance(model, str) and model[:1] in _INITIALS:
        family, dash, _ = model.partition("-")
        if dash and (family in FAMILIES or (family == "open" and model.startswith(OPEN_FAMILIES))):
            return openai_chat.claims_chat(asked)
    own = "safe_prompt" in body or "random_seed" in body or "prompt_mode" in body
    return own and openai_chat.claims_chat(asked)


def _claims_fim(asked: Asked) -> bool:
    return asked.method == "POST" and type(asked.body) is dict and asked.path.endswith("/fim/completions")


def _decode_fim_request(asked: Asked) -> CompletionRequest:
    return decode_prompt_request(asked, _FIM)


def _encode_fim_request(request: CompletionRequest, stream: bool) -> Asked:
    return write_posted(request, "/v1/fim/completions", prompt_field(request), stream=stream)


DIALECTS: tuple[Dialect, ...] = (
    *(each._replace(provider=PROVIDER, claims=_claims) for each in openai_chat.DIALECTS),
    Dialect(
        provider=PROVIDER,
        operation=_FIM,
        claims=_claims_fim,
        streams=asks_stream,
        decode_request=_decode_fim_request,
        encode_request=_encode_fim_request,
        decode_response=openai_chat.decode_chat,
        encode_response=openai_chat.encode_chat_response,
        stream=STREAM,
    ),
)
