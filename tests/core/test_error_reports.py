"""Errors as reports, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import playhead
from playhead.core.error_reports import ErrorCategory, ErrorReport, category_of
from playhead.errors import (
    BrokenPluginError,
    InferenceProviderError,
    MissingDependencyError,
    NoMatch,
    PermanentError,
    ProviderError,
    RateLimitError,
    UsageError,
)

CATEGORIES: dict[str, tuple[Exception, ErrorCategory]] = {
    "lost connection": (ProviderError("odd"), ErrorCategory.TRANSIENT),
    "500": (ProviderError("odd", context={"status": 500}), ErrorCategory.TRANSIENT),
    "too many": (RateLimitError("odd", context={"status": 429}), ErrorCategory.TRANSIENT),
    "quota spent": (RateLimitError("odd", context={"status": 429}, retryable=False), ErrorCategory.CAPACITY),
    "payment": (ProviderError("odd", context={"status": 402}, retryable=False), ErrorCategory.CAPACITY),
    "wrong key": (PermanentError("odd", context={"status": 401}), ErrorCategory.CONFIGURATION),
    "no such model": (PermanentError("odd", context={"status": 404}), ErrorCategory.CONFIGURATION),
    "no key": (
        InferenceProviderError("odd", error_code="INFERENCE_PROVIDER_KEY_MISSING"),
        ErrorCategory.CONFIGURATION,
    ),
    "bad request": (PermanentError("odd", context={"status": 400}), ErrorCategory.CONTENT),
    "too long": (PermanentError("odd", context={"status": 413}), ErrorCategory.CONTENT),
    "no status": (PermanentError("odd"), ErrorCategory.AMBIGUOUS),
    "any failure": (InferenceProviderError("odd"), ErrorCategory.AMBIGUOUS),
    "wrong option": (UsageError("odd"), ErrorCategory.CONFIGURATION),
    "plugin": (BrokenPluginError("odd"), ErrorCategory.CONFIGURATION),
    "package": (MissingDependencyError("acme"), ErrorCategory.CONFIGURATION),
    "refusal": (NoMatch("odd"), ErrorCategory.UNKNOWN),
    "not ours": (ValueError("odd"), ErrorCategory.UNKNOWN),
}


@pytest.mark.parametrize(("error", "category"), CATEGORIES.values(), ids=CATEGORIES)
def test_every_error_has_a_category(error: Exception, category: ErrorCategory) -> None:
    """Only what may be tried again is transient, and the way through a report changes no category."""
    report = ErrorReport.of(error)
    assert report.category is category
    assert report.retryable is (category is ErrorCategory.TRANSIENT)
    assert category_of(report.error()) is category


def test_an_error_may_name_its_category() -> None:
    """Who raises it knows best."""
    error = PermanentError("odd")
    error.category = ErrorCategory.CONTENT  # type: ignore[attr-defined]
    assert ErrorReport.of(error).category is ErrorCategory.CONTENT


def test_a_report_has_the_facts_of_its_error() -> None:
    """Provider, model and status have fields of their own; what else there is stays."""
    facts = {"provider": "openai", "model": "gpt", "status": 429, "region": "eu"}
    report = ErrorReport.of(RateLimitError("slow down", retry_after=2.5, context=facts))
    assert (report.error_type, report.message, report.code) == (
        "playhead.errors.RateLimitError",
        "slow down",
        "RATE_LIMITED",
    )
    assert (report.provider, report.model, report.status, report.retry_after) == ("openai", "gpt", 429, 2.5)
    assert report.context == {"region": "eu"}


def test_a_pause_may_stand_in_the_context() -> None:
    """A failing server's ``Retry-After`` is reported, though its class has no field for it."""
    error = ProviderError("down", context={"status": 503, "retry_after": 4.0})
    report = ErrorReport.of(error)
    assert report.retry_after == 4.0
    assert report.error().context == error.context  # type: ignore[attr-defined]


def test_a_servers_whole_answer_is_left_out_unless_asked_for() -> None:
    """It may hold what the user asked, and is not for logs."""
    error = PermanentError("odd", context={"status": 400, "body": {"prompt": "mine"}})
    assert "mine" not in ErrorReport.of(error).to_json().decode()
    report = ErrorReport.of(error, with_body=True)
    assert report.context == {"body": {"prompt": "mine"}}
    assert report.error().context == error.context  # type: ignore[attr-defined]


def raised_from(cause: Exception) -> Exception:
    """Give an error of another's that was raised because of one of ours."""
    try:
        try:
            raise cause
        except Exception as error:
            raise RuntimeError("the step failed") from error
    except RuntimeError as wrapped:
        return wrapped


def test_an_error_that_wraps_another_is_classified_as_that() -> None:
    """What the provider's error said decides; the text and class are the outer one's, there and back."""
    cause = RateLimitError("slow down", retry_after=2.5, context={"status": 429, "provider": "openai"})
    report = ErrorReport.of(raised_from(cause))
    assert (report.error_type, report.message) == ("builtins.RuntimeError", "the step failed")
    assert (report.category, report.retryable, report.status) == (ErrorCategory.TRANSIENT, True, 429)
    assert (report.code, report.retry_after, report.provider) == ("RATE_LIMITED", 2.5, "openai")
    again = ErrorReport.of(report.error())
    assert again == report


def test_a_circle_of_causes_ends() -> None:
    """Errors that name each other as their cause do not hold the report up."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert ErrorReport.of(first).category is ErrorCategory.UNKNOWN


def test_a_key_in_anothers_words_is_masked() -> None:
    """A report goes into logs; our own errors are masked where they are made."""
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    assert key.encode() not in ErrorReport.of(ValueError(f"refused: {key}", key)).to_json()


def test_an_unknown_class_comes_back_as_the_nearest_known() -> None:
    """A class is never imported because a report names it; who has it may say so."""

    class Vendors(PermanentError):
        """One of a vendor's."""

    report = ErrorReport.from_json(ErrorReport.of(Vendors("odd", context={"status": 400})).to_json())
    assert type(report.error()) is PermanentError
    assert type(report.error(known=[Vendors])) is Vendors


@pytest.mark.parametrize("data", [b"", b"7", b"{}", b'{"error_type": 1}', b"\xff", '{"category": "odd"}'])
def test_what_is_no_report_is_refused(data: bytes | str) -> None:
    """Bytes of another's give an error of ours."""
    with pytest.raises(UsageError, match="no report"):
        ErrorReport.from_json(data)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CLASSES = [InferenceProviderError, ProviderError, PermanentError, RateLimitError, UsageError, playhead.PlayheadError]


@given(
    cls=st.sampled_from(CLASSES),
    message=st.text(min_size=1, max_size=20),
    fields=st.fixed_dictionaries(
        {"context": st.dictionaries(st.text(max_size=8), PLAIN, max_size=4)},
        optional={"error_code": st.from_regex(r"[A-Z_]{1,9}", fullmatch=True), "retryable": st.booleans()},
    ),
    facts=st.fixed_dictionaries(
        {},
        optional={
            "provider": st.text(max_size=5),
            "model": st.text(max_size=5),
            "status": st.integers(100, 599),
            "retry_after": st.floats(0, 1e6),
        },
    ),
)
def test_nothing_is_lost_on_the_way_there_and_back(
    cls: type[Any], message: str, fields: dict[str, Any], facts: dict[str, Any]
) -> None:
    """An error, its report, the report's JSON, the error again: class, text, code, context and report are the same."""
    error = cls(message, **{**fields, "context": {**fields["context"], **facts}})
    report = ErrorReport.of(error, with_body=True)
    read = ErrorReport.from_json(report.to_json())
    assert read == report
    again: Any = read.error()
    assert type(again) is cls
    assert (again.message, again.error_code, again.retryable) == (error.message, error.error_code, error.retryable)
    assert again.context == error.context
    assert ErrorReport.of(again, with_body=True) == report
