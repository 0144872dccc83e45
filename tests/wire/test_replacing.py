"""Functions of others, replaced and put back: the very same, and never over what somebody else has put there."""

from __future__ import annotations

import types

from playhead.wire.replacing import Function, Replacements


class Base:
    """Has a function."""

    def speak(self) -> str:
        """Say something."""
        return "base"


class Derived(Base):
    """Has it by inheritance."""


def louder(before: Function) -> Function:
    """Make it louder."""

    def ours(*args: object) -> str:
        return f"{before(*args)}!"

    return ours


def test_what_was_there_is_there_again() -> None:
    """A replaced function works through what it replaced, and afterwards the very same object is back."""
    before = vars(Base)["speak"]
    replaced = Replacements()
    replaced.replace(Base, "speak", louder)
    replaced.replace(Base, "speak", louder)
    assert Derived().speak() == "base!!"
    assert Base.speak.__doc__ == "Say something."
    replaced.take_out()
    assert vars(Base)["speak"] is before


def test_what_an_owner_has_not_itself_is_left_alone() -> None:
    """Nothing is put where there was nothing, so nothing is left there."""
    replaced = Replacements()
    replaced.replace(Derived, "speak", louder)
    replaced.replace(None, "speak", louder)
    assert "speak" not in vars(Derived)


def test_what_somebody_put_over_ours_is_theirs() -> None:
    """A function that another tool has put over ours meanwhile stays."""
    module = types.ModuleType("m")
    module.f = lambda: "x"  # type: ignore[attr-defined]
    replaced = Replacements()
    replaced.replace(module, "f", louder)
    theirs = lambda: "theirs"  # noqa: E731
    module.f = theirs  # type: ignore[attr-defined]
    replaced.take_out()
    assert module.f is theirs
