"""
Exceptions as recorded outcomes, and back.

A class is never imported because a cassette names it: what a reader does not know comes back as the nearest class
above it that it does know, at worst ``InferenceProviderError``, with the recorded name in its context. An exception of
an SDK whose codec is registered comes back as its own class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from playhead import errors
from playhead.core.canonical import normalise
from playhead.core.error_codecs import BODY, CODECS, STATUS, facts_of
from playhead.core.model import Failure
from playhead.errors import InferenceProviderError, PlayheadError, RecordingError

_HARMLESS_BUILTINS: tuple[type[Exception], ...] = (
    Exception,
    ArithmeticError,
    AssertionError,
    AttributeError,
    BrokenPipeError,
    BufferError,
    ConnectionAbortedError,
    ConnectionError,
    ConnectionRefusedError,
    ConnectionResetError,
    EOFError,
    FileNotFoundError,
    IndexError,
    InterruptedError,
    KeyError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    PermissionError,
    RecursionError,
    ReferenceError,
    RuntimeError,
    TimeoutError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)


def qualified_name(cls: type[BaseException]) -> str:
    """Give the name a class is recorded under."""
    return f"{cls.__module__}.{cls.__qualname__}"


def _known_classes() -> dict[str, type[Exception]]:
    known = {qualified_name(cls): cls for cls in _HARMLESS_BUILTINS}
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, PlayheadError):
            known[qualified_name(value)] = value
    return known


KNOWN: Mapping[str, type[Exception]] = _known_classes()
"""The classes any replay can rebuild: Python's harmless ones and ours."""


def describe(error: Exception) -> Failure:
    """Turn an exception into the outcome that is recorded; its cause and traceback are not."""
    cls = type(error)
    name = qualified_name(cls)
    # A class every reader knows needs no second choice.
    bases = (
        () if name in KNOWN else tuple(qualified_name(base) for base in cls.__mro__[1:] if issubclass(base, Exception))
    )
    ours = error if isinstance(error, PlayheadError) else None
    message = str(error) if ours is None else ours.message
    retry_after: Any = getattr(error, "retry_after", None)
    context: Any = getattr(error, "context", None)
    if not isinstance(context, Mapping) and name not in KNOWN:
        context = facts_of(error)
    return Failure(
        type=name,
        message=message,
        error_code=_text_or_none(getattr(error, "error_code", None)),
        context=_plain_or_empty(context),
        retryable=bool(getattr(error, "retryable", False)),
        retry_after=float(retry_after) if type(retry_after) in (int, float) else None,
        bases=bases[:-1],  # without Exception, which says nothing
        args=None if ours is not None else _plain_arguments(error, message),
    )


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _plain_or_empty(context: Any) -> dict[str, Any]:
    """Keep what can be kept of a context: a fact without a form must not turn a failure into another one."""
    if not isinstance(context, Mapping):
        return {}
    kept: dict[str, Any] = {}
    for key, value in context.items():  # pyright: ignore[reportUnknownVariableType]
        try:
            normalise(value)
            kept[str(key)] = value  # pyright: ignore[reportUnknownArgumentType]
        except RecordingError:
            kept[str(key)] = repr(value)  # pyright: ignore[reportUnknownArgumentType]
    return kept


def _plain_arguments(error: Exception, message: str) -> tuple[Any, ...] | None:
    arguments = error.args
    if isinstance(error, OSError) and error.filename is not None:
        arguments = (*arguments, error.filename)
    if arguments == ((message,) if message else ()):
        return None
    try:
        normalise(arguments)
    except RecordingError:
        return None
    return arguments


def rebuild(failure: Failure, *, known: Iterable[type[Exception]] = ()) -> Exception:
    """
    Make the exception of a recorded failure again.

    Args:
        failure: The outcome.
        known: Further classes that may be rebuilt, such as a vendor's own.
    """
    if failure.type not in KNOWN and not any(qualified_name(cls) == failure.type for cls in known):
        error = CODECS.rebuild(failure)
        if error is not None:
            return error
    table = {**KNOWN, **{qualified_name(cls): cls for cls in known}}
    for name in (failure.type, *failure.bases):
        cls = table.get(name)
        # Builtins above an unknown class (RuntimeError, Exception) say less than our generic error does.
        if cls is None or (name != failure.type and not issubclass(cls, PlayheadError) and not _given(cls, known)):
            continue
        error = _make(cls, failure)
        if error is not None:
            return error
    return InferenceProviderError(
        failure.message or failure.type or "the call failed",
        error_code=failure.error_code or None,
        context={**failure.context, "recorded_class": failure.type},
        retryable=failure.retryable,
    )


def _given(cls: type[Exception], known: Iterable[type[Exception]]) -> bool:
    return any(cls is one for one in known)


def _make(cls: type[Exception], failure: Failure) -> Exception | None:
    arguments = (failure.message,) if failure.args is None else failure.args
    if failure.args is None and not failure.message:
        arguments = ()
    # __new__ alone: a vendor's __init__ may want a live response object that no cassette holds.
    error = cls.__new__(cls, *arguments)
    if not issubclass(cls, OSError):
        # OSError takes a file name out of its arguments by itself.
        error.args = arguments
    facts: dict[str, Any] = {}
    if issubclass(cls, PlayheadError):
        facts = {"message": failure.message, "hint": None}
    if failure.error_code is not None:
        facts["error_code"] = failure.error_code
    if failure.context or issubclass(cls, PlayheadError):
        facts["context"] = dict(failure.context)
    if not issubclass(cls, PlayheadError) and STATUS in failure.context:
        facts |= {"status_code": failure.context[STATUS], "body": failure.context.get(BODY)}
    if failure.retry_after is not None:
        facts["retry_after"] = failure.retry_after
    if failure.retryable or issubclass(cls, PlayheadError):
        facts["retryable"] = failure.retryable
    try:
        error.__dict__.update(facts)
    except (AttributeError, TypeError):
        return None
    return error
