"""HTTP statuses as errors of ours, and the words of failed answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.failures import describe, rebuild
from playhead.core.model import Failure
from playhead.dialects.errors import STATUS_ERRORS, error_of_status, failure_of_status, read_error
from playhead.errors import PermanentError, ProviderError, RateLimitError


def test_status_table_is_documented_by_its_classes() -> None:
    """The statuses each class names in its documentation are those of the table."""
    for status, kind in STATUS_ERRORS.items():
        assert str(status) in (kind.__doc__ or "")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_permanent(status: int) -> None:
    """A status that says the call itself is wrong is permanent."""
    assert failure_of_status(status, message="no", retry_after=None) == Failure(
        type="playhead.errors.PermanentError",
        message="no",
        error_code="PERMANENT_ERROR",
        context={"status": status},
        retryable=False,
    )


@pytest.mark.parametrize("status", [402, 408, 409, 418, 500, 503, 529, 599])
def test_provider(status: int) -> None:
    """Every other failure may pass."""
    assert failure_of_status(status, message="no", retry_after=None) == Failure(
        type="playhead.errors.ProviderError",
        message="no",
        error_code="INFERENCE_PROVIDER_ERROR",
        context={"status": status},
        retryable=True,
    )


@pytest.mark.parametrize(("pause", "expected"), [(None, 1.0), (7.5, 7.5), (0.0, 0.0)])
def test_rate_limit(pause: float | None, expected: float) -> None:
    """429 asks for a pause, of one second where the server names none."""
    failure = failure_of_status(429, message="slow down", retry_after=pause)
    assert failure.retry_after == expected
    assert (failure.error_code, failure.retryable, failure.context) == ("RATE_LIMITED", True, {"status": 429})
    again = rebuild(failure)
    assert isinstance(again, RateLimitError)
    assert again.retry_after == expected


def test_pause_of_another_status() -> None:
    """A pause that comes with another status is kept in the context."""
    assert failure_of_status(503, message="no", retry_after=3.0).context == {"status": 503, "retry_after": 3.0}


def test_a_redirect_will_not_pass() -> None:
    """A redirect is not followed, and not tried again either."""
    error = error_of_status(302, message="moved", retry_after=None)
    assert type(error) is ProviderError
    assert not error.retryable


@given(st.integers(100, 999), st.none() | st.floats(0, 1e6))
def test_a_failure_is_the_error_described(status: int, pause: float | None) -> None:
    """What is recorded of a status is what would be recorded of its exception, for every status."""
    error = error_of_status(status, message="x", retry_after=pause)
    assert failure_of_status(status, message="x", retry_after=pause) == describe(error)
    assert type(rebuild(describe(error))) is type(error)
    assert type(error) in (ProviderError, PermanentError, RateLimitError)


@pytest.mark.parametrize(("status", "words"), [(503, "503 Service Unavailable"), (599, "599")])
def test_no_words(status: int, words: str) -> None:
    """A failure without a text of its own is named by its status."""
    assert failure_of_status(status, message="", retry_after=None).message == words
    assert read_error(status, b" \n") == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "bad key", "type": "auth", "code": "invalid_api_key"}}, "bad key"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
        ({"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}, "quota"),
        ([{"error": {"code": 400, "message": "first"}}, {"error": {"message": "second"}}], "first"),
        ({"error": "model not found"}, "model not found"),
        ({"error": {"code": "x1"}}, "x1"),
        ({"error": ["one", "two"], "warnings": []}, "one"),
        ({"message": "invalid api token"}, "invalid api token"),
        ({"Message": "not authorised", "__type": "AccessDenied"}, "not authorised"),
        ({"detail": [{"loc": ["body", "model"], "msg": "field required", "type": "missing"}]}, "field required"),
        ({"object": "error", "message": {"detail": [{"msg": "deep"}]}, "code": 422}, "deep"),
        ({"object": "error", "message": "no such model", "code": 404}, "no such model"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"errors": [{"message": "a"}, {"message": "b"}]}, "a"),
        ({"title": "Gone", "status": 410}, "Gone"),
        ({"title": "Gone", "detail": "it was here"}, "it was here"),
        ({"error": "invalid_grant", "error_description": "the token is old"}, "the token is old"),
        ({"x": 1}, '{"x": 1}'),
        ([], "[]"),
        ("plain", "plain"),
    ],
)
def test_words_of_every_vendor(body: Any, words: str) -> None:
    """The text of an error is found wherever a vendor puts it."""
    assert read_error(400, json.dumps(body).encode()) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"<html>Bad gateway</html>\n", "<html>Bad gateway</html>"), (b"\xff", "�"), (b"{", "{")],
)
def test_words_that_are_not_json(body: bytes, words: str) -> None:
    """A body that is not JSON is given as it is."""
    assert read_error(502, body) == words


@given(st.binary(max_size=40) | st.integers(1, 3000).map(lambda n: b'{"error":' * n + b"1" + b"}" * n))
def test_never_raises(body: bytes) -> None:
    """Any bytes have words."""
    assert read_error(500, body)
