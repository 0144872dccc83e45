"""What answers would have cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playhead.harness import prices
from playhead.harness.prices import Use, cost_of, price_of

MINI = Use("openai", "gpt-4o-mini", 1_000_000, 1_000_000)


def test_without_the_extra_nothing_is_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is said to be without a price."""
    monkeypatch.setattr(prices, "PACKAGE", "no_such_package_of_prices")
    assert cost_of({MINI: 1}) == (None, 0)


def test_answers_are_priced_and_added_up() -> None:
    """By the list of the package: 0.15 and 0.60 US dollars a million tokens; a provider of any name will do."""
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    assert price_of(MINI) == Decimal("0.75")
    assert price_of(MINI._replace(provider="my-own")) == Decimal("0.75")
    assert cost_of({MINI: 2, Use("x", "no-such-model", 1, 1): 3}) == (Decimal("1.50"), 3)
    assert cost_of({}) == (None, 0)
