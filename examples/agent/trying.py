"""Trying again what may pass: a busy server, a lost connection; never what will fail for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import httpx2
import openai

from examples.agent.bugs import Bugs
from examples.agent.reading import BrokenStream

T = TypeVar("T")

TRIES = 3
PAUSE = 0.5


def again(ask: Callable[[], T], bugs: Bugs, sleep: Callable[[float], None] = time.sleep) -> T:
    """
    Ask until there is an answer, at most ``TRIES`` times.

    Raises:
        Exception: The last failure, or the first that will not pass.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return ask()
        except (openai.APIError, httpx2.TransportError, BrokenStream) as error:
            if attempt == TRIES or not (_may_pass(error) or Bugs.RETRIES in bugs):
                raise
            sleep(_pause(error, attempt))
    raise AssertionError("unreachable")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, openai.APIStatusError):
        status: int = error.status_code
        return status == 429 or status >= 500
    return True  # nothing came, or half of it


def _pause(error: Exception, attempt: int) -> float:
    if isinstance(error, openai.RateLimitError):
        return float(error.response.headers.get("retry-after", PAUSE))
    return PAUSE * attempt
