"""What the measures at the wire seam share: names, the SDKs' environment, children that run in it."""

from __future__ import annotations

import gc
import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any

from benchmarks.contenders import OURS, over
from benchmarks.contenders.base import Asked, Recorded, asked_of
from benchmarks.contenders.http_tools import SAME_FILE, tool
from benchmarks.contenders.over_http import Client, Mock, library_of, make_client
from benchmarks.machine import sdk_python
from benchmarks.measures.processes import python
from benchmarks.workloads.calls import Exchange

YAML, JSON = "vcrpy YAML", "vcrpy JSON"
BODIES, SAME_BODY = "vcrpy YAML, bodies matched", "vcrpy YAML, body =="
CASSETTER, CASSETTER_BODIES = "cassetter", "cassetter, bodies matched"
NAMES = (OURS, YAML, JSON, BODIES, SAME_BODY, CASSETTER, CASSETTER_BODIES)

WHOLE_FILES = 2_000
"""Calls above which tools that read the whole file, or write it at once, are left out: they take minutes."""

MATCHING = (
    "vcrpy and cassetter match method and URI by default, so an answer is the next one recorded whatever was asked. "
    "Bodies matched is `match_on=('method', 'uri', 'body')`; `body ==` is a matcher of one line that compares bytes."
)


def interpreter(client: str) -> tuple[str | None, str]:
    """
    Give the interpreter for a client.

    Returns:
        Its path (``None`` for this one) and an empty text; or the reason why there is none.
    """
    try:
        library_of(client)
    except ImportError:
        found = sdk_python()
        return found, "" if found else f"not judged: {client} is not installed; make .venv-sdk/.ready"
    return None, ""


def in_child(task: str, client: str, facts: dict[str, Any]) -> dict[str, list[float]]:
    """
    Run a task of ``wire_child`` in a fresh process of the interpreter that has a client.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    executable, _ = interpreter(client)
    found: dict[str, list[float]] = json.loads(
        python("-m", "benchmarks.measures.wire_child", task, client, json.dumps(facts), executable=executable)
    )
    return found


def known(names: Sequence[str], client: str) -> list[str]:
    """Give the tools that are installed in this environment."""
    found: list[str] = []
    for name in names:
        try:
            tool(name).preload()
            library_of(client)
        except ImportError:
            continue
        found.append(name)
    return found


def recorded_by(name: str, client: str) -> str:
    """Give the contender whose recording a tool reads; a raw client's bytes are the same in either library."""
    return over(SAME_FILE.get(name, name), "openai" if client == "openai" else "httpx")


@contextmanager
def undisturbed() -> Generator[None]:
    """Keep the garbage collector from running in a timed part, for whoever left it most to do."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Round:
    """Calls to be made again and again, each with what a mock would answer."""

    def __init__(self, calls: Sequence[Recorded]) -> None:
        self._pairs: list[tuple[Asked, Exchange]] = [(asked_of(call), call.exchange) for call in calls]

    def __len__(self) -> int:
        return len(self._pairs)

    def timed(self, client: Client, mock: Mock) -> int:
        """Make the calls, and give the nanoseconds."""
        ask = client.ask
        began = perf_counter_ns()
        for asked, exchange in self._pairs:
            mock.exchange = exchange
            ask(asked)
        return perf_counter_ns() - began

    def checked(self, client: Client, mock: Mock, texts: Sequence[str]) -> None:
        """Make the calls, and see that each gets its own answer."""
        for (asked, exchange), text in zip(self._pairs, texts, strict=True):
            mock.exchange = exchange
            assert client.text(asked) == text


def mocked(client: str) -> tuple[Client, Mock]:
    """Give a client whose calls a mock answers, and the mock."""
    library = library_of(client)
    mock = Mock(library)
    return make_client(client, library.MockTransport(mock)), mock
