"""The sessions of tests: opened and closed by a runner, and asked for a little more than others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from playhead.core.calls import CallEntry
from playhead.core.evidence import Interaction
from playhead.core.hosts import checked_hosts
from playhead.core.model import Completion, CompletionRequest, end_of
from playhead.core.modes import Mode
from playhead.engine.player import Replay
from playhead.engine.recordings import Outline, Recordings
from playhead.errors import UsageError
from playhead.harness.prices import Use
from playhead.plugins.installed import offer_installed_dialects
from playhead.pytest_plugin.mutating import Mutations, mutations_of
from playhead.sessions import routing
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.store.cassette import Cassette
from playhead.wire.seam import SEAM


class TestSession(Session):
    """
    A session that a test runner opened.

    Attributes:
        mutations: What came of changing its requests; ``None`` where that is not asked for.
        uses: The answers played that count tokens, with how often, since it was last cleared.
    """

    __test__ = False

    def __init__(
        self, path: Path, mode: Mode, options: SessionOptions, *, take: int | None = None, mutate: bool = False
    ) -> None:
        """
        Open a cassette and catch the calls of HTTP clients.

        Args:
            path: The cassette.
            mode: What to do with calls.
            options: How.
            take: Answer each request by the take of this number alone.
            mutate: Whether to test the sensitivity of the matching on each request that is played.

        Raises:
            CassetteError: The file exists and cannot be read.
            RecordingError: The mode records and the folder cannot be written to.
        """
        super().__init__(path, mode, options)
        self.mutations = Mutations() if mutate else None
        self.uses: Counter[Use] = Counter()
        if take is not None and self._cassette is not None:
            self._player.recordings = OneTake(self._cassette, take)
        if options.wire:
            offer_installed_dialects()
            SEAM.attach(self)

    def replayed(self, step: Replay, request: CompletionRequest, provider: str, *, stream: bool) -> None:
        """Count the tokens of what is played, and try what a changed request would come to where that is asked for."""
        outcome = end_of(step.outcome)
        usage = outcome.usage if isinstance(outcome, Completion) else None
        if isinstance(outcome, Completion) and usage is not None and (usage.prompt_tokens or usage.completion_tokens):
            use = Use(provider, outcome.model or "", usage.prompt_tokens, usage.completion_tokens)
            with self._lock:
                self.uses[use] += 1
        if self.mutations is not None and self._cassette is not None:
            found = mutations_of(request, provider, stream, self._cassette, self.matching, self.options.redactor)
            with self._lock:
                self.mutations.add(found)

    @property
    def played(self) -> frozenset[tuple[bytes, int]]:
        """The recorded calls that were played: key (32 bytes) and take."""
        with self._lock:
            return frozenset(self._player.ledger.played)

    def leave(self) -> None:
        """Catch no further calls; what was recorded is sealed when the session is closed."""
        routing.leave(self)


class OneTake:
    """A cassette in which each request has one take: that of a number, or its last where it has fewer."""

    def __init__(self, cassette: Cassette, take: int) -> None:
        self._cassette = cassette
        self._take = take

    def __len__(self) -> int:
        return len(self._cassette)

    def takes(self, key: bytes) -> int:
        """Count the takes: one where there is any."""
        return min(1, self._cassette.takes(key))

    def get(self, key: bytes, n: int) -> CallEntry | None:
        """Give the take."""
        count = self._cassette.takes(key)
        return self._cassette.get(key, min(self._take, count - 1)) if n == 0 and count else None

    def interaction(self, entry: CallEntry) -> Interaction:
        """Give an entry with its request."""
        return self._cassette.interaction(entry)

    def outlines(self) -> Iterator[tuple[bytes, int, Outline]]:
        """Give the outline of every call."""
        return cast("Recordings", self._cassette).outlines()


def options_from(settings: Mapping[str, Any], source: str = "playhead_settings") -> dict[str, Any]:
    """
    Check settings of a project's own.

    Raises:
        UsageError: One is unknown.
    """
    unknown = sorted(settings.keys() - set(SessionOptions.__struct_fields__) - {"mode"})
    if unknown:
        known = ", ".join(("mode", *SessionOptions.__struct_fields__))
        raise UsageError(f"{source} has no setting {unknown[0]!r}", hint=f"one of {known}")
    given = dict(settings)
    for name in ("ignore_hosts", "allowed_hosts"):
        if name in given:
            given[name] = checked_hosts(name, given[name])
    return given


def take_count(path: Path) -> int:
    """Give the most takes that a request of a cassette has; 0 where there is no cassette."""
    from playhead.store.sealing import open_or_none

    cassette = open_or_none(path)
    return 0 if cassette is None else max((n + 1 for _, n, _ in cassette.outlines()), default=0)
