"""
OpenAI's ``/responses``: asked, asked for again by id, compacted, and their input's tokens counted.

Source: https://platform.openai.com/docs/api-reference/responses.
"""

from __future__ import annotations

from typing import Any

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects.answers import Counts, read_counts, write_counts
from playhead.dialects.bodies import BARE, PLAIN, Message, message_list
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_requests import read_posted, write_posted
from playhead.dialects.openai_response_objects import COMPACT, decode_answer, encode_answer
from playhead.dialects.openai_responses_stream import STREAM
from playhead.dialects.openai_wire import mapping, refuse_error, text
from playhead.dialects.paths import asks_stream, never_streams, posted
from playhead.dialects.queries import asks_stream_by_query, read_retrieval, write_retrieval
from playhead.dialects.system_field import with_system, without_system
from playhead.errors import ProviderError

PROVIDER = "openai"
OPERATION = "responses"
RETRIEVE = "responses.retrieve"
COUNT = "responses.input_tokens"
COUNT_OBJECT = "response.input_tokens"

_NAMES = {**PLAIN, "max_tokens": "max_output_tokens"}
_FIELDS = frozenset(("input", "model", "prompt", "previous_response_id", "conversation"))
_SYSTEM = "instructions"
_COUNTS = Counts(("input_tokens",))


def _claims(asked: Asked) -> bool:
    return asked.path.endswith("/responses") and _asks_model(asked)


def _claims_compact(asked: Asked) -> bool:
    return asked.path.endswith("/responses/compact") and _asks_model(asked)


def _claims_count(asked: Asked) -> bool:
    return asked.path.endswith("/responses/input_tokens") and _asks_model(asked)


def _asks_model(asked: Asked) -> bool:
    # Any service may have responses of something (a survey's); these are asked of a model.
    return not _FIELDS.isdisjoint(posted(asked) or ())


def _claims_retrieve(asked: Asked) -> bool:
    return asked.method == "GET" and asked.body is None and _id_of(asked.path).startswith("resp")


def _id_of(path: str) -> str:
    head, _, name = path.rpartition("/")
    return name if head.endswith("/responses") else ""


def _read_request(asked: Asked, operation: str, family: Family = Family.LLM) -> CompletionRequest:
    given = asked.body.get("input")
    items: tuple[Message, ...]
    if type(given) is str:
        items = ({BARE: given},)
    else:
        items = message_list(given) or ()
        if _bare_text(items) is not None:
            items = ()  # a list that would be taken for a text
    if not items:
        return read_posted(asked, operation, family=family, names=_NAMES)
    messages, system = with_system(asked.body, items, _SYSTEM, kinds=(str,))
    taken = ("input",) if system is None else ("input", system)
    return read_posted(asked, operation, family=family, messages=messages, taken=taken, names=_NAMES)


def _bare_text(items: tuple[Message, ...]) -> str | None:
    """Give the text that an input stands for which is no list."""
    if len(items) == 1 and len(items[0]) == 1 and isinstance(items[0].get(BARE), str):
        return text(items[0][BARE])
    return None


def _write_request(request: CompletionRequest, path: str, stream: bool) -> Asked:
    fields: dict[str, Any] = {}
    if request.messages is not None:
        fields, items = without_system(request.messages, _SYSTEM)
        bare = _bare_text(items)
        fields["input"] = list(items) if bare is None else bare
    elif request.prompt is not None:
        fields["input"] = request.prompt
    return write_posted(request, path, fields, stream=stream, names=_NAMES)


def _decode_request(asked: Asked) -> CompletionRequest:
    return _read_request(asked, OPERATION)


def _encode_request(request: CompletionRequest, stream: bool) -> Asked:
    return _write_request(request, "/v1/responses", stream)


def _decode_compact_request(asked: Asked) -> CompletionRequest:
    return _read_request(asked, COMPACT)


def _encode_compact_request(request: CompletionRequest, _stream: bool) -> Asked:
    return _write_request(request, "/v1/responses/compact", stream=False)


def _decode_count_request(asked: Asked) -> CompletionRequest:
    return _read_request(asked, COUNT, Family.HTTP)


def _encode_count_request(request: CompletionRequest, _stream: bool) -> Asked:
    return _write_request(request, "/v1/responses/input_tokens", stream=False)


def _decode_count(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    usage = read_counts({"input_tokens": answer.get("input_tokens")}, _COUNTS)
    if not usage.reported:
        raise ProviderError(f"the answer has no count of tokens: its fields are {sorted(answer)!r}")
    return Completion(usage=usage)


def _encode_count(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    return {"object": COUNT_OBJECT, "input_tokens": None, **write_counts(completion.usage, _COUNTS)}


def _decode_retrieve_request(asked: Asked) -> CompletionRequest:
    return read_retrieval(asked, _id_of(asked.path), RETRIEVE)


def _encode_retrieve_request(request: CompletionRequest, stream: bool) -> Asked:
    return write_retrieval(request, "/v1/responses/", stream)


DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=OPERATION,
        claims=_claims,
        streams=asks_stream,
        decode_request=_decode_request,
        encode_request=_encode_request,
        decode_response=decode_answer,
        encode_response=encode_answer,
        stream=STREAM,
    ),
    Dialect(
        provider=PROVIDER,
        operation=COMPACT,
        claims=_claims_compact,
        streams=never_streams,
        decode_request=_decode_compact_request,
        encode_request=_encode_compact_request,
        decode_response=decode_answer,
        encode_response=encode_answer,
    ),
    Dialect(
        provider=PROVIDER,
        operation=RETRIEVE,
        claims=_claims_retrieve,
        streams=asks_stream_by_query,
        decode_request=_decode_retrieve_request,
        encode_request=_encode_retrieve_request,
        decode_response=decode_answer,
        encode_response=encode_answer,
        stream=STREAM,
    ),
    Dialect(
        provider=PROVIDER,
        operation=COUNT,
        claims=_claims_count,
        streams=never_streams,
        decode_request=_decode_count_request,
        encode_request=_encode_count_request,
        decode_response=_decode_count,
        encode_response=_encode_count,
    ),
)
