"""
OpenAI's ``/models`` and ``/models/ID``, which most vendors and servers have as well.

Source: https://platform.openai.com/docs/api-reference/models; the same path is Anthropic's, Mistral's, Groq's. The
completion's ``output`` is the list of the models' ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_wire import mapping, refuse_error, sequence, text
from playhead.dialects.paths import never_streams
from playhead.dialects.queries import read_query, write_query
from playhead.errors import ProviderError

PROVIDER = "openai"
OPERATION = "models"
_PATH = "/v1/models"
_LISTS = ("data", "models")
_NAMES = ("id", "name", "model")


def _claims(asked: Asked) -> bool:
    if asked.method != "GET" or asked.body is not None:
        return False
    return asked.path.endswith("/models") or _one_of(asked.path) is not None


def _one_of(path: str) -> str | None:
    """
    Give the id of the model that a path names, percent-encoded as it is there.

    Only below a version or at the root: ``/api/models/ID`` is the Hub of Hugging Face, which answers something else.
    """
    head, found, name = path.partition("/models/")
    if not found or not name:
        return None
    version = head.rpartition("/")[2]
    is_version = version[:1] == "v" and version[1:2].isdigit()
    return name if not head or is_version or version == "openai" else None


def _decode_request(asked: Asked) -> CompletionRequest:
    params: dict[str, Any] = {}
    name = _one_of(asked.path)
    if name is not None:
        params["id"] = name
    if asked.query:
        params["query"] = read_query(asked.query)
    return CompletionRequest(params=params, family=Family.HTTP, operation=OPERATION)


def _encode_request(request: CompletionRequest, _stream: bool) -> Asked:
    name = text(request.params.get("id"))
    query = write_query(request.params.get("query"))
    return Asked("GET", f"{_PATH}/{name}" if name else _PATH, None, query)


def _decode_response(value: Any) -> Completion:
    answer = mapping(value)
    refuse_error(answer)
    listed = next((answer[name] for name in _LISTS if isinstance(answer.get(name), list)), value)
    if not isinstance(listed, list):
        return Completion(output=[_id_of(answer)])
    return Completion(output=[_id_of(mapping(each)) for each in sequence(cast("object", listed))])


def _id_of(model: Mapping[str, Any]) -> str:
    found = next((model[name] for name in _NAMES if text(model.get(name))), None)
    if found is None:
        raise ProviderError(f"the answer names no model: its fields are {sorted(model)!r}")
    return text(found)


def _encode_response(completion: Completion, request: CompletionRequest) -> dict[str, Any]:
    models = [
        {"id": text(name), "object": "model", "created": 0, "owned_by": PROVIDER}
        for name in sequence(completion.output)
    ]
    if "id" in request.params and len(models) == 1:
        return models[0]
    return {"object": "list", "data": models}


DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=OPERATION,
        claims=_claims,
        streams=never_streams,
        decode_request=_decode_request,
        encode_request=_encode_request,
        decode_response=_decode_response,
        encode_response=_encode_response,
    ),
)
