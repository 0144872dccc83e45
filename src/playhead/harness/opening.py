"""The ways to open a session: a block, a decorator, one line."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, Self, TypedDict, TypeVar, Unpack

from playhead.core.hosts import checked_hosts
from playhead.core.matching import Matching
from playhead.core.modes import Mode
from playhead.core.redaction import Redactor
from playhead.engine.takes import Takes
from playhead.errors import CassetteMissing, UsageError
from playhead.format.limits import Limits
from playhead.plugins.installed import offer_installed_dialects
from playhead.providers.conventions.table import convention_for, name_in
from playhead.providers.limits import exempt
from playhead.sessions import routing
from playhead.sessions.clock import Clock
from playhead.sessions.session import Session, close_after
from playhead.sessions.settings import SessionOptions, effective_mode
from playhead.sessions.wrapping import WrappedProvider
from playhead.wire.seam import SEAM

# Neither of the two layers knows the other.
exempt(routing.replays_here)

P = ParamSpec("P")
R = TypeVar("R")


class SessionKeywords(TypedDict, total=False):
    """The keywords of ``use_cassette``, ``record`` and ``replay``; ``SessionOptions`` says what each does."""

    takes: Takes | str
    seed: int
    pace: float
    strict: bool
    fsync: bool
    redactor: Redactor
    limits: Limits
    clock: Clock
    known_errors: tuple[type[Exception], ...]
    record_command: str | None
    adopt_crashed: bool
    renew: bool
    matching: Matching | None
    wire: bool
    ignore_hosts: Sequence[str]
    allowed_hosts: Sequence[str]
    guard: bool
    skip_waits: bool


class CassetteUse:
    """
    A cassette about to be used: ``with``, ``async with`` or as a decorator.

    As a decorator each call of the function opens a session of its own; a function with a parameter named
    ``session`` is given it.
    """

    def __init__(self, path: str | os.PathLike[str], mode: Mode | str | None, options: SessionOptions) -> None:
        self._path = path
        self._mode = mode
        self._options = options
        self._open: list[Session] = []

    def open(self) -> Session:
        """
        Open a session that the caller closes.

        Raises:
            UsageError: No mode has that name.
            CassetteError: The file exists and cannot be read.
        """
        session = Session(self._path, effective_mode(self._mode), self._options)
        if self._options.wire:
            offer_installed_dialects()
            SEAM.attach(session)
        return session

    def __enter__(self) -> Session:
        session = self.open()
        self._open.append(session)
        return session

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        close_after(self._open.pop(), error)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Give the function with a session round each of its calls."""
        signature = inspect.signature(function)
        wants_session = "session" in signature.parameters
        given: Callable[..., Any] = function

        def keywords(session: Session, kwargs: dict[str, Any]) -> dict[str, Any]:
            return {"session": session, **kwargs} if wants_session else kwargs

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                async with self._anew() as session:
                    return await given(*args, **keywords(session, kwargs))

            return _without_session(awaited, signature)

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self._anew() as session:
                return given(*args, **keywords(session, kwargs))

        return _without_session(called, signature)

    def _anew(self) -> Self:
        """Give the same use anew, for calls that run side by side."""
        return type(self)(self._path, self._mode, self._options)


def _without_session(function: Callable[..., Any], signature: inspect.Signature) -> Callable[..., Any]:
    """Hide the parameter that is given: a test runner would look for a fixture of its name."""
    kept = [parameter for name, parameter in signature.parameters.items() if name != "session"]
    function.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return function


class OpenedProvider(WrappedProvider):
    """
    A wrapped provider that brought its own session: use it in a block, or ``close`` it.

    Attributes:
        session: The session.
    """

    session: Session

    def close(self) -> None:
        """End the session and seal what it recorded; a provider of the caller's stays open."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *facts: Any) -> None:
        close_after(self.session, facts[1])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *facts: Any) -> None:
        close_after(self.session, facts[1])


def use_cassette(
    path: str | os.PathLike[str], *, mode: Mode | str | None = None, **options: Unpack[SessionKeywords]
) -> CassetteUse:
    """
    Use a cassette for a block or a function.

    Args:
        path: The cassette; a name that ends in ``.json`` is kept as text.
        mode: What to do with calls; where it is left out ``PLAYHEAD_MODE``, or else ``replay``.
        **options: The fields of ``SessionOptions``.

    Raises:
        UsageError: An option is unknown.
    """
    return CassetteUse(path, mode, _read_options(options))


def record(
    provider: Any,
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    mode: Mode | str = Mode.RECORD,
    convention: str | None = None,
    **options: Unpack[SessionKeywords],
) -> OpenedProvider:
    """
    Wrap a provider so that its calls are recorded into a cassette.

    Args:
        provider: Any provider.
        path: The cassette; it takes the place of an earlier one when the block ends well.
        name: The provider's stable name.
        mode: Another recording mode, such as ``record-missing``.
        convention: How the provider is called; found by its methods.
        **options: The fields of ``SessionOptions``.

    Raises:
        UsageError: The object is no provider, or an option is unknown.
        RecordingError: The folder cannot be written to.
    """
    return _opened(provider, CassetteUse(path, mode, _provider_seam(options)), name, convention)


def replay(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    convention: str | None = None,
    **options: Unpack[SessionKeywords],
) -> OpenedProvider:
    """
    Give a provider that answers from a cassette alone.

    Args:
        path: The cassette.
        name: The provider's name it was recorded under.
        convention: How the caller calls it; ``paxman`` (``complete(request)``) where it is left out.
        **options: The fields of ``SessionOptions``.

    Raises:
        CassetteError: There is no cassette, or it cannot be read.
    """
    use = CassetteUse(path, Mode.REPLAY, _provider_seam(options))
    return _opened(None, use, name, convention)


def _opened(provider: Any, use: CassetteUse, name: str | None, convention: str | None) -> OpenedProvider:
    found = convention_for(provider, convention)
    checked = name_in(found, name)
    session = use.open()
    if session.mode is Mode.REPLAY and session.cassette is None:
        raise CassetteMissing(
            "there is no such file", path=session.path, hint="record it first: playhead.record(provider, path)"
        )
    opened = OpenedProvider(session, provider, name=checked, convention=found, pace=session.options.pace)
    opened.session = session
    return opened


def _provider_seam(options: SessionKeywords) -> SessionOptions:
    """Read the options of a session that has one provider and no block of code whose HTTP clients would be its own."""
    return _read_options({"wire": False, **options})


def _read_options(options: SessionKeywords) -> SessionOptions:
    unknown = sorted(options.keys() - set(SessionOptions.__struct_fields__))
    if unknown:
        known = ", ".join(SessionOptions.__struct_fields__)
        raise UsageError(f"unknown option {unknown[0]!r}", hint=f"one of {known}")
    given: dict[str, Any] = dict(options)
    for name in ("ignore_hosts", "allowed_hosts"):
        if name in given:
            given[name] = checked_hosts(name, given[name])
    return SessionOptions(**given)
