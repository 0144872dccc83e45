"""Exceptions as recorded outcomes: what comes back, as what class, with which words."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import errors
from playhead.core.calls import encode_outcome, outcome_fields
from playhead.core.failures import KNOWN, describe, qualified_name, rebuild
from playhead.core.model import Failure
from playhead.errors import (
    InferenceProviderError,
    PermanentError,
    PlayheadError,
    ProviderError,
    RateLimitError,
    UsageError,
)
from tests.strategies import any_text, failures, field_values, same, values


class Overloaded(ProviderError):
    """A vendor's error below one of ours."""


class Slow(RateLimitError, TimeoutError):
    """A vendor's error below one of ours and one of Python's."""


class StatusError(Exception):
    """A vendor's error that needs a live response."""

    def __init__(self, message: str, *, response: object) -> None:
        super().__init__(message)
        self.response = response


class Oddities(RuntimeError):
    """A vendor's error with its own idea of its fields."""

    error_code = 17
    context = "not a mapping"
    retryable = "yes"
    retry_after = "soon"


OURS: dict[str, PlayheadError] = {
    "provider": ProviderError("503 from upstream", error_code="HTTP_503", context={"status": 503}),
    "plain": InferenceProviderError("odd"),
    "rate": RateLimitError("slow down", retry_after=2.5, context={"limit": "tokens"}),
    "permanent": PermanentError("no such model", context={"model": "m\u00f6del"}),
    "permanent but retryable": PermanentError("odd", retryable=True),
    "provider but not retryable": ProviderError("odd", retryable=False),
    "usage": UsageError("no mode 'x'"),
}


@pytest.mark.parametrize("error", OURS.values(), ids=OURS)
def test_ours_come_back(error: PlayheadError) -> None:
    """An error of ours comes back with class, message, code, context and whether a retry may help."""
    again = rebuild(describe(error))
    assert type(again) is type(error)
    assert isinstance(again, PlayheadError)
    assert (str(again), again.args, again.message) == (str(error), error.args, error.message)
    assert (again.error_code, again.context, again.retryable) == (error.error_code, error.context, error.retryable)
    assert getattr(again, "retry_after", None) == getattr(error, "retry_after", None)


BUILTINS: dict[str, Exception] = {
    "message": ValueError("no"),
    "nothing": ValueError(),
    "an empty message": ValueError(""),
    "several": ValueError("no", 3, {"a": [1]}),
    "a number": ValueError(3),
    "none": ValueError(None),
    "bytes": ValueError(b"\xff"),
    "key": KeyError("a b"),
    "key of a number": KeyError(7),
    "time-out": TimeoutError("slow"),
    "connection": ConnectionResetError(104, "Connection reset by peer"),
    "file": FileNotFoundError(2, "No such file or directory"),
    "file with its name": FileNotFoundError(2, "No such file or directory", "/a b"),
    "system": OSError("just text"),
    "division": ZeroDivisionError("division by zero"),
    "index": IndexError("list index out of range"),
    "surrogate": RuntimeError("a\ud800"),
    "plain": Exception("x"),
}


@pytest.mark.parametrize("error", BUILTINS.values(), ids=BUILTINS)
def test_builtins_come_back(error: Exception) -> None:
    """A harmless exception of Python's comes back with its class, its arguments and its text."""
    again = rebuild(describe(error))
    assert type(again) is type(error)
    assert same(again.args, error.args)
    assert str(again) == str(error)


@pytest.mark.parametrize("error", [*OURS.values(), *BUILTINS.values()], ids=lambda error: repr(error)[:40])
def test_describing_again_gives_the_same(error: Exception) -> None:
    """A failure that was replayed and is recorded again is the same failure."""
    failure = describe(error)
    assert same(describe(rebuild(failure)), failure)
    assert encode_outcome(outcome_fields(failure)).data


def test_system_errors_keep_their_numbers() -> None:
    """A system error comes back with its number and file, for code that looks at them."""
    again = rebuild(describe(FileNotFoundError(2, "No such file or directory", "/a")))
    assert isinstance(again, FileNotFoundError)
    assert (again.errno, again.strerror, again.filename) == (2, "No such file or directory", "/a")


@pytest.mark.parametrize("cls", KNOWN.values(), ids=lambda cls: cls.__qualname__)
def test_every_known_class_can_be_rebuilt(cls: type[Exception]) -> None:
    """Each class that a replay may rebuild can be, from its name alone, and shows its message."""
    error = rebuild(Failure(qualified_name(cls), "odd", context={"a": 1}))
    assert type(error) is cls
    assert "odd" in str(error)
    assert "odd" in repr(error)


def test_known_classes_are_harmless() -> None:
    """No file can make a replay raise what ends an interpreter or an event loop."""
    for harmful in (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, StopIteration):
        assert qualified_name(harmful) not in KNOWN
        error = rebuild(Failure(qualified_name(harmful), "odd"))
        assert type(error) is InferenceProviderError


def test_unknown_class_comes_back_as_the_nearest_of_ours() -> None:
    """A class that no reader knows comes back as the nearest class of ours above it."""
    again = rebuild(describe(Overloaded("busy", error_code="BUSY", context={"a": 1})))
    assert type(again) is ProviderError
    assert (str(again), again.error_code, again.context, again.retryable) == ("busy", "BUSY", {"a": 1}, True)
    slow = rebuild(describe(Slow("slow", retry_after=3.0)))
    assert type(slow) is RateLimitError
    assert slow.retry_after == 3.0


def test_foreign_class_comes_back_as_a_provider_error() -> None:
    """A class with none of ours above it comes back as a provider's failure that names it."""
    for error in (StatusError("bad gateway", response=object()), UnicodeError("odd")):
        failure = describe(error)
        again = rebuild(failure)
        assert type(again) is InferenceProviderError
        assert again.message == str(error)
        assert again.context["recorded_class"] == qualified_name(type(error)) == failure.type


def test_foreign_class_without_a_message() -> None:
    """A foreign exception without words comes back with its class for a message."""
    again = rebuild(describe(StatusError("", response=None)))
    assert str(again) == "tests.core.test_failures.StatusError"


def test_an_answer_s_status_and_body_are_in_the_generic_error() -> None:
    """An SDK's exception without a codec comes back as the generic error, with the status and body it had."""
    error = StatusError("no such model", response=httpx.Response(404))
    error.body = {"error": {"code": "no_model"}}  # type: ignore[attr-defined]
    again = rebuild(describe(error))
    assert type(again) is InferenceProviderError
    assert (again.context["status"], again.context["body"]) == (404, {"error": {"code": "no_model"}})
    given = rebuild(describe(error), known=[StatusError])
    assert type(given) is StatusError
    assert (given.status_code, given.body) == (404, {"error": {"code": "no_model"}})  # type: ignore[attr-defined]


def test_a_class_with_a_codec_comes_back_as_itself() -> None:
    """An exception of an HTTP library comes back as its own class, where the program has loaded the library."""
    again = rebuild(describe(httpx.RemoteProtocolError("peer closed connection")))
    assert type(again) is httpx.RemoteProtocolError
    assert str(again) == "peer closed connection"


def test_given_classes_come_back() -> None:
    """A class that the reader gives is rebuilt, without running its own construction."""
    known = [StatusError, Overloaded, httpx.ReadTimeout]
    again = rebuild(describe(StatusError("bad gateway", response=object())), known=known)
    assert type(again) is StatusError
    assert str(again) == "bad gateway"
    assert not hasattr(again, "response")
    assert type(rebuild(describe(Overloaded("busy")), known=known)) is Overloaded
    assert type(rebuild(describe(httpx.ReadTimeout("slow")), known=known)) is httpx.ReadTimeout


def test_given_base_is_nearer_than_ours() -> None:
    """A given class above the recorded one is taken before a class of ours further up."""

    class Child(Overloaded):
        pass

    assert type(rebuild(describe(Child("x")), known=[Overloaded])) is Overloaded


def test_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class is never imported because a failure names it."""
    monkeypatch.delitem(sys.modules, "this", raising=False)
    rebuild(Failure("this.Zen", "x", bases=("this.Other",)))
    assert "this" not in sys.modules


def test_odd_fields_do_no_harm() -> None:
    """Fields of a foreign exception that are not of our kind are left out, not trusted."""
    failure = describe(Oddities("x"))
    assert (failure.error_code, failure.context, failure.retry_after) == (None, {}, None)
    assert failure.message == "x"


def test_facts_without_a_form_are_kept_as_text() -> None:
    """A fact of a context that cannot be recorded is kept as its repr, so the failure stays the failure it was."""
    failure = describe(ProviderError("x", context={"response": object, "status": 500}))
    assert failure.context == {"response": "<class 'object'>", "status": 500}
    assert describe(ValueError(object)).args is None
    assert describe(ValueError(object)).message == "<class 'object'>"


def test_bases_are_kept_for_strangers_only() -> None:
    """What a reader knows needs no second choice; what it does not brings its classes, nearest first."""
    assert describe(ValueError("x")).bases == ()
    assert describe(Overloaded("x")).bases == (
        "playhead.errors.ProviderError",
        "playhead.errors.InferenceProviderError",
        "playhead.errors.PlayheadError",
    )


def test_traceback_and_cause_are_not_kept() -> None:
    """A rebuilt exception carries no cause and no frames of the recording."""
    try:
        raise ProviderError("x") from ValueError("cause")
    except ProviderError as error:
        failure = describe(error)
    again = rebuild(failure)
    assert (again.__cause__, again.__traceback__) == (None, None)


@given(failures)
def test_any_failure_can_be_raised(failure: Failure) -> None:
    """Whatever a file says a failure was, replay raises an exception of a class it knows."""
    error = rebuild(failure)
    assert type(error) in KNOWN.values()
    with pytest.raises(type(error)):
        raise error


@given(any_text.filter(bool), field_values, st.lists(values, max_size=3))
def test_any_words_survive(message: str, context: dict[str, Any], arguments: list[Any]) -> None:
    """Any message and context of ours, and any plain arguments of Python's, come back as they were."""
    ours = rebuild(describe(ProviderError(message, context=context)))
    assert isinstance(ours, ProviderError)
    assert ours.message == message
    assert same(ours.context, context)
    theirs = rebuild(describe(ValueError(*arguments)))
    assert same(theirs.args, tuple(arguments))


def test_known_holds_all_of_ours() -> None:
    """Every class of our tree can be rebuilt by name."""
    ours = {cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, PlayheadError)}
    assert ours <= set(KNOWN.values())
