"""Exceptions of SDKs by codec: as the class they were where it is loaded, and never by loading it."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import httpx
import pytest

from playhead.core import error_codecs
from playhead.core.error_codecs import CODECS, ErrorCodec, ErrorCodecs, facts_of, loaded_class, register_error_codec
from playhead.core.failures import describe, rebuild
from playhead.core.model import Failure
from playhead.errors import InferenceProviderError, UsageError

BODY = {"message": "slow down", "code": "rate_limit_exceeded"}


def sdk(name: str, top: str) -> types.ModuleType:
    """Make a module with the exceptions that SDKs by Stainless have, whose initialisers want live objects."""
    module, inner = types.ModuleType(name), types.ModuleType(f"{name}._exceptions")
    inner.httpx = httpx  # type: ignore[attr-defined]

    class Top(Exception):
        pass

    class APIError(Top):
        def __init__(self, message: str, request: httpx.Request, *, body: object | None) -> None:
            super().__init__(message)
            self.message, self.request, self.body = message, request, body

    class APIStatusError(APIError):
        def __init__(self, message: str, *, response: httpx.Response, body: object | None) -> None:
            super().__init__(message, response.request, body=body)
            self.response, self.status_code = response, response.status_code
            self.request_id = response.headers.get("x-request-id")

    class RateLimitError(APIStatusError):
        pass

    class OAuthError(APIStatusError):
        def __init__(self, *, response: httpx.Response, body: object | None) -> None:
            super().__init__("another message", response=response, body=body)

    class APIConnectionError(APIError):
        def __init__(self, *, message: str = "Connection error.", request: httpx.Request) -> None:
            super().__init__(message, request, body=None)

    class APITimeoutError(APIConnectionError):
        def __init__(self, request: httpx.Request) -> None:
            super().__init__(message="Request timed out.", request=request)

    class APIResponseValidationError(APIError):
        def __init__(self, response: httpx.Response, body: object | None, *, message: str | None = None) -> None:
            super().__init__(message or "odd", response.request, body=body)
            self.response, self.status_code = response, response.status_code

    Top.__name__ = Top.__qualname__ = top
    for cls in (
        Top, APIError, APIStatusError, RateLimitError, OAuthError, APIConnectionError, APITimeoutError,
        APIResponseValidationError,
    ):  # fmt: skip
        cls.__module__, cls.__qualname__ = name, cls.__name__
        setattr(module, cls.__name__, cls)
    return module


@pytest.fixture(params=[("openai", "OpenAIError"), ("anthropic", "AnthropicError")], ids=["openai", "anthropic"])
def vendor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give an SDK as if the program had loaded it; the real ones are in tests/sdks."""
    name, top = request.param
    module = sdk(name, top)
    inner = types.ModuleType(f"{name}._exceptions")
    inner.httpx = httpx  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, f"{name}._exceptions", inner)
    return module


def answered(status: int) -> httpx.Response:
    """Give an answer of a server's, with headers that matter and one that does not."""
    request = httpx.Request("POST", "https://api.example/v1/chat/completions")
    headers = {"retry-after": "7", "x-request-id": "req-1", "set-cookie": "a=b"}
    return httpx.Response(status, headers=headers, json={"error": BODY}, request=request)


def again_of(error: Exception) -> Any:
    """Give an exception as a recording brings it back."""
    return rebuild(describe(error))


class TestSdkExceptions:
    def test_a_status_error_comes_back_whole(self, vendor: Any) -> None:
        """Class, message, status, body, request id and the header that says when to ask again are there."""
        again = again_of(vendor.RateLimitError("slow down", response=answered(429), body=BODY))
        assert type(again) is vendor.RateLimitError
        assert (str(again), again.status_code, again.body, again.request_id) == ("slow down", 429, BODY, "req-1")
        assert again.response.headers["retry-after"] == "7"
        assert "set-cookie" not in again.response.headers
        assert again.request.url.host == "recorded.invalid"

    def test_an_initialiser_that_takes_no_message_keeps_it(self, vendor: Any) -> None:
        """The recorded message is shown, whatever a class makes of its arguments by itself."""
        error = vendor.OAuthError(response=answered(401), body=None)
        again = again_of(error)
        assert type(again) is vendor.OAuthError
        assert (str(again), again.status_code) == ("another message", 401)

    @pytest.mark.parametrize("body", [BODY, "not JSON", ["a"], None])
    def test_any_body_comes_back(self, vendor: Any, body: Any) -> None:
        """A body that is JSON, text or none is what it was."""
        assert again_of(vendor.RateLimitError("m", response=answered(429), body=body)).body == body

    def test_errors_without_an_answer(self, vendor: Any) -> None:
        """What failed before an answer came is of its class, with its words."""
        request = httpx.Request("POST", "https://api.example/v1")
        for error in (
            vendor.APIConnectionError(request=request),
            vendor.APITimeoutError(request),
            vendor.APIError("odd event", request, body=BODY),
        ):
            again = again_of(error)
            assert type(again) is type(error)
            assert str(again) == str(error)
        assert again.body is None  # an error without a status keeps its words alone

    def test_an_answer_of_another_shape(self, vendor: Any) -> None:
        """An error about an answer's shape has the answer's status."""
        error = vendor.APIResponseValidationError(answered(200), BODY, message="no such field")
        again = again_of(error)
        assert (type(again), str(again), again.status_code) == (type(error), "no such field", 200)

    def test_a_class_that_is_not_there_is_the_nearest_above_it(self, vendor: Any) -> None:
        """A class of another release of the SDK comes back as the nearest one above it."""
        failure = describe(vendor.RateLimitError("slow down", response=answered(429), body=BODY))
        name = vendor.__name__
        newer = Failure(
            f"{name}.TooManyTokensError", failure.message, context=failure.context, bases=(failure.type, *failure.bases)
        )
        assert type(rebuild(newer)) is vendor.RateLimitError

    def test_without_the_sdk_it_is_the_generic_error(self, vendor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the program has not loaded the SDK, an error of ours has the status and the body."""
        failure = describe(vendor.RateLimitError("slow down", response=answered(429), body=BODY))
        monkeypatch.delitem(sys.modules, vendor.__name__)
        again = rebuild(failure)
        assert type(again) is InferenceProviderError
        assert (again.context["status"], again.context["body"]) == (429, BODY)
        assert again.context["recorded_class"] == failure.type


class TestRegistry:
    def test_a_name_is_registered_once(self) -> None:
        """A second codec for a class is refused."""
        codecs = ErrorCodecs([ErrorCodec("vendor.VendorError", lambda cls, failure: cls(failure.message))])
        with pytest.raises(UsageError, match="already"):
            codecs.register(ErrorCodec("vendor.VendorError", lambda _cls, _failure: None))
        assert codecs.names() == ("vendor.VendorError",)

    def test_a_name_without_a_module_is_refused(self) -> None:
        """A class is named with its module."""
        with pytest.raises(UsageError, match="names no class"):
            ErrorCodecs([ErrorCodec("VendorError", lambda _cls, _failure: None)])

    def test_one_of_one_s_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A codec that is registered makes the classes below its own too."""
        monkeypatch.setattr(error_codecs.CODECS, "_by_name", dict(CODECS._by_name))
        register_error_codec(ErrorCodec(f"{__name__}.OddError", lambda cls, failure: cls(failure.message, 1)))
        again = again_of(OdderError("odd", 2))
        assert (type(again), str(again), again.number) == (OdderError, "odd", 1)

    def test_a_codec_that_cannot(self) -> None:
        """A class that a plain codec cannot make comes back as the generic error."""
        request = httpx.Request("GET", "https://api.example")
        error = httpx.HTTPStatusError("bad", request=request, response=httpx.Response(503, request=request))
        again = again_of(error)
        assert type(again) is InferenceProviderError
        assert again.context["status"] == 503

    def test_loaded_classes_only(self) -> None:
        """Only an exception's class, under its own name, in a module that is loaded, is found."""
        assert loaded_class("httpx.ReadTimeout") is httpx.ReadTimeout
        for name in ("httpx.Client", "httpx._exceptions.ReadTimeout", "nowhere.Error", "Error", "httpx.nothing"):
            assert loaded_class(name) is None

    def test_facts_of_any_exception(self) -> None:
        """An exception without an answer has no facts; an odd attribute is none."""
        assert facts_of(ValueError("odd")) == {}
        error = OddError("odd", 1)
        error.status_code = "404"  # type: ignore[attr-defined]
        assert facts_of(error) == {}

    def test_no_sdk_is_loaded(self) -> None:
        """Rebuilding an SDK's exception loads no SDK."""
        code = (
            "import sys; from playhead.core.failures import rebuild; from playhead.core.model import Failure;"
            "error = rebuild(Failure('openai.RateLimitError', 'slow', bases=('openai.OpenAIError',)));"
            "assert type(error).__name__ == 'InferenceProviderError', error;"
            "assert not {'openai', 'anthropic', 'httpx'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


class OddError(Exception):
    """An exception with an argument more."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


class OdderError(OddError):
    """One below it."""
