"""Functions of others, replaced while a session is open and put back after it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


class Replacements:
    """What stood where ours stands now."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Function, Function]] = []
        # Ours of what stood there last: it takes 10 us to make, and a suite opens a session a test.
        self._made: dict[tuple[Any, str], tuple[Function, Function]] = {}

    def replace(self, owner: Any, name: str, make: Callable[[Function], Function]) -> None:
        """
        Put a function in place of one that a class or module has itself; nothing where it has none.

        Args:
            owner: The class or module; ``None`` for nothing to do.
            name: The function's name there.
            make: Makes ours of what stands there now; the same each time it is asked about the same function.
        """
        before = _own(owner, name)
        if before is not None:
            known = self._made.get((owner, name))
            ours = known[1] if known is not None and known[0] is before else functools.wraps(before)(make(before))
            self._made[owner, name] = before, ours
            self._before.append((owner, name, before, ours))
            setattr(owner, name, ours)

    def take_out(self) -> None:
        """Put back what was there; what somebody has put over ours meanwhile is theirs to take out."""
        while self._before:
            owner, name, before, ours = self._before.pop()
            if _own(owner, name) is ours:
                setattr(owner, name, before)


def _own(owner: Any, name: str) -> Any:
    """Give what an owner has under a name itself, not by inheritance."""
    facts: dict[str, Any] = getattr(owner, "__dict__", {})
    return facts.get(name)
