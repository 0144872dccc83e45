"""
Errors as one report, for logs and other processes, and back.

A report has what decides the next step: a code, a category, whether and when to try again, whose the failure is. What a
server said in full is left out unless it is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from playhead.core.canonical import MALFORMED, decode, encode
from playhead.core.error_text import redact_error_text
from playhead.core.failures import describe, rebuild
from playhead.core.model import Failure
from playhead.errors import (
    InferenceProviderError,
    MissingDependencyError,
    PermanentError,
    PlayheadError,
    PluginError,
    ProviderError,
    RateLimitError,
    UsageError,
)

BODY = "body"
"""Where in an error's context a server's whole answer stands."""


class ErrorCategory(enum.StrEnum):
    """What kind of failure it is; only a transient one is worth the same call again."""

    TRANSIENT = "transient"
    CONFIGURATION = "configuration"
    CONTENT = "content"
    CAPACITY = "capacity"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


# RFC 9110 section 15.5; 402 is what vendors answer when the money is spent.
_BY_STATUS: Mapping[int, ErrorCategory] = {
    **dict.fromkeys((401, 403, 404, 405), ErrorCategory.CONFIGURATION),
    **dict.fromkeys((400, 413, 422), ErrorCategory.CONTENT),
    **dict.fromkeys((402, 429), ErrorCategory.CAPACITY),
}
_BY_CLASS: tuple[tuple[type[PlayheadError], ErrorCategory], ...] = (
    (RateLimitError, ErrorCategory.CAPACITY),
    (UsageError, ErrorCategory.CONFIGURATION),
    (PluginError, ErrorCategory.CONFIGURATION),
    (MissingDependencyError, ErrorCategory.CONFIGURATION),
    (PermanentError, ErrorCategory.AMBIGUOUS),
    (ProviderError, ErrorCategory.AMBIGUOUS),
    (InferenceProviderError, ErrorCategory.AMBIGUOUS),
)
# A key that is not where its reference says is a setting, whatever class says so.
_CONFIGURATION_CODES = ("INFERENCE_PROVIDER_KEY_MISSING", "INFERENCE_PROVIDER_KEY_REFERENCE")


class ErrorReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """
    One error, as plain values.

    Attributes:
        error_type: The class, ``module.Name``; never imported because a report names it.
        message: The text without its hint.
        code: The stable upper-case word, ``None`` where the class has none.
        category: What kind of failure it is.
        retryable: Whether the same call may work later.
        provider: The provider's name, where known.
        model: The model asked for, where known.
        status: The HTTP status, where there was one.
        retry_after: Seconds to wait, where the server said so.
        context: The further facts.
        bases: The classes above a class that readers may not know.
        args: What the exception was made of, where its text alone does not say.
    """

    error_type: str
    message: str
    category: ErrorCategory
    code: str | None = None
    retryable: bool = False
    provider: str | None = None
    model: str | None = None
    status: int | None = None
    retry_after: float | None = None
    context: Mapping[str, Any] = {}
    bases: tuple[str, ...] = ()
    args: tuple[Any, ...] | None = None

    @classmethod
    def of(cls, error: Exception, *, with_body: bool = False) -> ErrorReport:
        """
        Report an error; one that wraps an error of a provider (``raise ... from``) is classified as that.

        Args:
            error: The error.
            with_body: Whether the server's whole answer is kept, where the error has it.
        """
        failure, classified = _redacted(describe(error), error), _classified(error)
        said = failure if classified is None or classified is error else describe(classified)
        facts = {name: value for name, value in said.context.items() if with_body or name != BODY}
        taken: dict[str, Any] = {}
        for name, kinds in _TAKEN.items():
            if type(facts.get(name)) in kinds:
                taken[name] = facts.pop(name)
        after = said.retry_after
        if after is None and type(facts.get("retry_after")) in (int, float):
            after = float(facts["retry_after"])
        return cls(
            error_type=failure.type,
            message=failure.message,
            category=category_of(error if classified is None else classified),
            code=said.error_code,
            retryable=said.retryable,
            retry_after=after,
            context=facts,
            bases=failure.bases,
            args=failure.args,
            **taken,
        )

    def error(self, *, known: Iterable[type[Exception]] = ()) -> Exception:
        """
        Make the error again: of its class where that is known, else of the nearest class above it that is.

        Args:
            known: Further classes that may be made.
        """
        facts = {**self.context, **{name: value for name in _TAKEN if (value := getattr(self, name)) is not None}}
        failure = Failure(
            type=self.error_type,
            message=self.message,
            error_code=self.code,
            context=facts,
            retryable=self.retryable,
            retry_after=self.retry_after,
            bases=self.bases,
            args=self.args,
        )
        error = rebuild(failure, known=known)
        if category_of(error) is not self.category:
            # An error of another's that was classified by its cause, which is not there any more.
            vars(error)["category"] = self.category
        return error

    def to_json(self) -> bytes:
        """Give the report as canonical JSON."""
        return encode({name: value for name, value in msgspec.structs.asdict(self).items() if value not in _EMPTY})

    @classmethod
    def from_json(cls, data: bytes | str) -> ErrorReport:
        """
        Read a report.

        Raises:
            UsageError: The text is none.
        """
        try:
            return msgspec.convert(decode(data.encode() if isinstance(data, str) else data), type=cls)
        except (msgspec.ValidationError, *MALFORMED) as error:
            raise UsageError(f"this is no report of an error: {error}") from error


_EMPTY: tuple[object, ...] = (None, {}, ())

_TAKEN: Mapping[str, tuple[type, ...]] = {"provider": (str,), "model": (str,), "status": (int,)}
"""The facts of a context that have a field of their own."""


def category_of(error: Exception) -> ErrorCategory:
    """
    Give the category of an error.

    Its own ``category``, where it has one; transient where it may be tried again; else by its status and its class.
    """
    given = getattr(error, "category", None)
    if isinstance(given, ErrorCategory):
        return given
    if not isinstance(error, PlayheadError):
        return ErrorCategory.UNKNOWN
    if error.retryable:
        return ErrorCategory.TRANSIENT
    if error.error_code in _CONFIGURATION_CODES:
        return ErrorCategory.CONFIGURATION
    status = error.context.get("status")
    if type(status) is int and status in _BY_STATUS:
        return _BY_STATUS[status]
    return next((category for cls, category in _BY_CLASS if isinstance(error, cls)), ErrorCategory.UNKNOWN)


def _redacted(failure: Failure, error: Exception) -> Failure:
    """Mask what looks like a credential in the words of an error that is none of ours: reports go into logs."""
    if isinstance(error, PlayheadError):
        return failure
    args = failure.args
    if args is not None:
        args = tuple(redact_error_text(one) if isinstance(one, str) else one for one in args)
    return msgspec.structs.replace(failure, message=redact_error_text(failure.message), args=args)


def _classified(error: Exception) -> PlayheadError | None:
    """Give the first error of ours among an error and its causes."""
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        if isinstance(found, PlayheadError):
            return found
        seen.add(id(found))
        found = found.__cause__
    return None
