"""What answers cost, where ``genai-prices`` is installed (extra ``prices``)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

PACKAGE = "genai_prices"


class Use(NamedTuple):
    """
    What an answer was billed by.

    Attributes:
        provider: The provider's stable name.
        model: The model that answered.
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written.
    """

    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int


def cost_of(uses: Mapping[Use, int]) -> tuple[Decimal | None, int]:
    """
    Give the price of answers in US dollars, and how many of them have none.

    Args:
        uses: Answers, with how often each was given.

    Returns:
        ``None`` and 0 where ``genai-prices`` is not installed; ``None`` where no answer has a price.
    """
    if not prices_known():
        return None, 0
    total: Decimal | None = None
    unpriced = 0
    for use, count in sorted(uses.items()):
        price = price_of(use)
        if price is None:
            unpriced += count
        else:
            total = (total or Decimal(0)) + price * count
    return total, unpriced


def prices_known() -> bool:
    """Tell whether prices are at hand."""
    return find_spec(PACKAGE) is not None


def price_of(use: Use) -> Decimal | None:
    """Give the price of one answer in US dollars, at today's prices; ``None`` where its model is in no list."""
    prices: Any = import_module(PACKAGE)
    usage = prices.Usage(input_tokens=use.prompt_tokens, output_tokens=use.completion_tokens)
    # The provider's name is the user's own; where the list has no such provider, the model alone says it.
    for provider in (use.provider, None):
        try:
            price: Any = prices.calc_price(usage, model_ref=use.model, provider_id=provider).total_price
        except LookupError:
            continue
        return Decimal(str(price))
    return None
