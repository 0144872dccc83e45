"""What every dialect keeps to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import plain_values

from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.registry import DIALECTS
from playhead.errors import ProviderError

EACH = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
PATHS = st.sampled_from(
    [
        *("/v1/chat/completions", "/v1/completions", "/v1/fim/completions", "/v1/responses", "/v1/responses/compact"),
        *("/v1/responses/resp_1", "/v1/embeddings", "/v1/models", "/v1/models/m", "/v1/messages", "/", ""),
        *("/openai/deployments/d/chat/completions", "/v1beta/models/g:generateContent", "/api/chat", "/v2/chat"),
        *("/model/x/converse", "/model/x/invoke", "/api/generate", "/v1/embed", "/v1/messages/count_tokens"),
    ]
)

FIELDS = ("choices", "output", "content", "usage", "error", "data", "model", "message", "status")


def test_name() -> None:
    """A dialect is named by its provider and operation, and no two have the same name."""
    names = [one.name for one in DIALECTS]
    assert "openai chat.completions" in names
    assert len(set(names)) == len(names)


@EACH
@given(
    method=st.sampled_from(["POST", "GET", "DELETE"]),
    path=PATHS,
    body=st.one_of(st.none(), plain_values, st.dictionaries(st.text(max_size=5), plain_values, max_size=3)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_claimed_or_not(dialect: Dialect, method: str, path: str, body: Any) -> None:
    """No request makes a dialect raise, and what it claims it can read, write and read again."""
    asked = Asked(method, path, body)
    if dialect.claims(asked):
        request = dialect.decode_request(asked)
        assert request.operation == dialect.operation
        stream = dialect.streams(asked)
        assert dialect.streams(dialect.encode_request(request, stream)) == stream


@EACH
@pytest.mark.parametrize("body", [None, "text", 5, [], [{"role": "user"}]])
def test_a_post_without_an_object_is_no_dialects(dialect: Dialect, body: Any) -> None:
    """What is posted and is no JSON object is plain HTTP."""
    for path in ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/messages"):
        assert not dialect.claims(Asked("POST", path, body))


@EACH
@given(
    st.one_of(
        plain_values,
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(FIELDS, plain_values),
        ),
    )
)
def test_any_answer_is_read_or_refused(dialect: Dialect, value: Any) -> None:
    """Whatever JSON comes as an answer is a completion or a provider's error, nothing else."""
    try:
        dialect.decode_response(value)
    except ProviderError:
        return


@EACH
@given(st.one_of(st.binary(max_size=80), st.binary(max_size=40).map(lambda data: b"data: " + data + b"\n\n")))
def test_any_bytes_are_a_stream_or_refused(dialect: Dialect, data: bytes) -> None:
    """Whatever bytes come as a stream, a reader gives a completion or a provider's error, and always what came."""
    if dialect.stream is None:
        return
    reader = dialect.stream.reader()
    try:
        reader.feed(data)
        reader.finish()
    except ProviderError:
        pass
    assert reader.partial().text == reader.partial().text
