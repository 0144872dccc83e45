"""A budget: read from a word, refused where the plan is over it, and kept while answers come."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playhead import Completion, Failure, MissingDependencyError, Stream, Usage, UsageError
from playhead.core.model import CompletionRequest
from playhead.harness import prices
from playhead.harness.comparison import Asked
from playhead.harness.prices import Use
from playhead.harness.refresh_budget import Budget, Purse, check_budget, parse_budget
from playhead.harness.refresh_plan import RefreshPlan, Target


def target(tokens: int | None = 10, price: str | None = None, name: str = "a") -> Target:
    """Make a call that is known to take so much."""
    use = None if tokens is None else Use("openai", "gpt-4o-mini", tokens, 0)
    return Target(
        asked=Asked(name * 32, 0, "openai", "gpt-4o-mini"),
        key=bytes(32),
        request=CompletionRequest("a"),
        stream=False,
        wired=None,
        use=use,
        price=None if price is None else Decimal(price),
    )


def plan(*targets: Target) -> RefreshPlan:
    """Make a plan."""
    return RefreshPlan("golden", "0" * 64, len(targets), targets, ())


@pytest.mark.parametrize(
    ("text", "budget", "shown"),
    [
        ("2.50", Budget(Decimal("2.50")), "$2.50"),
        ("$3", Budget(Decimal(3)), "$3"),
        ("0", Budget(Decimal(0)), "$0"),
        ("20_000tokens", Budget(tokens=20_000), "20,000 tokens"),
        ("5 tokens", Budget(tokens=5), "5 tokens"),
    ],
)
def test_a_budget_is_read(text: str, budget: Budget, shown: str) -> None:
    """Dollars with or without their sign, or tokens."""
    assert parse_budget(text) == budget
    assert str(budget) == shown


@pytest.mark.parametrize("text", ["", "-1", "1e3", "two", "1,50", "5token", "tokens", "NaN", "2.50 €"])
def test_anything_else_is_an_error(text: str) -> None:
    """A budget that is misread is worse than none."""
    with pytest.raises(UsageError, match="is no budget"):
        parse_budget(text)


def test_a_plan_over_the_budget_is_refused() -> None:
    """At the budget it is not over it; the message names both."""
    check_budget(Budget(tokens=20), plan(target(), target()))
    with pytest.raises(UsageError, match="the plan takes some 20 tokens, over the budget of 19 tokens"):
        check_budget(Budget(tokens=19), plan(target(), target()))


def test_dollars_need_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every call: one without a price could cost anything."""
    monkeypatch.setattr(prices, "PACKAGE", "no_such_package_of_prices")
    with pytest.raises(MissingDependencyError) as caught:
        check_budget(Budget(Decimal(1)), plan(target(price="0.1")))
    assert caught.value.hint == "pip install 'playhead[prices]'"


def test_dollars_are_held_against_the_plans_price() -> None:
    """What is over is refused, and so is what has no price."""
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    check_budget(Budget(Decimal("0.2")), plan(target(price="0.1"), target(price="0.1")))
    with pytest.raises(UsageError, match="over the budget of"):
        check_budget(Budget(Decimal("0.19")), plan(target(price="0.1"), target(price="0.1")))
    with pytest.raises(UsageError, match="1 calls have no price, such as bbbbbbbbbbbb") as caught:
        check_budget(Budget(Decimal(1)), plan(target(price="0.1"), target(name="b")))
    assert caught.value.hint is not None
    assert "20000tokens" in caught.value.hint


def test_a_purse_counts_what_was_spent_and_what_is_on_its_way() -> None:
    """A call that would likely go over is not made; an answer that took more than the golden's leaves less."""
    purse = Purse(Budget(tokens=25))
    one, two, three = target(), target(), target()
    assert purse.allows(one)
    assert purse.allows(two)
    assert not purse.allows(three)
    purse.take("openai", Completion("x", model="gpt-4o-mini", usage=Usage(4, 2, 6)))
    purse.over(one)
    assert not purse.allows(three)
    purse.take("openai", Stream(end=Completion("x", usage=Usage(5, 5, 10))))
    purse.over(two)
    assert purse.tokens == 16
    assert not purse.allows(three)
    assert purse.allows(target(tokens=9))


def test_what_has_no_counts_costs_nothing_that_is_known() -> None:
    """A call without counts is made while anything is left; a failure takes nothing."""
    purse = Purse(Budget(tokens=5))
    assert purse.allows(target(tokens=None))
    purse.take("openai", Failure("x.Y"))
    purse.take("openai", Completion("x"))
    purse.take("openai", Stream(end=None))
    assert purse.tokens == 0
    purse.take("openai", Completion("x", usage=Usage(5, 0, 5)))
    assert not purse.allows(target(tokens=None))


def test_dollars_are_spent_at_todays_prices() -> None:
    """Answers of a known model cost; without a budget everything is allowed."""
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    purse = Purse(Budget(Decimal("0.20")))
    assert purse.allows(target(price="0.15"))
    assert not purse.allows(target(price="0.15"))
    purse.take("openai", Completion("x", model="gpt-4o-mini", usage=Usage(1_000_000, 0, 1_000_000)))
    assert purse.dollars == Decimal("0.15")
    free = Purse(None)
    assert all(free.allows(target(price="1000")) for _ in range(5))
