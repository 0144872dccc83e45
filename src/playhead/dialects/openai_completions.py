"""
OpenAI's ``/completions``: text that goes on where the prompt ends.

Source: https://platform.openai.com/docs/api-reference/completions. Of several choices, and of several prompts, the
first is the answer; the others are in the body only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.answers import cut_text, write_counts
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.openai_chat_stream import CONTENT_TYPE, END, ChatReader, ChatStreamDecoder, written_event
from playhead.dialects.openai_choices import COUNTS, answer_head, first_choice
from playhead.dialects.openai_requests import read_posted, write_posted
from playhead.dialects.openai_wire import decode_usage, mapping, refuse_error, text
from playhead.dialects.paths import asks_stream
from playhead.errors import ProviderError

PROVIDER = "openai"
OPERATION = "completions"
_OTHERS = ("/chat/completions", "/fim/completions")


def _claims(asked: Asked) -> bool:
    path, body = asked.path, asked.body
    if asked.method != "POST" or type(body) is not dict or not path.endswith("/completions"):
        return False
    # Any service may have completions of something; these are asked of a model.
    return not path.endswith(_OTHERS) and ("prompt" in body or "model" in body)


def decode_prompt_request(asked: Asked, operation: str = OPERATION) -> CompletionRequest:
    """Read a request; a prompt that is no single text (a list of texts, token numbers) stays among the params."""
    prompt = asked.body.get("prompt")
    if type(prompt) is not str:
        return read_posted(asked, operation)
    return read_posted(asked, operation, prompt=prompt, taken=("prompt",))


def prompt_field(request: CompletionRequest) -> dict[str, Any]:
    """Give the field that a request's text is written as; a conversation is its messages' texts, one below another."""
    if request.prompt is None and request.messages is None:
        return {}
    said = [content for message in request.conversation() if isinstance(content := message.get("content"), str)]
    return {"prompt": "\n".join(said)}


def _encode_request(request: CompletionRequest, stream: bool) -> Asked:
    return write_posted(request, "/v1/completions", prompt_field(request), stream=stream)


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    choice = first_choice(answer)
    if choice is None:
        raise ProviderError(f"the answer has no choices: its fields are {sorted(answer)!r}")
    refuse_error(choice)
    if "text" not in choice:
        raise ProviderError(f"the answer's first choice has no text: its fields are {sorted(choice)!r}")
    return Completion(
        text=text(choice["text"]),
        model=text(answer.get("model")),
        usage=decode_usage(answer.get("usage")),
        model_version=text(answer.get("system_fingerprint")) or None,
        finish_reason=text(choice.get("finish_reason")) or None,
    )


def _encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    usage = write_counts(completion.usage, COUNTS)
    return {
        **_head(completion),
        "choices": [_choice(completion.text, completion.finish_reason)],
        **({"usage": usage} if usage else {}),
    }


def _encode_stream(completion: Completion, pieces: Sequence[str], _request: CompletionRequest) -> Iterator[bytes]:
    head = _head(completion)
    for piece in cut_text(completion, pieces):
        yield written_event({**head, "choices": [_choice(piece, None)]})
    yield written_event({**head, "choices": [_choice("", completion.finish_reason)]})
    usage = write_counts(completion.usage, COUNTS)
    if usage:
        yield written_event({**head, "choices": [], "usage": usage})
    yield END


def _head(completion: Completion) -> dict[str, Any]:
    return answer_head(completion, "text_completion", prefix="cmpl-")


def _choice(said: str, finish_reason: str | None) -> dict[str, Any]:
    return {"text": said, "index": 0, "logprobs": None, "finish_reason": finish_reason}


class _Decoder(ChatStreamDecoder):
    """Puts an answer together from chunks whose choices hold text."""

    def _said(self, choice: Mapping[str, Any]) -> str:
        return text(choice.get("text"))


DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=OPERATION,
        claims=_claims,
        streams=asks_stream,
        decode_request=decode_prompt_request,
        encode_request=_encode_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
        stream=StreamFormat(CONTENT_TYPE, lambda: ChatReader(_Decoder()), _encode_stream),
    ),
)
