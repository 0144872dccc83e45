"""
SDKs that wait before they try again, at once under replay.

A replayed 429 sends an SDK into its own retry logic, which sleeps. Nothing is gained by that: the next answer stands in
the cassette. So while a session replays, ``time.sleep``, ``asyncio.sleep`` and ``anyio.sleep`` return at once where the
caller is one of the libraries below; every other caller sleeps as before.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from playhead.sessions.session import Session

IMPATIENT = frozenset(
    {
        *("openai", "anthropic", "google", "mistralai", "cohere", "groq", "ollama", "huggingface_hub", "litellm"),
        *("botocore", "urllib3", "requests", "aiohttp_retry", "tenacity", "backoff", "stamina", "httpx_retries"),
    }
)
"""Top-level packages whose waits are skipped: vendors' SDKs and the retry libraries they use."""

SLEEPERS = ("asyncio", "anyio._core._eventloop")
"""Modules beside ``time`` whose ``sleep`` is replaced."""

# Packages that hand the function on, some once it is asked for: asking anyio imports its event loop, 1.3 ms.
_HANDED_ON = {"anyio._core._eventloop": "anyio"}


def _is_impatient(depth: int = 2) -> bool:
    frame = sys._getframe(depth)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the caller is the question
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] in IMPATIENT


class Waits:
    """The replacements of the sleeping functions, in while a session that replays is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[Session, None] = {}
        self._replaced: list[tuple[ModuleType, Any, Any]] = []
        self._made: dict[ModuleType, tuple[Any, Any]] = {}

    def skip(self, session: Session) -> None:
        """Skip the waits of SDKs until ``wait_again``."""
        with self._lock:
            if not self._sessions:
                self._put_in()
            self._sessions[session] = None

    def wait_again(self, session: Session) -> None:
        """Let SDKs wait again, if no other session skips their waits."""
        with self._lock:
            if self._sessions.pop(session, self) is None and not self._sessions:
                while self._replaced:
                    module, original, ours = self._replaced.pop()
                    _swap(module, ours, original)

    def arrived(self, name: str) -> None:
        """Take in a module that has a sleeping function and was imported just now."""
        with self._lock:
            if self._sessions:
                self._replace(sys.modules[name], _skipping_async)

    def _put_in(self) -> None:
        self._replace(time, _skipping)
        for name in SLEEPERS:
            # Looked up, not imported: asyncio alone takes 20 ms that a replay need not spend.
            if name in sys.modules:
                self._replace(sys.modules[name], _skipping_async)

    def _replace(self, module: ModuleType, skipping: Callable[[Any], Any]) -> None:
        original = module.sleep
        made = self._made.get(module)
        ours = made[1] if made is not None and made[0] is original else skipping(original)
        self._made[module] = original, ours
        self._replaced.append((module, original, ours))
        _swap(module, original, ours)


def _swap(module: ModuleType, there: Any, instead: Any) -> None:
    """Put a function in the place of the one that stands there; what somebody else put there stays."""
    for one in (module, sys.modules.get(_HANDED_ON.get(module.__name__, ""))):
        if one is not None and vars(one).get("sleep") is there:
            one.sleep = instead  # type: ignore[attr-defined]


def _skipping(original: Callable[[float], None]) -> Callable[[float], None]:
    @functools.wraps(original)
    def sleep(seconds: float, /) -> None:
        original(0 if _is_impatient() else seconds)

    return sleep


def _skipping_async(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def sleep(delay: float, *args: Any, **kwargs: Any) -> Any:
        return original(0 if _is_impatient() else delay, *args, **kwargs)

    return sleep
