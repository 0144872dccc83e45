"""The provider seam under a script: an object with the methods of any convention, which answers as the script says."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from playhead.core.calls import NO_VOLATILE
from playhead.core.failures import rebuild
from playhead.core.model import CompletionRequest, Failure, Origin, Stream
from playhead.engine.faults import Fault, FaultKind
from playhead.engine.player import Replay
from playhead.errors import Exhausted
from playhead.providers.conventions.convention import Convention
from playhead.sessions.wrapping import WrappedProvider

if TYPE_CHECKING:
    from playhead.sessions.clock import Clock
    from playhead.strategies.performance import Performance


class ScriptedProvider(WrappedProvider):
    """
    A provider that answers from a cassette as a script says, called as its convention calls providers.

    Attributes:
        origin: Marks every outcome as made up, so that none passes for evidence of a model.
    """

    origin: ClassVar[Origin] = Origin.SYNTHETIC

    def __init__(self, performance: Performance, name: str, convention: Convention) -> None:
        super().__init__(_Passage(performance), None, name=name, convention=convention, pace=1.0)
        self._performance = performance

    def __repr__(self) -> str:
        return f"<{self._name!r} in {self._performance!r}>"


class _Passage:
    """What a wrapped provider asks of a session, answered by a run under a script."""

    def __init__(self, performance: Performance) -> None:
        self._performance = performance

    def __repr__(self) -> str:
        return "a run under a script"  # not the script: each wrapped provider asks for it

    @property
    def clock(self) -> Clock:
        return self._performance.clock

    def begin(
        self,
        request: CompletionRequest,
        provider: str,
        *,
        stream: bool = False,
        origin: Origin = Origin.LIVE,  # noqa: ARG002 - a session's signature
        optional: bool = False,
    ) -> Replay:
        step = self._performance.step(request, provider, stream=stream, wire=False, optional=optional)
        outcome = step.outcome
        if isinstance(outcome, Stream) and outcome.cuts is not None:
            pieces = step.turn.chunking.cut_text(outcome.pieces())
            outcome = msgspec.structs.replace(outcome, cuts=tuple(map(len, pieces)))
        wait = step.turn.fault
        if wait is not None and wait.kind is FaultKind.SLOW_FIRST and not isinstance(outcome, Stream):
            self.clock.sleep(wait.seconds)
        # Without the recorded latency: what a run waits for is what its script says.
        entry = msgspec.structs.replace(step.found.entry, volatile=NO_VOLATILE)
        return Replay(outcome, _gaps(wait), entry)

    @property
    def injects(self) -> bool:
        return False  # the script's faults are in the outcomes already

    def injected(self, request: CompletionRequest, provider: str, *, stream: bool = False) -> None:  # noqa: ARG002 - a session's signature
        return None

    def give_back(self, step: Replay) -> None:
        """Keep no turns of takes: a script says which take answers."""

    def rebuild(self, failure: Failure) -> Exception:
        return rebuild(failure)

    def refuse_past_end(self, request: CompletionRequest, provider: str, pieces: int) -> Exception:
        return self._performance.refused(
            Exhausted(
                f"this stream from {provider!r} (model {request.model!r}) was recorded up to piece {pieces}, where its "
                "consumer stopped",
                hint="record it with a consumer that reads to the end",
            )
        )


def _gaps(fault: Fault | None) -> tuple[int, ...]:
    """Give the milliseconds before each piece of a stream."""
    if fault is None:
        return ()
    if fault.kind is FaultKind.SLOW_FIRST:
        return (round(fault.seconds * 1000),)
    if fault.kind is FaultKind.STALL:
        return (*(0,) * fault.after_pieces, round(fault.seconds * 1000))
    return ()
