"""The gateway under load: 200 clients at a time, whole answers and streams mixed, beside a bare app."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import httpx
import msgspec

from benchmarks.contenders import OURS
from benchmarks.measures.base import Measure
from benchmarks.plan import Plan
from benchmarks.results import Result, Row
from benchmarks.timing import say
from benchmarks.workshop import Workshop
from playhead.core.model import Completion, CompletionRequest
from playhead.gateway import create_app

BARE = "a bare starlette app"
CLIENTS = 200
QUESTIONS = 50
CASE = f"{CLIENTS} clients"
WRONG, MEMORY = f"{CASE}, wrong or missing answers", f"{CASE}, memory gained"
WINDOWS = 6

NOTES = (
    (
        f"{CLIENTS} connections on loopback ask {QUESTIONS} chats of 600 bytes, whole and streamed in turn, for a "
        "minute a contender in six turns; each answer is compared with the one that was recorded for its question. "
        "Clients and server have a process each."
    ),
    "The bare app parses the request and gives the same bytes from a table; it looks nothing else up.",
    "Memory is what the gateway's process holds after the last turn over what it held after the first.",
)


class Load(NamedTuple):
    """
    What a window of load came to.

    Attributes:
        rate: Answers a second.
        wrong: Answers that were another question's, or none.
    """

    rate: float
    wrong: int


class _Echo:
    """Gives every question an answer of its own."""

    def complete(self, request: CompletionRequest) -> Completion:
        asked = str(request.conversation()[-1]["content"])
        return Completion(" ".join(f"{asked[:12]}-{index}" for index in range(40)), model="tiny-1")


def questions() -> list[bytes]:
    """Give the bodies of the requests, whole and streamed in turn."""
    return [
        msgspec.json.encode(
            {"model": "tiny-1", "stream": stream, "messages": [{"role": "user", "content": f"{n:03} {'why ' * 120}"}]}
        )
        for n in range(QUESTIONS)
        for stream in (False, True)
    ]


def record(folder: Path) -> dict[bytes, bytes]:
    """Record an answer for each question; give them, and leave them for the bare app."""
    return asyncio.run(_record(folder))


async def _record(folder: Path) -> dict[bytes, bytes]:
    app = create_app(cassette=folder / "load.cassette", mode="record", upstreams={"default": _Echo()})
    answers: dict[bytes, bytes] = {}
    plain: dict[str, list[str]] = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        for body in questions():
            answers[body] = (await client.post("/v1/chat/completions", content=body)).content
            asked = msgspec.json.decode(body)
            text = answers[body].decode()
            pieces = [f"{event}\n\n" for event in text.split("\n\n") if event] if asked["stream"] else [text]
            plain[f"{asked['messages'][-1]['content']} {asked['stream']}"] = pieces
    await app.close()
    (folder / "answers.json").write_bytes(msgspec.json.encode(plain))
    return answers


@contextmanager
def served(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run a server; give its port and its process's id."""
    command = [sys.executable, "-m", "benchmarks.measures.gateway_child", kind, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process.pid
        finally:
            process.terminate()


def drive(port: int, answers: Mapping[bytes, bytes], *, seconds: float, clients: int = CLIENTS) -> Load:
    """Ask from many connections at once for a while."""
    return asyncio.run(_drive(port, list(answers.items()), seconds, clients))


async def _drive(port: int, asked: list[tuple[bytes, bytes]], seconds: float, clients: int) -> Load:
    began = perf_counter()
    done = [0, 0]

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        at = number
        while at == number or perf_counter() - began < seconds:
            body, expected = asked[at % len(asked)]
            at += 1
            writer.write(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer sk-load\r\n"
                b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
            )
            status, got = await asyncio.wait_for(_answer(reader), 60)
            done[0] += 1
            done[1] += status != 200 or got != expected
        writer.close()

    results = await asyncio.gather(*map(client, range(clients)), return_exceptions=True)
    broken = [result for result in results if result is not None]
    return Load(done[0] / (perf_counter() - began), done[1] + len(broken))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    _, found, rest = head.partition(b"content-length:")
    if found:
        return status, await reader.readexactly(int(rest.partition(b"\r")[0]))
    pieces: list[bytes] = []
    while size := int(await reader.readline(), 16):
        pieces.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return status, b"".join(pieces)


def _memory_kb(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def _run(plan: Plan, shop: Workshop) -> Result:
    say(f"gateway: {CLIENTS} clients for {plan.gateway_s:g} s each")
    folder = shop.scratch / "gateway"
    folder.mkdir(exist_ok=True)
    answers = record(folder)
    loads: dict[str, list[Load]] = {OURS: [], BARE: []}
    held: list[float] = []
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(served(kind, folder)) for name, kind in ((OURS, "gateway"), (BARE, "bare"))
        }
        for turn in range(WINDOWS):
            for name in (OURS, BARE) if turn % 2 else (BARE, OURS):
                port, process = servers[name]
                loads[name].append(drive(port, answers, seconds=plan.gateway_s / WINDOWS))
                if name == OURS and Path("/proc").is_dir():
                    held.append(_memory_kb(process))
    rows = [Row(CASE, name, "calls/s", tuple(load.rate for load in found)) for name, found in loads.items()]
    rows.append(Row(WRONG, OURS, "wrong", (float(sum(load.wrong for load in loads[OURS])),)))
    if held:
        gained = max(0.0, statistics.median(held[-2:]) - held[0])
        rows.append(Row(MEMORY, OURS, "KB", (gained,)))
    return Result("gateway", "The gateway under load", NOTES, tuple(rows))


MEASURE = Measure("gateway", _run)
