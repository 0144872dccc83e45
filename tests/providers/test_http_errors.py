"""HTTP answers and httpx's exceptions as errors of ours."""

from __future__ import annotations

import json
import math
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from playhead.errors import InferenceProviderError, PermanentError, ProviderError, RateLimitError
from playhead.providers.http_errors import TRANSPORT_ERRORS, CallErrors, retry_after
from playhead.providers.secrets import remember

ERRORS = CallErrors(provider="acme", model="m-1")
NOW = 1_700_000_000.0


def of_status(status: int, body: bytes = b"", **headers: str) -> InferenceProviderError:
    """Give the error for an answer with these headers."""
    given = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return ERRORS.of_status(status, headers=given, body=body, now=NOW)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_ek_10_permanent(status: int) -> None:
    """A status that says the call itself is wrong is permanent."""
    error = of_status(status)
    assert type(error) is PermanentError
    assert not error.retryable
    assert error.context == {"provider": "acme", "model": "m-1", "status": status}


@pytest.mark.parametrize("status", [402, 406, 408, 409, 410, 418, 425, 451, 500, 502, 503, 504, 529, 599])
def test_ek_10_provider(status: int) -> None:
    """Every other failure may pass."""
    error = of_status(status)
    assert type(error) is ProviderError
    assert error.retryable
    assert error.error_code == "INFERENCE_PROVIDER_ERROR"
    assert error.context == {"provider": "acme", "model": "m-1", "status": status}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_will_not_pass(status: int) -> None:
    """A redirect is not followed, and not tried again either."""
    error = of_status(status)
    assert type(error) is ProviderError
    assert not error.retryable
    assert "base_url" in str(error)


def test_ek_10_rate_limit() -> None:
    """429 asks for a pause, of one second where the server names none."""
    error = of_status(429, retry_after="7.5")
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 7.5
    assert error.retryable
    assert error.context == {"provider": "acme", "model": "m-1", "status": 429}
    for value in ("nan", "inf", "-1", "soon", ""):
        unusable = of_status(429, retry_after=value)
        assert isinstance(unusable, RateLimitError)
        assert unusable.retry_after == 1.0
    absent = of_status(429)
    assert isinstance(absent, RateLimitError)
    assert absent.retry_after == 1.0


def test_pause_of_another_status() -> None:
    """A pause that comes with another status is kept in the context."""
    assert of_status(503, retry_after="3").context["retry_after"] == 3.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": " 2 "}, 2.0),
        ({"Retry-After": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"Retry-After": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"Retry-After": formatdate(NOW + 90, usegmt=True), "Date": formatdate(NOW + 80, usegmt=True)}, 10.0),
        ({"Retry-After": formatdate(NOW + 30, usegmt=True), "Date": "today"}, 30.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 -0000"}, 0.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e999"}, None),
        ({"Retry-After": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 99999 07:28:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    """Seconds are read as they are, dates against the server's own clock or else ours."""
    assert retry_after(headers, now=NOW) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (json.dumps({"error": {"message": "no such model"}}).encode(), "answered 500: 'no such model'"),
        (b"<html>Bad gateway</html>\n", "answered 500: '<html>Bad gateway</html>'"),
        (b'{"x": 1}', """answered 500: '{"x": 1}'"""),
        (b"\xff", "answered 500: '\ufffd'"),
        (b"", "answered 500: ''"),
    ],
)
def test_message_quotes_the_server(body: bytes, words: str) -> None:
    """The server's words stand in the message, whatever their form."""
    assert of_status(500, body).message == f"provider 'acme' {words}"


def test_ek_08_message_is_redacted_before_it_is_cut() -> None:
    """No part of a key is left at the end of a long message."""
    value = "http-error-secret-" + "9" * 40
    remember(value)
    for length in range(440, 510, 7):
        message = of_status(401, (" " + "x" * length + " " + value + " tail" * 30).encode()).message
        assert "http-error" not in message
        assert "9999" not in message
        assert len(message) < 560


@pytest.mark.parametrize("shape", ["sk-" + "a1" * 12, "AIza" + "Sy0" * 12, "gsk_" + "a1" * 14, "ghp_" + "a1" * 18])
def test_ek_08_shapes_are_redacted(shape: str) -> None:
    """A credential the process never resolved is found by its shape."""
    error = of_status(401, json.dumps({"error": {"message": f"Incorrect key provided: {shape}."}}).encode())
    assert "[REDACTED]" in error.message
    assert shape not in str(error)


def all_request_errors(kind: type[httpx.RequestError] = httpx.RequestError) -> list[type[httpx.RequestError]]:
    """Give httpx's exceptions for requests, the most general first."""
    return [kind, *(found for sub in kind.__subclasses__() for found in all_request_errors(sub))]


@pytest.mark.parametrize("kind", [k for k in all_request_errors() if k.__module__.startswith("httpx")])
def test_every_exception_of_httpx_is_translated(kind: type[httpx.RequestError]) -> None:
    """Each becomes a provider error with the nearest class of the table as its cause."""
    request = httpx.Request("POST", "https://x.example/?key=transport-secret-1", headers={"Authorization": "Bearer x"})
    error = ERRORS.of_transport(kind("broken", request=request))
    assert type(error) is ProviderError
    assert error.message.startswith("provider 'acme' ")
    assert error.message.endswith(": 'broken'")
    assert error.context == {"provider": "acme", "model": "m-1"}
    cause: Any = error.__cause__
    assert type(cause) in TRANSPORT_ERRORS
    assert isinstance(kind("x"), type(cause))
    assert str(cause) == "broken"
    assert cause._request is None
    assert cause.__traceback__ is None
    assert cause.__cause__ is cause.__context__ is None


def test_exceptions_that_will_come_again_are_not_retryable() -> None:
    """A request that cannot be sent is not tried again; a connection that was lost is."""
    assert not ERRORS.of_transport(httpx.LocalProtocolError("x")).retryable
    assert not ERRORS.of_transport(httpx.UnsupportedProtocol("x")).retryable
    assert ERRORS.of_transport(httpx.ReadError("")).retryable
    assert ERRORS.of_transport(httpx.ReadError("")).message == "provider 'acme' lost the connection"


def test_foreign_subclasses_count_as_their_base() -> None:
    """An exception class of a user's transport is known by the httpx class above it."""

    class Odd(httpx.ConnectTimeout):
        def __init__(self) -> None:
            super().__init__("odd")

    error = ERRORS.of_transport(Odd())
    assert type(error.__cause__) is httpx.ConnectTimeout
    assert "timed out while connecting" in error.message


def test_ek_08_cause_is_redacted() -> None:
    """A key in the text of httpx's exception reaches neither message nor cause."""
    remember("transport-secret-2")
    error = ERRORS.of_transport(httpx.ConnectError("https://x.example/?q=transport-secret-2 refused"))
    assert "transport-secret-2" not in f"{error!r} {error} {error.__cause__!r}"
    assert "[REDACTED]" in str(error.__cause__)


def test_answer_errors_get_the_call_as_context() -> None:
    """What a dialect refuses is told with provider, model and status."""
    error = ERRORS.of_answer(ProviderError("the answer has no choices"), 200)
    assert error.message == "provider 'acme' answered 200, but the answer has no choices"
    assert error.context == {"provider": "acme", "model": "m-1", "status": 200}
    assert math.isfinite(len(str(error)))
