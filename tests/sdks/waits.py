"""The waits of SDKs, counted where they are asked for: a clock would measure the machine as well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from anyio._core import _eventloop


@contextmanager
def counted() -> Iterator[list[float]]:
    """Give the seconds of each wait in the block that gets as far as ``time``, ``asyncio`` or anyio."""
    asked: list[float] = []

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        def sleep(seconds: float, *args: Any, **kwargs: Any) -> Any:
            asked.append(seconds)
            return original(seconds, *args, **kwargs)

        return sleep

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", counting(time.sleep))
        patch.setattr(asyncio, "sleep", counting(asyncio.sleep))
        # The package hands on the function of its own part: one function in both places, as it is there.
        theirs = counting(_eventloop.sleep)
        patch.setattr(_eventloop, "sleep", theirs)
        patch.setattr(anyio, "sleep", theirs)
        yield asked
