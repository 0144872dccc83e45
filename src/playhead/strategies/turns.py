"""
What happens to the calls of one run: which take answers, what is changed in it, how it is cut, what goes wrong.

A script is drawn before the run and says it all, so it reproduces a run from what a failing test prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from playhead.engine.faults import DELAYS, Fault, Injection
from playhead.errors import UsageError
from playhead.strategies.chunking import AS_RECORDED, Chunking
from playhead.strategies.shown import shown


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What happens to one call; nothing, where nothing is said.

    Attributes:
        take: Which take of the request answers, counted from the first (from the script's choice where it has one),
            round and round.
        order: Which order its tool calls come in: 0 the recorded one (``permuted`` says which others).
        missing: How many code points are cut off its end, as by a limit of tokens.
        fault: What goes wrong, after all that.
        chunking: How what comes is cut.

    Raises:
        UsageError: A number is negative.
    """

    take: int = 0
    order: int = 0
    missing: int = 0
    fault: Fault | None = None
    chunking: Chunking = AS_RECORDED

    def __post_init__(self) -> None:
        if min(self.take, self.order, self.missing) < 0:
            raise UsageError(f"take, order and missing of a turn must be non-negative, got {self!r}")

    def __repr__(self) -> str:
        return shown(self)

    @property
    def changes_answer(self) -> bool:
        """Whether a program may go on otherwise than it was recorded: it is given another answer, or none."""
        wrong = self.fault is not None and self.fault.kind not in DELAYS
        return bool(self.take or self.order or self.missing or wrong)


UNDISTURBED = Turn()


class Deal(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Which take of each recorded request answers; the first, where nothing is said.

    Attributes:
        takes: Take numbers by the first 12 hexadecimal digits of the fingerprint.
    """

    takes: Mapping[str, int] = {}

    def __repr__(self) -> str:
        return shown(self)

    def take_of(self, key: bytes) -> int:
        """Give the take of a fingerprint (32 bytes)."""
        return self.takes.get(key.hex()[:12], 0) if self.takes else 0


FIRST_TAKES = Deal()


class Script(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What happens to the calls of one run.

    Attributes:
        turns: What happens to the first call, the second, and so on; to later ones nothing.
        deal: Which take of each request answers.
    """

    turns: tuple[Turn, ...] = ()
    deal: Deal = FIRST_TAKES

    def __repr__(self) -> str:
        return shown(self)


class FaultSchedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Which calls fail, and how.

    Attributes:
        faults: Faults by the number of the call, 1 for the first.
    """

    faults: Mapping[int, Fault] = {}

    def __repr__(self) -> str:
        inner = ", ".join(f"{number}: {shown(fault)}" for number, fault in self.faults.items())
        return f"FaultSchedule({{{inner}}})"

    def __len__(self) -> int:
        return len(self.faults)

    def __iter__(self) -> Iterator[Injection]:
        return iter(self.injections())

    def injections(self) -> tuple[Injection, ...]:
        """Give the same for ``session.inject``."""
        return tuple(Injection(fault, (number,)) for number, fault in self.faults.items())

    def script(self) -> Script:
        """Give the same as a script for a provider or a transport of this package."""
        count = max(self.faults, default=0)
        return Script(tuple(Turn(fault=self.faults.get(number)) for number in range(1, count + 1)))


def read_script(value: Script | FaultSchedule | Deal | Turn | tuple[Turn, ...] | None) -> Script:
    """
    Read a script: itself, or what is a part of one.

    Raises:
        UsageError: It is none of these.
    """
    if value is None:
        return Script()
    if isinstance(value, Script):
        return value
    if isinstance(value, FaultSchedule):
        return value.script()
    if isinstance(value, Deal):
        return Script(deal=value)
    turns: tuple[Any, ...] = (value,) if isinstance(value, Turn) else tuple(value)
    if all(isinstance(turn, Turn) for turn in turns):
        return Script(turns)
    raise UsageError(f"{value!r} is no script", hint="a Script, a FaultSchedule, a Deal, or turns")
