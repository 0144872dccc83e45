"""The exception tree: its shape, its texts, its way through pickle."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx
import pytest

from playhead import errors
from playhead.errors import (
    BrokenPluginError,
    CassetteDamaged,
    CassetteError,
    CassetteMissing,
    CoreUnconditionalPluginDisabledError,
    DuplicateContributionError,
    DuplicateInferenceBackendError,
    DuplicateModelListerError,
    Exhausted,
    InferenceBackendNotFoundError,
    InferenceProviderError,
    LimitExceeded,
    LLMError,
    MissingDependencyError,
    ModelListingUnsupportedError,
    NetworkBlocked,
    NoMatch,
    NotACassette,
    PermanentError,
    PlayheadError,
    PluginApiVersionMismatchError,
    PluginError,
    ProviderError,
    RateLimitError,
    RecordingError,
    ReplayRefused,
    SecretFound,
    UnsupportedVersion,
    UsageError,
)

ALL: list[type[PlayheadError]] = sorted(
    {cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, PlayheadError)},
    key=lambda cls: cls.__name__,
)


def make(cls: type[PlayheadError]) -> PlayheadError:
    """Build an error of the class with every common field set."""
    if issubclass(cls, CassetteError):
        return cls("it is odd", path="a.cassette", offset=7, record="k", hint="do this")
    if issubclass(cls, MissingDependencyError):
        return cls("numpy", extra_name="demo", purpose="the demo")
    return cls("it is odd", context={"a": 1}, hint="do this")


TREE = {
    UsageError: (PlayheadError, ValueError),
    InferenceProviderError: (PlayheadError,),
    ProviderError: (InferenceProviderError,),
    RateLimitError: (InferenceProviderError,),
    PermanentError: (InferenceProviderError,),
    ReplayRefused: (PlayheadError,),
    NoMatch: (ReplayRefused,),
    Exhausted: (ReplayRefused,),
    NetworkBlocked: (ReplayRefused,),
    CassetteError: (PlayheadError,),
    CassetteMissing: (CassetteError,),
    NotACassette: (CassetteError,),
    UnsupportedVersion: (CassetteError,),
    CassetteDamaged: (CassetteError,),
    LimitExceeded: (CassetteError,),
    RecordingError: (PlayheadError,),
    SecretFound: (RecordingError,),
    PluginError: (PlayheadError,),
    PluginApiVersionMismatchError: (PluginError,),
    BrokenPluginError: (PluginError,),
    CoreUnconditionalPluginDisabledError: (PluginError,),
    DuplicateContributionError: (PluginError,),
    DuplicateInferenceBackendError: (DuplicateContributionError,),
    DuplicateModelListerError: (DuplicateContributionError,),
    InferenceBackendNotFoundError: (PluginError, NotImplementedError),
    ModelListingUnsupportedError: (PluginError,),
    MissingDependencyError: (PlayheadError, ImportError),
}


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_tree(cls: type[PlayheadError]) -> None:
    """Each class stands where the drawing at the top of the file puts it."""
    assert cls.__bases__ == TREE[cls]


def test_tree_is_whole() -> None:
    """The module defines the classes of the drawing and no other."""
    assert {cls for cls in ALL if cls is not PlayheadError} == set(TREE)


def test_other_name() -> None:
    """The provider's error has a second name, not a second class."""
    assert LLMError is InferenceProviderError


TEXTS: dict[str, tuple[PlayheadError, str]] = {
    "plain": (PlayheadError("it is odd"), "it is odd"),
    "with a hint": (UsageError("no mode 'x'", hint="one of replay, once"), "no mode 'x'\nhint: one of replay, once"),
    "a refusal": (NoMatch("nothing recorded", hint="record it"), "nothing recorded\nhint: record it"),
    "no place": (CassetteDamaged("a frame is cut"), "a frame is cut"),
    "path": (CassetteMissing("no such file", path="a.cassette"), "cassette 'a.cassette': no such file"),
    "offset": (CassetteDamaged("a frame is cut", offset=0), "byte 0: a frame is cut"),
    "record": (CassetteDamaged("a frame is cut", record="3"), "entry '3': a frame is cut"),
    "every place": (
        LimitExceeded("too long", path="a b.cassette", offset=12, record="ab", hint="raise the limit"),
        "cassette 'a b.cassette', byte 12, entry 'ab': too long\nhint: raise the limit",
    ),
    "package": (
        MissingDependencyError("numpy"),
        "'numpy' is not installed\nhint: pip install 'numpy'",
    ),
    "package and what its user says": (
        MissingDependencyError("acme", said="The acme SDK is needed."),
        "'acme' is not installed: The acme SDK is needed.\nhint: pip install 'acme'",
    ),
    "a backend that cannot list": (ModelListingUnsupportedError(sdk="acme"), "the models of 'acme' cannot be listed"),
    "package of an extra": (
        MissingDependencyError("numpy", extra_name="demo", purpose="the demo"),
        "'numpy' is not installed, and the demo needs it\nhint: pip install 'playhead[demo]'",
    ),
}


@pytest.mark.parametrize(("error", "text"), TEXTS.values(), ids=TEXTS)
def test_text(error: PlayheadError, text: str) -> None:
    """The text of an error is made from its fields."""
    assert str(error) == text


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_pickle_and_copy(cls: type[PlayheadError]) -> None:
    """An error comes through pickle and copy with its class, text and every field (pytest-xdist sends them)."""
    error = make(cls)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is cls
        assert str(other) == str(error)
        assert other.args == error.args
        assert vars(other) == vars(error)


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_no_library_takes_it_for_its_own(cls: type[PlayheadError]) -> None:
    """No class derives from an HTTP library's or the system's error, so no SDK retries a refusal."""
    assert not issubclass(cls, (httpx.HTTPError, OSError, TimeoutError))


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_code(cls: type[PlayheadError]) -> None:
    """Each class has a stable upper-case code."""
    code = make(cls).error_code
    assert code == cls.default_code
    assert code == code.upper()
    assert code.replace("_", "").isalpha()


def test_codes_differ() -> None:
    """A code tells the class, but that a provider's passing failure has the code of any provider's failure."""
    assert ProviderError.default_code == InferenceProviderError.default_code
    others = [cls for cls in ALL if cls is not ProviderError]
    assert len({cls.default_code for cls in others}) == len(others)


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_retryable(cls: type[PlayheadError]) -> None:
    """Only a provider's passing failure and a rate limit are worth another try."""
    assert make(cls).retryable is (cls in (ProviderError, RateLimitError))


def test_given_fields_win() -> None:
    """Code and retryability given by the caller stand over the class's."""
    error = InferenceProviderError("odd", error_code="VENDOR", retryable=True)
    assert (error.error_code, error.retryable) == ("VENDOR", True)


def test_context_is_a_copy() -> None:
    """What the caller does to its mapping later does not change the error."""
    facts: dict[str, Any] = {"status": 500}
    error = ProviderError("odd", context=facts)
    facts["status"] = 200
    assert error.context == {"status": 500}


@pytest.mark.parametrize("fields", [{"message": ""}, {"message": "odd", "error_code": ""}])
def test_empty_words_are_refused(fields: dict[str, str]) -> None:
    """An error without a message or with an empty code is a mistake of the one who raises it."""
    with pytest.raises(ValueError, match=r"needs a message|error_code"):
        PlayheadError(**fields)  # type: ignore[arg-type]


def test_cassette_place_is_context() -> None:
    """A cassette error gives its place as attributes and, where known, in its context."""
    error = CassetteDamaged("cut", path="a.cassette", offset=3)
    assert (error.reason, error.path, error.offset, error.record) == ("cut", "a.cassette", 3, None)
    assert error.context == {"path": "a.cassette", "offset": 3}


def test_own_attributes() -> None:
    """The classes with a field of their own keep it."""
    assert RateLimitError("slow", retry_after=2.5).retry_after == 2.5
    assert RateLimitError("slow").retry_after == 1.0
    assert NoMatch("none", evidence="e").evidence == "e"
    assert SecretFound("found", findings=(("0", "a", "sk-key"),)).findings == (("0", "a", "sk-key"),)
    clash = DuplicateInferenceBackendError("two", context={"family": "llm", "sdk": "acme", "first_plugin": "a"})
    assert (clash.family, clash.sdk, clash.first_plugin, clash.second_plugin) == ("llm", "acme", "a", None)
    assert ModelListingUnsupportedError(sdk="acme").sdk == "acme"
    missing = MissingDependencyError("numpy", extra_name="demo")
    assert (missing.dependency_name, missing.extra_name) == ("numpy", "demo")
