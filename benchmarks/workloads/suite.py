"""A test suite of many tests with one call each, as a project that knows no more than its plugin's marker."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_TESTS = '''"""Written by the benchmarks."""

import httpx
import pytest


def _mocked(request):
    asked = httpx.Response(200, content=request.content).json()["messages"][0]["content"]
    message = {{"role": "assistant", "content": asked.upper()}}
    answer = {{"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}}
    answer["choices"] = [{{"index": 0, "message": message, "finish_reason": "stop"}}]
    return httpx.Response(200, json=answer)


# Made once: a client's TLS context takes longer than anything that is measured here.
CLIENT = httpx.Client({transport})


{marker}@pytest.mark.parametrize("number", range({tests}))
def test_answer(number):
    asked = f"what is the answer to question {{number}}?"
    body = {{"model": "m", "messages": [{{"role": "user", "content": asked}}]}}
    answer = CLIENT.post("{url}", json=body)
    assert answer.json()["choices"][0]["message"]["content"] == asked.upper()
'''


def write_suite(folder: Path, *, tests: int, url: str, marker: str = "", mocked: bool = False) -> None:
    """
    Write a project.

    Args:
        folder: An empty folder.
        tests: How many tests.
        url: Where they ask.
        marker: The marker each has, as in ``vcr``.
        mocked: Whether a ``MockTransport`` answers.
    """
    text = _TESTS.format(
        tests=tests,
        url=url,
        marker=f"@pytest.mark.{marker}\n" if marker else "",
        transport="transport=httpx.MockTransport(_mocked)" if mocked else "",
    )
    (folder / "test_calls.py").write_text(text)
    # Its own root, so that nothing of this project's settings is taken.
    (folder / "pytest.ini").write_text("[pytest]\n")


class _Answering(BaseHTTPRequestHandler):
    """Answers a chat request with its question in capitals."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer."""
        asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        message = {"role": "assistant", "content": asked["messages"][0]["content"].upper()}
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
        body = json.dumps({**answer, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def answering() -> Generator[str]:
    """Serve on the loopback; gives the URL to post to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/chat/completions"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
