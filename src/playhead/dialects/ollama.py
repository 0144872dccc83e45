"""
Ollama's own API: ``/api/chat``, ``/api/generate``, ``/api/embed``, ``/api/embeddings``, ``/api/tags``, ``/api/ps``,
``/api/show``.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md. Chat and generate stream unless ``stream`` is false, as
one JSON object a line. Temperature and the like stand in ``options``, one of the params. Thoughts, images and the times
a server took are in the body only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from playhead.core.model import Completion, CompletionRequest, Family, ToolCall
from playhead.dialects.answers import (
    AnswerReader,
    Counts,
    Draft,
    DraftCall,
    arguments_text,
    arguments_value,
    cut_text,
    read_counts,
    write_counts,
)
from playhead.dialects.bodies import message_list, read_body, write_body
from playhead.dialects.dialect import Asked, Dialect, StreamFormat
from playhead.dialects.ndjson import CONTENT_TYPE, LineFrames, write_line
from playhead.dialects.openai_wire import mapping, refuse_error, sequence, text
from playhead.dialects.paths import body_of, never_streams, posted
from playhead.dialects.system_field import with_system, without_system
from playhead.errors import ProviderError

PROVIDER = "ollama"
_COUNTS = Counts(("prompt_eval_count",), ("eval_count",))
_FIELDS: Mapping[str, str] = {"model": "model", "tools": "tools"}
# A server's clock is no part of what it says.
_CREATED = "1970-01-01T00:00:00Z"


def _claims_path(asked: Asked, path: str) -> bool:
    """Whether a model is asked at a path, which applications of other makers have too."""
    if not asked.path.endswith(path):
        return False
    body = posted(asked)
    return body is not None and ("model" in body or "name" in body)


def _streams(asked: Asked) -> bool:
    return body_of(asked).get("stream") is not False


def _decode_chat_request(asked: Asked) -> CompletionRequest:
    body = body_of(asked)
    messages = message_list(body.get("messages"))
    taken = () if messages is None else ("messages",)
    return read_body(body, operation="chat", messages=messages, taken=taken, names=_FIELDS)


def _encode_chat_request(request: CompletionRequest, stream: bool) -> Asked:
    spoken = request.messages is not None or request.prompt is not None
    fields = {"messages": list(request.conversation())} if spoken else {}
    return Asked("POST", "/api/chat", _write(request, fields, stream=stream))


def _decode_generate_request(asked: Asked) -> CompletionRequest:
    body = body_of(asked)
    prompt = body.get("prompt")
    if type(prompt) is not str:
        return read_body(body, operation="generate", names=_FIELDS)
    messages, system = with_system(body, ({"role": "user", "content": prompt},), "system", kinds=(str,))
    taken = ("prompt",) if system is None else ("prompt", system)
    return read_body(body, operation="generate", messages=messages, taken=taken, names=_FIELDS)


def _encode_generate_request(request: CompletionRequest, stream: bool) -> Asked:
    fields, messages = without_system(request.conversation(), "system")
    if messages:
        # A conversation of several turns, which the vendor has no place for here, is the text of its turns.
        fields["prompt"] = "\n".join(text(message.get("content")) for message in messages)
    return Asked("POST", "/api/generate", _write(request, fields, stream=stream))


def _write(request: CompletionRequest, fields: dict[str, Any], *, stream: bool) -> dict[str, Any]:
    options = {"temperature": request.temperature, "num_predict": request.max_tokens}
    given = {name: value for name, value in options.items() if value is not None}
    if given:
        fields["options"] = given
    body = write_body(request, fields, names=_FIELDS)
    return body if stream or "stream" in body else {**body, "stream": False}


def _chat_text(answer: Mapping[str, Any]) -> str:
    return text(mapping(answer.get("message")).get("content"))


def _generate_text(answer: Mapping[str, Any]) -> str:
    return text(answer.get("response"))


def _calls(answer: Mapping[str, Any]) -> Iterator[ToolCall]:
    for call in map(mapping, sequence(mapping(answer.get("message")).get("tool_calls"))):
        function = mapping(call.get("function"))
        arguments = arguments_text(function.get("arguments", {}))
        yield ToolCall(text(call.get("id")), text(function.get("name")), arguments)


def _counts_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer.get(name) for name in ("prompt_eval_count", "eval_count")}


def _written_calls(completion: Completion) -> list[dict[str, Any]]:
    return [
        {
            **({"id": call.id} if call.id else {}),
            "function": {"name": call.name, "arguments": arguments_value(call.arguments)},
        }
        for call in completion.tool_calls
    ]


def _chat_fields(said: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": said, **({"tool_calls": calls} if calls else {})}}


def _generate_fields(said: str, _calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"response": said}


class _Speech(NamedTuple):
    """
    An operation that answers in words.

    Attributes:
        operation: Its name, the path's last part.
        field: What an answer must hold.
        read: Gives the text of an answer or of a piece of one.
        write: Gives the fields that hold a text and tool calls.
    """

    operation: str
    field: str
    read: Callable[[Mapping[str, Any]], str]
    write: Callable[[str, Sequence[Mapping[str, Any]]], dict[str, Any]]

    def claims(self, asked: Asked) -> bool:
        return _claims_path(asked, f"/api/{self.operation}")

    def decode_response(self, value: Any) -> Completion:
        answer = mapping(value)
        refuse_error(answer)
        if answer.get(self.field) is None:
            raise ProviderError(f"the answer has no {self.field}: its fields are {sorted(answer)!r}")
        if answer.get("done") is False:
            raise ProviderError("the answer is only a piece of one")
        return Completion(
            text=self.read(answer),
            model=text(answer.get("model")),
            usage=read_counts(_counts_of(answer), _COUNTS),
            finish_reason=text(answer.get("done_reason")) or None,
            tool_calls=tuple(_calls(answer)),
        )

    def encode_response(self, completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
        return _last(completion, self.write(completion.text, _written_calls(completion)))

    def take(self, draft: Draft, answer: Mapping[str, Any]) -> None:
        refuse_error(answer)
        draft.model = draft.model or text(answer.get("model"))
        draft.say(self.read(answer))
        for call in _calls(answer):
            draft.calls[len(draft.calls)] = DraftCall(call.id, call.name, call.arguments)
        if answer.get("done") is True:
            draft.ended = draft.closed = True
            draft.finish_reason = text(answer.get("done_reason")) or None
            draft.add_counts(_counts_of(answer))

    def reader(self) -> AnswerReader:
        return AnswerReader(LineFrames(), self.take, _COUNTS)

    def encode_stream(
        self, completion: Completion, pieces: Sequence[str], _request: CompletionRequest
    ) -> Iterator[bytes]:
        head = {"model": completion.model, "created_at": _CREATED}
        for piece in cut_text(completion, pieces):
            yield write_line({**head, **self.write(piece, ()), "done": False})
        calls = _written_calls(completion)
        if calls:
            yield write_line({**head, **self.write("", calls), "done": False})
        yield write_line(_last(completion, self.write("", ())))

    def dialect(
        self,
        decode_request: Callable[[Asked], CompletionRequest],
        encode_request: Callable[[CompletionRequest, bool], Asked],
    ) -> Dialect:
        return Dialect(
            provider=PROVIDER,
            operation=self.operation,
            claims=self.claims,
            streams=_streams,
            decode_request=decode_request,
            encode_request=encode_request,
            decode_response=self.decode_response,
            encode_response=self.encode_response,
            stream=StreamFormat(CONTENT_TYPE, self.reader, self.encode_stream),
        )


def _last(completion: Completion, fields: Mapping[str, Any]) -> dict[str, Any]:
    usage = completion.usage
    counts = {"prompt_eval_count": usage.prompt_tokens, "eval_count": usage.completion_tokens}
    reason = {} if completion.finish_reason is None else {"done_reason": completion.finish_reason}
    return {
        "model": completion.model,
        "created_at": _CREATED,
        **fields,
        "done": True,
        **reason,
        **(counts if usage.reported else {}),
    }


def _asking(operation: str, field: str, family: Family) -> Dialect:
    """
    Make the dialect of an operation whose answer is in the body only.

    Args:
        operation: Its name, the path's last part.
        field: What an answer must hold.
        family: What it gives.
    """
    path = f"/api/{operation}"
    method = "GET" if operation in ("tags", "ps") else "POST"

    def claims(asked: Asked) -> bool:
        if method == "POST":
            return _claims_path(asked, path)
        return asked.method == method and asked.body is None and asked.path.endswith(path)

    def decode_request(asked: Asked) -> CompletionRequest:
        return read_body(body_of(asked), operation=operation, family=family, names={"model": "model"})

    def encode_request(request: CompletionRequest, _stream: bool) -> Asked:
        body = write_body(request, {}, names={"model": "model"}) if method == "POST" else None
        return Asked(method, path, body)

    def decode_response(value: Any) -> Completion:
        answer = mapping(value)
        refuse_error(answer)
        if field not in answer:
            raise ProviderError(f"the answer has no {field}: its fields are {sorted(answer)!r}")
        return Completion(model=text(answer.get("model")), usage=read_counts(_counts_of(answer), _COUNTS))

    def encode_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
        vectors = list(sequence(completion.output))
        found: dict[str, Any] = {field: vectors}
        if field == "embedding":
            found = {field: vectors[0] if vectors else []}
        elif field == "details":
            found = {field: {}, "model_info": {}}
        if completion.model:
            found["model"] = completion.model
        return {**found, **write_counts(completion.usage, Counts(("prompt_eval_count",)))}

    return Dialect(
        provider=PROVIDER,
        operation=operation,
        claims=claims,
        streams=never_streams,
        decode_request=decode_request,
        encode_request=encode_request,
        decode_response=decode_response,
        encode_response=encode_response,
    )


DIALECTS: tuple[Dialect, ...] = (
    _Speech("chat", "message", _chat_text, _chat_fields).dialect(_decode_chat_request, _encode_chat_request),
    _Speech("generate", "response", _generate_text, _generate_fields).dialect(
        _decode_generate_request, _encode_generate_request
    ),
    _asking("embed", "embeddings", Family.EMBEDDING),
    _asking("embeddings", "embedding", Family.EMBEDDING),
    _asking("tags", "models", Family.HTTP),
    _asking("ps", "models", Family.HTTP),
    _asking("show", "details", Family.HTTP),
)
