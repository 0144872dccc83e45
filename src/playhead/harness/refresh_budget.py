"""What a refresh may take: US dollars at today's prices, or tokens."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from playhead.core.model import Completion, Failure, Outcome, end_of
from playhead.errors import MissingDependencyError, UsageError
from playhead.harness.prices import Use, price_of, prices_known
from playhead.harness.refresh_plan import RefreshPlan, Target

_AMOUNT = re.compile(r"\$?(?P<dollars>\d+(?:\.\d+)?)|(?P<tokens>\d[\d_]*) ?tokens")


class Budget(NamedTuple):
    """
    A bound; one of the two is given.

    Attributes:
        dollars: US dollars.
        tokens: Tokens, read and written together.
    """

    dollars: Decimal | None = None
    tokens: int | None = None

    def __str__(self) -> str:
        return f"{self.tokens:,} tokens" if self.tokens is not None else f"${self.dollars}"


def parse_budget(text: str) -> Budget:
    """
    Read ``2.50``, ``$2.50`` or ``20000tokens``.

    Raises:
        UsageError: It is something else.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no budget", hint="US dollars, as in 2.50, or tokens, as in 20000tokens")
    if found["tokens"] is not None:
        return Budget(tokens=int(found["tokens"]))
    return Budget(Decimal(found["dollars"]))


def check_budget(budget: Budget, plan: RefreshPlan) -> None:
    """
    Refuse a plan that is over a budget, or of which nobody can tell.

    Raises:
        UsageError: The plan is over it, or calls in it have no price.
        MissingDependencyError: Dollars are asked about, and no prices are at hand.
    """
    if budget.tokens is not None:
        if plan.tokens > budget.tokens:
            raise _over(budget, f"{plan.tokens:,} tokens")
        return
    if not prices_known():
        raise MissingDependencyError("genai-prices", purpose="a budget in dollars", extra_name="prices")
    if plan.unpriced:
        first = next(target for target in plan.targets if target.price is None)
        raise UsageError(
            f"{plan.unpriced} calls have no price, such as {first.asked.call[:12]} (model {first.asked.model!r})",
            hint="choose others with --only, or give the budget in tokens: --budget 20000tokens",
        )
    if plan.price is not None and budget.dollars is not None and plan.price > budget.dollars:
        raise _over(budget, f"${plan.price:.6f}")


def _over(budget: Budget, amount: str) -> UsageError:
    return UsageError(
        f"the plan takes some {amount}, over the budget of {budget}",
        hint="choose fewer calls with --only or --older-than, or raise it",
    )


class Purse:
    """What was spent of a budget, and what calls on their way will likely spend; safe between threads."""

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget or Budget()
        self._pending: list[Target] = []
        self._lock = threading.Lock()
        self.tokens = 0
        self.dollars = Decimal(0)

    def allows(self, target: Target) -> bool:
        """Tell whether a call can be made within the budget, and count it as on its way if so."""
        with self._lock:
            enough = self._enough([*self._pending, target])
            if enough:
                self._pending.append(target)
        return enough

    def _enough(self, waiting: list[Target]) -> bool:
        if self._budget.tokens is not None:
            left = self._budget.tokens - self.tokens
            return left > 0 and sum(one.tokens for one in waiting) <= left
        if self._budget.dollars is not None:
            rest = self._budget.dollars - self.dollars
            return rest > 0 and sum(_prices(waiting), Decimal(0)) <= rest
        return True

    def over(self, target: Target) -> None:
        """Take note that a call is over; what it took is counted by ``take``."""
        with self._lock:
            self._pending.remove(target)

    def take(self, provider: str, outcome: Outcome) -> None:
        """Count what an answer took."""
        end: Completion | Failure | None = end_of(outcome)
        if not isinstance(end, Completion) or not end.usage.reported:
            return
        use = Use(provider, end.model, end.usage.prompt_tokens, end.usage.completion_tokens)
        price = price_of(use) if prices_known() else None
        with self._lock:
            self.tokens += use.prompt_tokens + use.completion_tokens
            self.dollars += price or Decimal(0)


def _prices(targets: Iterable[Target]) -> list[Decimal]:
    return [target.price for target in targets if target.price is not None]
