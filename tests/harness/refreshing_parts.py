"""Goldens to be asked again, and what answers them: a function, or a server on the loopback interface."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from tests.harness.comparing_parts import QUESTIONS, Asked, record

import playhead
from playhead import Cassette, Completion, CompletionRequest, ManualClock
from playhead.harness.refresh_plan import RefreshPlan, Selection, Ways, plan_refresh
from playhead.store.cassette import open_cassette

OLD = ManualClock(1_767_225_600_000_000_000)  # 2026-01-01
LATER = datetime.date(2026, 3, 1)
EVERYTHING = Selection()


class Counting(Asked):
    """A provider that is a function and counts its calls."""

    def __init__(self, answer: Callable[[CompletionRequest], Completion]) -> None:
        super().__init__(answer)
        self.asked: list[CompletionRequest] = []

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        return super().complete(request)


def golden_of(path: Path, questions: Sequence[CompletionRequest] = QUESTIONS) -> Cassette:
    """Record a golden and open it."""
    return open_cassette(record(path, questions=questions))


def plan_of(golden: Cassette, ways: Ways, selection: Selection = EVERYTHING, **facts: Any) -> RefreshPlan:
    """Plan a refresh on a fixed day."""
    return plan_refresh(golden, ways, selection, today=LATER, **facts)


def texts(path: Path) -> list[str]:
    """Give every answer, in reading order."""
    return [interaction.evidence.text for interaction in playhead.open_cassette(path)]


class Server:
    """
    A server that speaks OpenAI's chat on the loopback interface.

    Attributes:
        text: What it answers.
        status: With which status.
        seen: What it was asked: path, headers and body.
    """

    def __init__(self) -> None:
        self.text = "first"
        self.status = 200
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.url = ""

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Answer a request."""
        asked = json.loads(body or b"{}")
        self.seen.append((path, headers, asked))
        if self.status != 200:
            return self.status, b'{"error":{"message":"not now"}}'
        message = {"role": "assistant", "content": self.text}
        usage = {"prompt_tokens": 4, "completion_tokens": 6, "total_tokens": 10}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        found = {"id": f"chatcmpl-{len(self.seen)}", "model": "gpt-4o-mini", "choices": [choice], "usage": usage}
        return 200, json.dumps(found).encode()


@contextmanager
def serving() -> Iterator[Server]:
    """Run such a server in a thread."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, data = server.answer(self.path, headers, body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{listening.server_address[1]}/v1/chat/completions"
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def record_wired(path: Path, url: str, prompts: Sequence[str], *, key: str = "") -> Cassette:
    """Record requests over the wire, as an SDK sends them."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    with playhead.use_cassette(path, mode="record", clock=OLD), httpx.Client() as client:
        for prompt in prompts:
            asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]}
            client.post(url, json=asked, headers=headers)
    return open_cassette(path)
