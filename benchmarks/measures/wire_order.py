"""What comes back when calls are replayed otherwise than they were recorded, and what a killed recording leaves."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.contenders import OURS, available, over
from benchmarks.contenders.base import asked_of
from benchmarks.contenders.over_http import OverHttp, make_client
from benchmarks.measures.base import Measure
from benchmarks.measures.processes import python
from benchmarks.measures.wire import CASSETTER, CASSETTER_BODIES, SAME_BODY, YAML
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workloads.calls import Call
from benchmarks.workloads.chat import chat_calls
from benchmarks.workloads.streams import wire_stream_calls
from benchmarks.workshop import Workshop

NAMES = (OURS, YAML, SAME_BODY, CASSETTER, CASSETTER_BODIES)
OTHER_ORDER, THREADS, GATHERED = "100 calls in another order", "60 calls from 8 threads", "12 streams gathered"
KILLED = "killed after 50 recorded calls"
RECORDED = 50

NOTES = (
    (
        "Answers that are another call's, given in silence; a refused call is not counted. Each tool's block is opened "
        "as its documentation opens it, with no mode named, the recording there. Streams go through `asyncio.gather` "
        "and an async client, in another order than they were recorded in."
    ),
    (
        "For the last column a process records chat calls and is killed (`SIGKILL`) inside the block; the calls that "
        "can be replayed from what it left, after `playhead recover` for Playhead."
    ),
)

_Ask = Callable[[OverHttp, Path, Sequence[Call]], int]


def _run(plan: Plan, shop: Workshop) -> Result:  # noqa: ARG001 - these are counts: no plan makes them smaller
    rows: list[Row] = []
    here = available(*(over(name, "httpx") for name in NAMES))
    chat, streams = list(chat_calls(100)), list(wire_stream_calls(12))
    cases: tuple[tuple[str, list[Call], _Ask], ...] = (
        (OTHER_ORDER, chat, _another_order),
        (THREADS, chat[:60], _threads),
        (GATHERED, streams, _gathered),
    )
    for case, calls, ask in cases:
        say(f"wire order: {case}")
        for name in NAMES:
            tool = here.get(over(name, "httpx"))
            if isinstance(tool, OverHttp):
                folder = shop.empty("wire order")
                tool.record(folder, calls)
                rows.append(Row(case, name, "wrong", (ask(tool, folder, calls),)))
    say(f"wire order: {KILLED}")
    rows += [
        Row(KILLED, name, "calls left", (_left(name, shop.empty("wire order killed")),))
        for name in (OURS, YAML, CASSETTER)
        if over(name, "httpx") in here
    ]
    return Result("wire_order", "Over the wire: another order, and a killed recording", NOTES, tuple(rows))


def _shuffled(calls: Sequence[Call]) -> list[Call]:
    return Random(17).sample(list(calls), len(calls))


def _another_order(tool: OverHttp, folder: Path, calls: Sequence[Call]) -> int:
    client = make_client("httpx")
    with tool.tool.default(folder / tool.file_name):
        return sum(_is_wrong(client, call) for call in _shuffled(calls))


def _threads(tool: OverHttp, folder: Path, calls: Sequence[Call]) -> int:
    client = make_client("httpx")
    with tool.tool.default(folder / tool.file_name), ThreadPoolExecutor(8) as pool:
        return sum(pool.map(lambda call: _is_wrong(client, call), calls))


def _is_wrong(client: Any, call: Call) -> bool:
    try:
        return bool(client.text(asked_of(call)) != call.completion.text)
    except Exception:  # noqa: BLE001 - each tool has refusals of its own, and none is a wrong answer
        return False


def _gathered(tool: OverHttp, folder: Path, calls: Sequence[Call]) -> int:
    async def ask_all() -> int:
        import httpx

        async with httpx.AsyncClient() as client:

            async def is_wrong(call: Call) -> bool:
                exchange = call.exchange
                try:
                    async with client.stream(
                        "POST", exchange.url, content=exchange.request, headers=exchange.request_headers
                    ) as response:
                        return await response.aread() != exchange.response
                except Exception:  # noqa: BLE001 - as above
                    return False

            return sum(await asyncio.gather(*map(is_wrong, _shuffled(calls))))

    with tool.tool.default(folder / tool.file_name):
        return asyncio.run(ask_all())


_KILLED = """
import json, os, signal, sys
from pathlib import Path
from benchmarks.contenders.http_tools import tool
from benchmarks.contenders.over_http import Mock, ask_all, library_of, make_client
from benchmarks.workloads.chat import chat_calls
name, folder, count = json.loads(sys.argv[1])
own, library = tool(name), library_of("httpx")
mock = Mock(library)
with own.recording(Path(folder) / own.file_name):
    ask_all(make_client("httpx", own.around(library, library.MockTransport(mock))), mock, chat_calls(count))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _left(name: str, folder: Path) -> int:
    """Count the calls that can be replayed after a recording was killed."""
    from benchmarks.contenders.http_tools import tool

    try:
        python("-c", _KILLED, json.dumps([name, str(folder), RECORDED]))
    except subprocess.CalledProcessError as error:
        if error.returncode != -signal.SIGKILL:
            raise
    own = tool(name)
    path = folder / own.file_name
    if name == OURS:
        journals = map(str, folder.glob(f"{path.name}.j-*"))
        path = folder / "recovered.cassette"
        python("-m", "playhead", "recover", "--json", "--out", str(path), *journals)
    if not path.exists():
        return 0
    client = make_client("httpx")
    with own.replaying(path):
        return sum(_is_right(client, call) for call in chat_calls(RECORDED))


def _is_right(client: Any, call: Call) -> bool:
    try:
        return bool(client.text(asked_of(call)) == call.completion.text)
    except Exception:  # noqa: BLE001 - as above
        return False


MEASURE = Measure("wire_order", _run)
