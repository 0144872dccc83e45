"""What the tests of all dialects share: bodies and answers of every shape, ways there and back, real recordings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import strategies as st
from tests.strategies import any_text, clean_text, opaque, plain_values, same

from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.dialect import Asked, Dialect
from playhead.errors import ProviderError

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

# --- requests

odd_values = opaque(
    st.one_of(
        plain_values,
        st.sampled_from([None, "", [], {}, 0, 0.0, -1, 1.5, True, float("inf"), 10**20, [{}], [1], {"a": None}]),
    )
)
conversations = opaque(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "role": st.sampled_from(["system", "user", "assistant", "tool", "model", 5]),
                "content": st.one_of(any_text, st.none(), st.just([{"type": "text", "text": "a"}])),
                "parts": st.just([{"text": "a"}]),
                "name": clean_text,
            },
        ),
        max_size=3,
    )
)


def bodies(*fields: str, **known: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """
    Give JSON objects of a vendor's requests.

    Args:
        fields: Names that the vendor knows, with values of any kind.
        known: Names with the values that are usual, and others.
    """
    usual = {name: st.one_of(strategy, odd_values) for name, strategy in known.items()}
    other = dict.fromkeys(fields, odd_values)
    common = {"model": st.one_of(st.just("m-1"), odd_values), "stream": st.one_of(st.booleans(), odd_values)}
    return opaque(
        st.builds(
            lambda further, body: {**further, **body},
            st.dictionaries(clean_text, plain_values, max_size=2),
            st.fixed_dictionaries({}, optional={**common, **other, **usual}),
        )
    )


def there_and_back(dialect: Dialect, asked: Asked) -> CompletionRequest:
    """Check that a request and its body say the same, and give the request."""
    assert dialect.claims(asked)
    request = dialect.decode_request(asked)
    assert request.operation == dialect.operation
    again = dialect.encode_request(request, dialect.streams(asked))
    assert same(again.body, asked.body), (again.body, asked.body)
    assert again.method == asked.method
    assert dialect.claims(again), again
    assert dialect.streams(again) == dialect.streams(asked)
    assert same(dialect.decode_request(again), request)
    fingerprint(request, dialect.provider)
    return request


def key(dialect: Dialect, asked: Asked) -> str:
    """Give the match key of a request."""
    return fingerprint(dialect.decode_request(asked), dialect.provider, stream=dialect.streams(asked)).hex


# --- answers

json_arguments = st.one_of(st.just("{}"), st.dictionaries(clean_text, plain_values, max_size=3).map(json.dumps))
any_arguments = opaque(st.one_of(json_arguments, any_text, st.just('{"city": "Pa'), st.just('"text"'), st.just("null")))
names = st.sampled_from(["look_up", "f", "get_weather"])
counts = st.integers(0, 2**40)
usages = st.one_of(
    st.just(UNREPORTED),
    st.builds(
        Usage, counts, counts, counts, st.one_of(st.just({}), st.just({"cache_read_input_tokens": 7, "tier": "a"}))
    ),
)
reasons = st.one_of(st.none(), st.sampled_from(["end_turn", "stop", "STOP", "COMPLETE", "tool_use", "length"]))
answers = opaque(
    st.builds(
        Completion,
        text=any_text,
        model=st.sampled_from(["", "m-1-served"]),
        usage=usages,
        finish_reason=reasons,
        tool_calls=st.lists(
            st.builds(ToolCall, id=st.sampled_from(["", "call_1"]), name=names, arguments=any_arguments), max_size=2
        ).map(tuple),
    )
)
"""Answers that every vendor has a place for."""


def arguments_of(call: ToolCall) -> Any:
    """Give the arguments as a JSON value; what is not JSON as it stands, none at all as no arguments."""
    try:
        return json.loads(call.arguments or "{}")
    except ValueError:
        return call.arguments


def alike(one: Completion, other: Completion) -> bool:
    """Tell whether two answers prove the same, but for the ids of tool calls and the layout of their arguments."""
    calls = [[(call.name, arguments_of(call)) for call in each.tool_calls] for each in (one, other)]
    plain = [msgspec.structs.replace(each, tool_calls=()) for each in (one, other)]
    return same(calls[0], calls[1]) and same(plain[0], plain[1])


def cuts_of(text: str, lengths: Sequence[int]) -> list[str]:
    """Cut a text into pieces, none of them empty."""
    edges = [0, *sorted({length for length in lengths if 0 < length < len(text)}), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges) if start != end]


class Heard(NamedTuple):
    """What a reader made of a stream."""

    pieces: list[str]
    completion: Completion


def reader_of(dialect: Dialect) -> Any:
    """Give a reader of the dialect's streams."""
    assert dialect.stream is not None
    return dialect.stream.reader()


def listen(dialect: Dialect, data: bytes, cuts: Sequence[int] = ()) -> Heard:
    """Read a stream whose bytes are cut at the given places."""
    reader = reader_of(dialect)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [piece for start, end in itertools.pairwise(edges) for piece in reader.feed(data[start:end])]
    whole = reader.finish()
    assert reader.partial() == whole
    return Heard(pieces, whole)


def spoken(dialect: Dialect, completion: Completion, pieces: Sequence[str], request: CompletionRequest) -> bytes:
    """Give the bytes of a stream that comes to the completion."""
    assert dialect.stream is not None
    data = b"".join(dialect.stream.encode(completion, pieces, request))
    assert data == b"".join(dialect.stream.encode(completion, pieces, request))
    return data


def refusals(dialect: Dialect, data: bytes, completion: Completion, step: int = 1) -> int:
    """
    Check that a stream which was cut off never passes for another answer, and that what came is there.

    Returns:
        How many of the cuts are refused.
    """
    refused = 0
    for end in range(0, len(data), step):
        reader = reader_of(dialect)
        said = "".join(reader.feed(data[:end]))
        assert completion.text.startswith(said)
        assert reader.partial().text == said
        try:
            assert alike(reader.finish(), completion)
        except ProviderError:
            refused += 1
    return refused


def stream_cases() -> st.SearchStrategy[tuple[Completion, list[str], list[int]]]:
    """Give answers, their pieces and places to cut the bytes at."""
    return opaque(
        st.builds(
            lambda answer, lengths, cuts: (answer, cuts_of(answer.text, lengths), cuts),
            answers,
            st.lists(st.integers(1, 12), max_size=3),
            st.lists(st.integers(0, 4000), max_size=6),
        )
    )


# --- real recordings


class Recorded(NamedTuple):
    """One exchange of a real recording; the answer is a JSON value or the bytes of a stream."""

    name: str
    asked: Asked
    status: int
    answer: Any


def need_corpus() -> None:
    """Skip where the real recordings are absent."""
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is absent")


def vcr_exchanges(*folders: str) -> Iterator[Recorded]:
    """Give the exchanges of the VCR cassettes in these folders whose request body is JSON."""
    need_corpus()
    yaml = pytest.importorskip("yaml")
    for path in sorted(file for folder in folders for file in (CORPUS / "vcr" / folder).glob("*.yaml")):
        for given in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            if "request" in given:
                request, response = given["request"], given["response"]
                yield Recorded(
                    path.name, _asked(request), response["status"]["code"], _body(response, response.get("body"))
                )


def _asked(request: Mapping[str, Any]) -> Asked:
    parts = urlsplit(request["uri"])
    body = _body(request, request.get("body"))
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(request["method"], parts.path, body, query)


def _body(message: Mapping[str, Any], body: Any) -> Any:
    if "parsed_body" in message:
        return message["parsed_body"]
    content: Any = body.get("string") if isinstance(body, Mapping) else body
    try:
        return json.loads(content)
    except (ValueError, TypeError):
        return content.encode() if isinstance(content, str) else content


def llama_stack_exchanges(folder: str, ending: str) -> Iterator[Recorded]:
    """Give the exchanges of the Llama Stack recordings in a folder whose URL has this ending."""
    need_corpus()
    for path in sorted((CORPUS / "llama-stack" / folder).glob("*.json")):
        given = json.loads(path.read_text(encoding="utf-8"))
        request, response = given["request"], given["response"]
        if request["url"].endswith(ending):
            answer = response["body"]
            if response["is_streaming"]:
                answer = "".join(f"{line}\n" for line in answer).encode()
            yield Recorded(
                path.name,
                Asked(request["method"], urlsplit(request["url"]).path, request.get("body", request.get("payload"))),
                response.get("status", 200),
                answer,
            )
