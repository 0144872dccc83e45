"""
How exceptions of SDKs come back as the class they were: a small registry, by the name of the class.

A codec covers its class and all below it. It looks at what the program has loaded and imports nothing, so a recording
cannot load an SDK; where the class is not there, the generic error of ours stands for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from playhead.core.model import Failure
from playhead.errors import UsageError

STATUS, BODY, HEADERS = "status", "body", "headers"
"""Where in a failure's context an answer's status, JSON body and telling headers stand."""

_KEPT_HEADERS = ("retry-after", "retry-after-ms", "x-request-id", "request-id")
# No address is kept, and SDKs want one.
_NOWHERE = "https://recorded.invalid/"


class ErrorCodec(NamedTuple):
    """
    How the exceptions of one class, and of those below it, are rebuilt.

    Attributes:
        name: The class as recordings name it: ``openai.OpenAIError``.
        rebuild: Makes an exception of a class, which is there, from what was recorded; ``None`` where it cannot.
    """

    name: str
    rebuild: Callable[[type[Exception], Failure], Exception | None]


class ErrorCodecs:
    """Codecs by the name of their class."""

    def __init__(self, codecs: Iterable[ErrorCodec] = ()) -> None:
        self._by_name: dict[str, ErrorCodec] = {}
        for codec in codecs:
            self.register(codec)

    def register(self, codec: ErrorCodec) -> None:
        """
        Add a codec.

        Raises:
            UsageError: There is one for that class, or the name is no name of a class.
        """
        if "." not in codec.name:
            raise UsageError(f"{codec.name!r} names no class", hint="module and class: 'vendor.VendorError'")
        if codec.name in self._by_name:
            raise UsageError(f"there is a codec for {codec.name!r} already", hint="register it once, at start-up")
        self._by_name[codec.name] = codec

    def names(self) -> tuple[str, ...]:
        """Give the classes that have a codec, sorted."""
        return tuple(sorted(self._by_name))

    def rebuild(self, failure: Failure) -> Exception | None:
        """Give the recorded exception as the class it was, or as the nearest below the codec's; ``None`` without."""
        names = (failure.type, *failure.bases)
        codec = next((self._by_name[name] for name in names if name in self._by_name), None)
        top = None if codec is None else loaded_class(codec.name)
        if codec is None or top is None:
            return None
        for name in names:
            cls = loaded_class(name)
            if cls is not None and issubclass(cls, top):
                return codec.rebuild(cls, failure)
        return None


def loaded_class(name: str) -> type[Exception] | None:
    """Give an exception's class by name from a module that is loaded; ``None`` where it is not there."""
    module, _, kind = name.rpartition(".")
    found: Any = getattr(sys.modules.get(module), kind, None)
    if not isinstance(found, type) or not issubclass(found, Exception):
        return None
    return found if f"{found.__module__}.{found.__qualname__}" == name else None


def facts_of(error: Exception) -> dict[str, Any]:
    """Give the HTTP facts of an SDK's exception, whatever SDK's: its status, its body, the headers that say more."""
    response = getattr(error, "response", None)
    found: dict[str, Any] = {}
    for holder in (error, response):
        status = getattr(holder, "status_code", None)
        if STATUS not in found and type(status) is int:
            found[STATUS] = status
    if STATUS in found and getattr(error, "body", None) is not None:
        found[BODY] = getattr(error, "body", None)
    headers = getattr(response, "headers", None)
    if STATUS in found and isinstance(headers, Mapping):
        kept = {name: str(headers[name]) for name in _KEPT_HEADERS if name in headers}  # pyright: ignore[reportUnknownArgumentType]
        if kept:
            found[HEADERS] = kept
    return found


def _rebuild_stainless(cls: type[Exception], failure: Failure) -> Exception | None:
    """
    Make an exception of an SDK by Stainless: its initialiser wants a response, which is made of what was recorded.

    The initialiser of the class below which all of a kind are is called, since some classes' own leaves things out.
    """
    package = cls.__module__.partition(".")[0]
    module = sys.modules.get(package)
    http = _http_library(package)
    if http is None:
        return None
    request = http.Request("POST", _NOWHERE)
    body, status = failure.context.get(BODY), failure.context.get(STATUS)
    error = cls.__new__(cls, failure.message)

    def is_a(name: str) -> Any:
        kind = getattr(module, name, None)
        return kind if isinstance(kind, type) and issubclass(cls, kind) else None

    if (kind := is_a("APIStatusError")) and type(status) is int:
        kind.__init__(error, failure.message, response=_response(http, request, failure, status), body=body)
    elif (kind := is_a("APIResponseValidationError")) and type(status) is int:
        kind.__init__(error, _response(http, request, failure, status), body, message=failure.message)
    elif kind := is_a("APIConnectionError"):
        kind.__init__(error, message=failure.message, request=request)
    elif kind := is_a("APIError"):
        kind.__init__(error, failure.message, request, body=body)
    else:
        error.args = (failure.message,)
    return error


def _http_library(package: str) -> Any:
    """Give the HTTP library that an SDK's exceptions are made with."""
    module = sys.modules.get(f"{package}._exceptions")
    return getattr(module, "httpx2", None) or getattr(module, "httpx", None)


def _response(http: Any, request: Any, failure: Failure, status: int) -> Any:
    body = failure.context.get(BODY)
    content = {"text": body} if isinstance(body, str) else {} if body is None else {"json": body}
    return http.Response(status, headers=dict(failure.context.get(HEADERS) or {}), request=request, **content)


def _rebuild_plain(cls: type[Exception], failure: Failure) -> Exception | None:
    """Make an exception that takes its message alone."""
    try:
        return cls(failure.message)
    except TypeError:
        return None


CODECS = ErrorCodecs(
    (
        ErrorCodec("openai.OpenAIError", _rebuild_stainless),
        ErrorCodec("anthropic.AnthropicError", _rebuild_stainless),
        # What a stream that breaks off raises through either SDK.
        ErrorCodec("httpx.HTTPError", _rebuild_plain),
        ErrorCodec("httpx2.HTTPError", _rebuild_plain),
    )
)
"""Those of this process."""


def register_error_codec(codec: ErrorCodec) -> None:
    """
    Have the exceptions of an SDK replayed as the classes they were.

    Raises:
        UsageError: There is a codec for that class.
    """
    CODECS.register(codec)
