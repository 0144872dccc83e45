"""
A URL's parameters as part of a request.

Some vendors take a key there. It is no part of the question, and no secret may reach a file: what carries one is
masked by its name before anybody sees the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from playhead.core.model import CompletionRequest
from playhead.core.secret_names import MASK, Names, is_parameter
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_wire import sequence, text

_NAMES = Names()


def split_query(query: str) -> list[tuple[str, str]]:
    """Give the parameters of a URL or a form in order; bytes that are not UTF-8 come as lone surrogates."""
    return parse_qsl(query, keep_blank_values=True, errors="surrogateescape")


def read_query(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Give parameters as JSON values, credentials masked."""
    return [[name, MASK if value and is_parameter(name, _NAMES) else value] for name, value in pairs]


def write_query(value: Any) -> tuple[tuple[str, str], ...]:
    """Give the parameters that ``read_query`` gave, whatever else the value holds."""
    pairs = [sequence(pair) for pair in sequence(value)]
    return tuple((text(pair[0]), text(pair[1])) for pair in pairs if len(pair) == 2)


STREAM = ("stream", "true")
"""The parameter that asks for a stream where there is no body to ask in."""


def asks_stream_by_query(asked: Asked) -> bool:
    """Tell whether the parameters ask for a streamed answer."""
    return STREAM in asked.query


def read_retrieval(asked: Asked, name: str, operation: str) -> CompletionRequest:
    """Read the request for an answer that the vendor keeps under a name."""
    params: dict[str, Any] = {"id": name}
    if asked.query:
        params["query"] = read_query(asked.query)
    return CompletionRequest(params=params, operation=operation)


def write_retrieval(request: CompletionRequest, place: str, stream: bool) -> Asked:
    """Write what ``read_retrieval`` read; the name follows the place in the path."""
    query = write_query(request.params.get("query"))
    if stream and STREAM not in query:
        query = (*query, STREAM)
    return Asked("GET", f"{place}{text(request.params.get('id'))}", None, query)


def join_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Write parameters as they stand behind ``?`` or in a form; the inverse of ``split_query``."""
    return "&".join(f"{quote_plus(_bytes(name))}={quote_plus(_bytes(value))}" for name, value in pairs)


def _bytes(value: str) -> bytes:
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")  # a surrogate that stands for no byte
