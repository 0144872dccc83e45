"""
Every exception Playhead raises.

    PlayheadError
      UsageError                     a wrong option, mode, marker or setting
      InferenceProviderError         the provider failed (also named LLMError)
        ProviderError                it may work if tried again
        RateLimitError               it will work after a wait
        PermanentError               it will fail again
      ReplayRefused                  a session would not let a call through
        NoMatch                      nothing recorded for this request
        Exhausted                    recorded, but every take has been played
        NetworkBlocked               something tried to open a connection during replay
      CassetteError                  a file that cannot be used
        CassetteMissing  NotACassette  UnsupportedVersion  CassetteDamaged  LimitExceeded
      RecordingError                 an interaction could not be completed or stored
        SecretFound                  a credential would have reached a cassette
      PluginError                    a plugin is broken or in conflict with another
        PluginApiVersionMismatchError  BrokenPluginError  CoreUnconditionalPluginDisabledError
        DuplicateContributionError   two plugins give the same thing
          DuplicateInferenceBackendError  DuplicateModelListerError
        InferenceBackendNotFoundError  no plugin answers for it (also a NotImplementedError)
        ModelListingUnsupportedError   a backend that cannot list its models
      MissingDependencyError         an optional package is not installed (also an ImportError)

No class here derives from an HTTP library's error, so no SDK mistakes a refusal for a network fault. Messages
are lower case, show values with ``repr`` and end in a line that starts ``hint:`` where there is a next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

E = TypeVar("E", bound="PlayheadError")


def _restore(cls: type[E], args: tuple[Any, ...], state: dict[str, Any]) -> E:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class PlayheadError(Exception):
    """
    The root of the tree.

    Attributes:
        message: The text without its hint.
        hint: What to do next, or ``None``.
        error_code: A stable upper-case word for programs.
        context: Facts behind the message; safe to log.
        retryable: Whether the same call may work later.
    """

    default_code: ClassVar[str] = "PLAYHEAD_ERROR"
    default_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        error_code: str | None = None,
        context: Mapping[str, Any] | None = None,
        retryable: bool | None = None,
        hint: str | None = None,
    ) -> None:
        if not message:
            raise ValueError("an error needs a message")
        code = self.default_code if error_code is None else error_code
        if not code:
            raise ValueError("error_code must not be empty")
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.error_code = code
        self.context: dict[str, Any] = dict(context) if context is not None else {}
        self.retryable = self.default_retryable if retryable is None else retryable

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(self.__dict__))


class UsageError(PlayheadError, ValueError):
    """A wrong option, mode, marker or setting: the caller's words are off, nothing was done."""

    default_code = "USAGE_ERROR"


class InferenceProviderError(PlayheadError):
    """
    The provider failed to answer.

    Raised by providers with the facts in ``context``, recorded as a failure, and raised again on replay with
    the same class, message, code and context.
    """

    default_code = "INFERENCE_PROVIDER_ERROR"


LLMError = InferenceProviderError


class ProviderError(InferenceProviderError):
    """The provider failed in a way that may pass: 408, 409, 5xx, a time-out, a lost connection."""

    default_retryable = True


class RateLimitError(InferenceProviderError):
    """
    The provider asked for a pause (429).

    Attributes:
        retry_after: Seconds to wait before the next try.
    """

    default_code = "RATE_LIMITED"
    default_retryable = True

    def __init__(self, message: str, *, retry_after: float = 1.0, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.retry_after = retry_after


PERMANENT_STATUSES = (400, 401, 403, 404, 405, 413, 422)
"""The HTTP statuses that a second try does not change."""


class PermanentError(InferenceProviderError):
    """The provider will refuse the same call again: 400, 401, 403, 404, 405, 413, 422."""

    default_code = "PERMANENT_ERROR"


class ReplayRefused(PlayheadError):
    """
    A session would not let a call through.

    Attributes:
        evidence: The refusal as the ledger keeps it (``playhead.engine.ledger.Refusal``), or ``None``.
    """

    default_code = "REPLAY_REFUSED"

    def __init__(self, message: str, *, evidence: Any = None, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.evidence = evidence


class NoMatch(ReplayRefused):
    """Nothing was recorded for this request; the message names the nearest call and the first difference."""

    default_code = "NO_MATCH"


class Exhausted(ReplayRefused):
    """The request was recorded, but every take of it has been played."""

    default_code = "EXHAUSTED"


class NetworkBlocked(ReplayRefused):
    """Something tried to reach the network during replay."""

    default_code = "NETWORK_BLOCKED"


class DriftWarning(UserWarning):
    """A call was answered although a segment of it differs from its recording, which the rules allow."""


class SyntheticWarning(UserWarning):
    """A cassette was sealed that holds outcomes which were injected on purpose."""


class CassetteError(PlayheadError):
    """
    A cassette file that cannot be used.

    Attributes:
        path: The file, or ``None`` where only bytes were given.
        offset: The byte the fault was seen at, or ``None``.
        record: The key or number of the entry concerned, or ``None``.
    """

    default_code = "CASSETTE_ERROR"

    def __init__(
        self,
        reason: str,
        *,
        path: object = None,
        offset: int | None = None,
        record: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.reason = reason
        self.path = None if path is None else str(path)
        self.offset = offset
        self.record = record
        place = [f"cassette {self.path!r}"] if self.path is not None else []
        place += [f"byte {offset}"] if offset is not None else []
        place += [f"entry {record!r}"] if record is not None else []
        facts = {"path": self.path, "offset": offset, "record": record}
        super().__init__(
            f"{', '.join(place)}: {reason}" if place else reason,
            context={name: value for name, value in facts.items() if value is not None},
            hint=hint,
        )


class CassetteMissing(CassetteError):
    """There is no cassette at the path."""

    default_code = "CASSETTE_MISSING"


class NotACassette(CassetteError):
    """The path holds something else: a folder, a pipe, another kind of file."""

    default_code = "NOT_A_CASSETTE"


class UnsupportedVersion(CassetteError):
    """The file was written by a newer Playhead, or needs a dictionary this one does not have."""

    default_code = "UNSUPPORTED_VERSION"


class CassetteDamaged(CassetteError):
    """A checksum, a length or a reference does not hold."""

    default_code = "CASSETTE_DAMAGED"


class LimitExceeded(CassetteError):
    """A length is over its limit; nothing of that length was allocated."""

    default_code = "LIMIT_EXCEEDED"


class RecordingError(PlayheadError):
    """An interaction could not be completed or stored."""

    default_code = "RECORDING_ERROR"


class SecretFound(RecordingError):
    """
    A credential would have reached a cassette; nothing was written.

    Attributes:
        findings: Where, as ``(entry, path, rule)`` triples; never the value.
    """

    default_code = "SECRET_FOUND"

    def __init__(self, message: str, *, findings: tuple[tuple[str, str, str], ...] = (), **fields: Any) -> None:
        super().__init__(message, **fields)
        self.findings = findings


class PluginError(PlayheadError):
    """A plugin is broken, of another version, or in conflict with another."""

    default_code = "PLUGIN_ERROR"


class _Fact:
    """A fact of an error's context as an attribute: there however the error was made, from a recording too."""

    def __set_name__(self, owner: type[PlayheadError], name: str) -> None:
        self._name = name

    def __get__(self, error: PlayheadError | None, owner: type[PlayheadError]) -> Any:
        return self if error is None else error.context.get(self._name)


class PluginApiVersionMismatchError(PluginError):
    """
    A plugin was written for another version of the plugin interface.

    Attributes:
        plugin_name: The plugin.
        targets_api: The version it names, ``None`` where it names none.
        supported_api: The version there is here.
    """

    default_code = "PLUGIN_API_VERSION_MISMATCH"
    plugin_name = _Fact()
    targets_api = _Fact()
    supported_api = _Fact()


class BrokenPluginError(PluginError):
    """
    An installed plugin cannot be loaded, is no plugin, or failed to register.

    Attributes:
        plugin_name: The plugin, or its entry point where it was not loaded.
        reason: What is wrong with it.
    """

    default_code = "BROKEN_PLUGIN"
    plugin_name = _Fact()
    reason = _Fact()


class CoreUnconditionalPluginDisabledError(PluginError):
    """
    A plugin that Playhead cannot do without stands in the denylist.

    Attributes:
        plugin_name: The plugin.
    """

    default_code = "CORE_PLUGIN_DISABLED"
    plugin_name = _Fact()


class DuplicateContributionError(PluginError):
    """
    Two plugins give the same thing.

    Attributes:
        first_plugin: The one that had it first.
        second_plugin: The other.
    """

    default_code = "DUPLICATE_CONTRIBUTION"
    first_plugin = _Fact()
    second_plugin = _Fact()


class DuplicateInferenceBackendError(DuplicateContributionError):
    """
    Two plugins serve the same SDK in the same family.

    Attributes:
        family: The family's name.
        sdk: The SDK's name.
        first_plugin: The one that had it first.
        second_plugin: The other.
    """

    default_code = "DUPLICATE_INFERENCE_BACKEND"
    family = _Fact()
    sdk = _Fact()


class DuplicateModelListerError(DuplicateContributionError):
    """
    Two plugins list the models of the same SDK.

    Attributes:
        sdk: The SDK's name.
        first_plugin: The one that had it first.
        second_plugin: The other.
    """

    default_code = "DUPLICATE_MODEL_LISTER"
    sdk = _Fact()


class InferenceBackendNotFoundError(PluginError, NotImplementedError):
    """
    No plugin serves the SDK in the family.

    Attributes:
        family: The family's name, ``None`` where no family was asked for.
        sdk: The SDK's name.
    """

    default_code = "INFERENCE_BACKEND_NOT_FOUND"
    family = _Fact()
    sdk = _Fact()


class ModelListingUnsupportedError(PluginError):
    """
    A backend cannot list its models; raised by a lister, and no failure of the listing.

    Attributes:
        sdk: The SDK's name.
    """

    default_code = "MODEL_LISTING_UNSUPPORTED"
    sdk = _Fact()

    def __init__(
        self, message: str | None = None, *, sdk: str = "", context: Mapping[str, Any] | None = None, **fields: Any
    ) -> None:
        facts = {**(context or {}), **({"sdk": sdk} if sdk else {})}
        super().__init__(message or f"the models of {sdk!r} cannot be listed", context=facts, **fields)


class MissingDependencyError(PlayheadError, ImportError):
    """
    An optional package is not installed.

    Attributes:
        dependency_name: The package.
        extra_name: The extra of ours that brings it, or ``None``.
    """

    default_code = "MISSING_DEPENDENCY"

    def __init__(
        self,
        dependency_name: str,
        *,
        extra_name: str | None = None,
        purpose: str | None = None,
        said: str | None = None,
    ) -> None:
        self.dependency_name = dependency_name
        self.extra_name = extra_name
        wanted = f"playhead[{extra_name}]" if extra_name else dependency_name
        super().__init__(
            f"{dependency_name!r} is not installed"
            + (f", and {purpose} needs it" if purpose else "")
            + (f": {said}" if said else ""),
            context={"dependency": dependency_name},
            hint=f"pip install '{wanted}'",
        )
