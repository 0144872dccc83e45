"""
One run under a script: which recorded call answers each call, and what becomes of its answer.

Until something has changed what the program is told, its calls must be the recorded ones: another is refused as in a
replay. After that the conversation is no longer the recorded one, and the nearest recorded call of its kind answers.
"""

from __future__ import annotations

import os
import threading
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

from playhead.core.fingerprint import Fingerprint
from playhead.core.model import CompletionRequest
from playhead.core.names import DEFAULT_PROVIDER
from playhead.engine.explain import Situation, explain_no_match
from playhead.errors import NoMatch, ReplayRefused
from playhead.providers.conventions.table import convention_for
from playhead.sessions.clock import Clock, ManualClock
from playhead.store.cassette import Cassette
from playhead.strategies.provider import ScriptedProvider
from playhead.strategies.repertoire import Found, Repertoire, repertoire_of
from playhead.strategies.steps import Played, Step, step_of
from playhead.strategies.transport import scripted_transport
from playhead.strategies.turns import UNDISTURBED, Deal, FaultSchedule, Script, Turn, read_script

Recorded = Cassette | Repertoire | str | os.PathLike[str]
Scripted = Script | FaultSchedule | Deal | Turn | tuple[Turn, ...]
"""What may be given where a script is wanted."""


Refused = TypeVar("Refused", bound=ReplayRefused)


class Performance:
    """
    A run under a script, for as many providers and transports as it has; its calls are counted together.

    Attributes:
        script: What happens.
        clock: What delays are waited on; it stands still unless another is given.
        calls: What was asked so far.
        refusals: Calls that were refused; leaving the block raises the first, whatever the program did with it.
    """

    def __init__(self, recorded: Recorded, script: Scripted | None = None, *, clock: Clock | None = None) -> None:
        """
        Begin a run.

        Args:
            recorded: The cassette that answers; open it once for all examples.
            script: What happens to the calls; nothing where it is left out.
            clock: What stalls and slow starts are waited on; a ``ManualClock`` of its own where it is left out.

        Raises:
            UsageError: That is no script.
            CassetteError: There is no cassette, or it cannot be read.
        """
        self.script = read_script(script)
        self.clock: Clock = ManualClock() if clock is None else clock
        self.calls: list[Played] = []
        self.refusals: list[ReplayRefused] = []
        self._recorded = repertoire_of(recorded)
        self._turns = list(self.script.turns)
        self._diverged = False
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<{len(self.calls)} calls of {self.script!r}>"

    @property
    def diverged(self) -> bool:
        """Whether the program has been told something else than it was told when it was recorded."""
        return self._diverged

    def provider(self, name: str = DEFAULT_PROVIDER, *, convention: str | None = None) -> ScriptedProvider:
        """
        Give a provider of the run.

        Args:
            name: The name it was recorded under.
            convention: How it is called; ``complete(request)`` and ``stream(request)`` where it is left out.

        Raises:
            UsageError: There is no such convention.
        """
        return ScriptedProvider(self, name, convention_for(None, convention))

    def transport(self, library: str | ModuleType = "httpx") -> Any:
        """
        Give a transport of the run, for sync and async clients of one library.

        Args:
            library: ``httpx`` or ``httpx2``, by name or as a module.

        Raises:
            UsageError: The library is neither.
            MissingDependencyError: It is not installed.
        """
        return scripted_transport(self, library)

    def refused(self, refusal: Refused) -> Refused:
        """Keep a refusal, which an SDK or the program may swallow, and give it to be raised."""
        self.refusals.append(refusal)
        return refusal

    def check(self) -> None:
        """
        Raise the first refusal, whatever became of it.

        Raises:
            ReplayRefused: A call was refused.
        """
        if self.refusals:
            raise self.refusals[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.check()
        elif self.refusals and error is not self.refusals[0]:
            error.add_note(f"playhead: a call of this run was refused: {self.refusals[0]}")

    def disturb(self, turn: Turn) -> None:
        """Say what happens to the call after all that something happens to already."""
        with self._lock:
            while len(self._turns) < len(self.calls):
                self._turns.append(UNDISTURBED)
            self._turns.append(turn)

    def step(
        self, request: CompletionRequest, provider: str, *, stream: bool, wire: bool, optional: bool = False
    ) -> Step:
        """
        Answer a call.

        Args:
            request: What is asked.
            provider: Whom.
            stream: Whether pieces are asked for.
            wire: Whether it came over the wire.
            optional: Whether the caller has another answer where this is refused, so that the refusal is not kept.

        Raises:
            NoMatch: It was not recorded, and nothing has happened that could have changed it; or nothing of its kind
                was recorded at all.
            CassetteError: What the cassette holds of it is damaged.
        """
        with self._lock:
            turn = self._turns[len(self.calls)] if len(self.calls) < len(self._turns) else UNDISTURBED
            found = self._find(request, provider, turn, stream=stream, wire=wire, optional=optional)
            step = step_of(turn, found, request, provider, stream=stream)
            self._diverged = self._diverged or turn.changes_answer or found.entry.n > 0
            self.calls.append(Played(request, provider, stream, turn, found.exact, step.outcome))
        return step

    def _find(
        self, request: CompletionRequest, provider: str, turn: Turn, *, stream: bool, wire: bool, optional: bool
    ) -> Found:
        recorded = self._recorded
        key, values = recorded.key_of(request, provider, stream=stream and not wire)
        deal = self.script.deal
        found = recorded.find(key.key, deal.take_of(key.key) + turn.take, values, exact=True)
        if found is not None:
            return found
        if self._diverged:
            near = recorded.nearest(request, provider, key, wire=wire, stream=stream)
            if near is not None:
                found = recorded.find(near, deal.take_of(near) + turn.take, values, exact=False)
        if found is not None:
            return found
        error = self._no_match(request, provider, key, stream=stream)
        raise error if optional else self.refused(error)

    def _no_match(self, request: CompletionRequest, provider: str, key: Fingerprint, *, stream: bool) -> NoMatch:
        cassette, matching = self._recorded.cassette, self._recorded.matching
        where = Situation(str(cassette.path), len(cassette), 0, None, "make the recording again with this call in it")
        found = explain_no_match(request, provider, key, cassette, (), where, stream=stream, matching=matching)
        return NoMatch(found.message, hint=found.hint, evidence=found.evidence)
