"""The tiny server as its callers use it."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from playhead.errors import ProviderError, UsageError
from playhead.providers.tiny_server import TinyServer, missing_dependency
from playhead.providers.tiny_server.process import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

absent = missing_dependency()
needs_server = pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)")

QUESTION = [{"role": "user", "content": "Tell me a story"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
HOLD_A_SERVER = """
import time
from playhead.providers.tiny_server import TinyServer
server = TinyServer().start()
print(server.base_url, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def plain() -> Iterator[TinyServer]:
    """Serve the ordinary model for the whole file."""
    with TinyServer() as server:
        yield server


@pytest.fixture(scope="module")
def versatile() -> Iterator[TinyServer]:
    """Serve the model that calls tools, with embeddings, for the whole file."""
    with TinyServer(tool_calling=True, embeddings=True) as server:
        yield server


def ask(server: TinyServer, path: str = "/chat/completions", **body: Any) -> httpx.Response:
    """Post a request, by default the question of this file."""
    if path == "/chat/completions":
        body = {"model": server.model, "messages": QUESTION, "max_tokens": 200, **body}
    return httpx.post(f"{server.base_url}{path}", json=body, timeout=20)


def choice(response: httpx.Response) -> Any:
    """Return the only choice of a successful answer."""
    assert response.status_code == 200, response.text
    (only,) = response.json()["choices"]
    return only


def text(response: httpx.Response) -> str:
    """Return the words of a successful answer."""
    content = choice(response)["message"]["content"]
    assert isinstance(content, str)
    return content


def refuses(base_url: str) -> bool:
    """Say whether nothing listens at ``base_url``."""
    parts = urlsplit(base_url)
    with closing(socket.socket()) as probe:
        return probe.connect_ex((parts.hostname, parts.port)) != 0


@needs_server
@pytest.mark.real_server
class TestAnswers:
    """What the running server answers."""

    def test_a_chat_completion_is_a_sentence(self, plain: TinyServer) -> None:
        """An answer names the model, stops by itself, ends in a full stop and counts its tokens."""
        response = ask(plain, seed=3)
        answer = choice(response)
        assert response.json()["model"] == plain.model == "tiny-random"
        assert answer["finish_reason"] == "stop"
        assert answer["message"]["content"].endswith(".")
        assert answer["message"]["content"][0].isupper()
        usage = response.json()["usage"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]

    def test_the_model_is_listed(self, plain: TinyServer) -> None:
        """The list of models has the name that requests use."""
        listed = httpx.get(f"{plain.base_url}/models", timeout=20).json()
        assert [entry["id"] for entry in listed["data"]] == [plain.model]

    def test_a_stream_is_server_sent_events_with_the_same_words(self, plain: TinyServer) -> None:
        """With one seed, the chunks of a stream join to the plain answer, and [DONE] ends them."""
        response = ask(plain, seed=5, stream=True)
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
        assert events.pop() == "[DONE]"
        deltas = [json.loads(event)["choices"][0]["delta"].get("content") or "" for event in events]
        assert len(deltas) > 4
        assert "".join(deltas) == text(ask(plain, seed=5))

    def test_takes_differ_at_temperature_one(self, plain: TinyServer) -> None:
        """Unseeded, the same question is answered in several ways."""
        assert len({text(ask(plain, temperature=1)) for _ in range(6)}) > 1

    def test_a_seed_repeats(self, plain: TinyServer) -> None:
        """Seeded, the same question is answered the same way, whatever was asked in between."""
        first = text(ask(plain, temperature=1, seed=11))
        ask(plain, messages=[{"role": "user", "content": "Tell me something else"}])
        assert text(ask(plain, temperature=1, seed=11)) == first
        assert {text(ask(plain, temperature=1, seed=seed)) for seed in range(4)} != {first}

    def test_the_question_matters_at_temperature_zero(self, plain: TinyServer) -> None:
        """Without chance the answer repeats, and different questions still get different answers."""
        questions = ["Hi", "What is a cassette?", "Why is the sky blue?", "Name a color", "Explain recursion"]
        asked = [[{"role": "user", "content": question}] for question in questions]
        answers = [text(ask(plain, messages=messages, temperature=0)) for messages in asked]
        assert len(set(answers)) >= 4
        assert text(ask(plain, messages=asked[0], temperature=0)) == answers[0]

    def test_json_can_be_forced(self, plain: TinyServer) -> None:
        """A response format is obeyed, and soon enough to fit into a few tokens."""
        answer = choice(ask(plain, response_format={"type": "json_object"}, seed=2, max_tokens=400))
        assert answer["finish_reason"] == "stop"
        assert isinstance(json.loads(answer["message"]["content"]), dict)

    def test_an_answer_can_be_cut(self, plain: TinyServer) -> None:
        """An answer longer than its limit says that it was cut."""
        assert choice(ask(plain, max_tokens=3))["finish_reason"] == "length"

    def test_anthropic_messages_are_served(self, plain: TinyServer) -> None:
        """The same server speaks Anthropic's messages."""
        response = ask(plain, "/messages", model=plain.model, max_tokens=100, messages=QUESTION)
        assert response.status_code == 200, response.text
        assert response.json()["stop_reason"] in {"end_turn", "max_tokens"}
        assert response.json()["content"][0]["type"] == "text"

    @pytest.mark.parametrize("body", [{"messages": None}, {"messages": [{"role": "user", "content": "long " * 4000}]}])
    def test_a_bad_request_is_a_400_with_a_reason(self, plain: TinyServer, body: dict[str, Any]) -> None:
        """A malformed or oversized request is refused the way real servers do it."""
        response = ask(plain, **body)
        assert response.status_code == 400
        assert response.json()["error"]["message"]

    def test_embeddings_are_unit_vectors_of_their_text(self, versatile: TinyServer) -> None:
        """Each text has a vector of length one; equal texts have equal vectors, others do not."""
        response = ask(versatile, "/embeddings", input=["a quiet river", "a broken bell", "a quiet river"])
        assert response.status_code == 200, response.text
        first, second, third = (entry["embedding"] for entry in response.json()["data"])
        assert math.hypot(*first) == pytest.approx(1.0, abs=1e-4)
        assert math.dist(first, third) < 1e-4 < 0.1 < math.dist(first, second)

    def test_embeddings_are_off_by_default(self, plain: TinyServer) -> None:
        """A server not asked to embed says so instead of answering."""
        assert ask(plain, "/embeddings", input="x").status_code == 501


@needs_server
@pytest.mark.real_server
class TestTools:
    """Who calls tools, and when."""

    def assert_called(self, answer: Any) -> None:
        """Check that the answer is one whole call of the tool, with arguments that fit its schema."""
        assert answer["finish_reason"] == "tool_calls"
        (call,) = answer["message"]["tool_calls"]
        assert call["function"]["name"] == "get_weather"
        arguments = json.loads(call["function"]["arguments"])
        assert isinstance(arguments["city"], str)
        assert isinstance(arguments["days"], int)

    def test_the_tool_calling_model_calls_by_itself(self, versatile: TinyServer) -> None:
        """Given a tool and the choice, the tool-calling model calls it, every time."""
        for seed in range(3):
            self.assert_called(choice(ask(versatile, tools=[TOOL], temperature=1, seed=seed)))

    def test_it_answers_in_words_without_tools(self, versatile: TinyServer) -> None:
        """Without tools the tool-calling model talks like the other one."""
        assert "<tool_call>" not in text(ask(versatile))

    def test_it_answers_a_result_in_words(self, versatile: TinyServer) -> None:
        """After a tool's result the model answers in words, so an agent's loop ends."""
        called = choice(ask(versatile, tools=[TOOL], seed=1))["message"]
        result = {"role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": "cold"}
        answer = choice(ask(versatile, tools=[TOOL], messages=[*QUESTION, called, result]))
        assert answer["finish_reason"] == "stop"
        assert answer["message"]["content"].endswith(".")

    def test_a_call_can_be_streamed(self, versatile: TinyServer) -> None:
        """The arguments of a streamed call arrive in pieces that join to JSON."""
        response = ask(versatile, tools=[TOOL], stream=True, seed=1)
        events = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
        calls = [call for event in events for call in event["choices"][0]["delta"].get("tool_calls") or ()]
        assert len(calls) > 2
        assert set(json.loads("".join(call["function"].get("arguments") or "" for call in calls))) == {
            "city",
            "days",
        }

    def test_the_plain_model_calls_only_when_it_must(self, plain: TinyServer) -> None:
        """The ordinary model ignores an offered tool, and calls one the request requires."""
        assert text(ask(plain, tools=[TOOL])).endswith(".")
        self.assert_called(choice(ask(plain, tools=[TOOL], tool_choice="required", seed=1, max_tokens=600)))


@needs_server
@pytest.mark.real_server
class TestLife:
    """How servers start and stop."""

    def test_two_servers_live_side_by_side(self, plain: TinyServer) -> None:
        """A second server has its own port, and stopping it leaves the first one answering."""
        with TinyServer() as other:
            assert other.base_url != plain.base_url
            assert text(ask(other, seed=9)) == text(ask(plain, seed=9))
        assert ask(plain).status_code == 200

    def test_stopping_frees_everything(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """After stop the port refuses, the folder is gone, no address is given, and stop may be repeated."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        server = TinyServer().start()
        base_url = server.base_url
        assert len(list(tmp_path.rglob("*.gguf"))) == 1
        assert not refuses(base_url)
        server.stop()
        server.stop()
        assert refuses(base_url)
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(UsageError, match="the tiny server is not running"):
            _ = server.base_url

    def test_a_model_folder_is_kept(self, tmp_path: Path) -> None:
        """A folder that was given keeps the model, and a stopped server can be started again from it."""
        server = TinyServer(model_dir=tmp_path / "models", seed=3)
        for _ in range(2):
            with server:
                assert ask(server).status_code == 200
        assert [path.name for path in (tmp_path / "models").iterdir()] == ["tiny-random-3.gguf"]

    def test_a_taken_port_is_reported(self, tmp_path: Path) -> None:
        """A port that someone else has is an error that names it, and leaves nothing running."""
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = taken.getsockname()[1]
            server = TinyServer(model_dir=tmp_path, port=port)
            with pytest.raises(ProviderError, match=f"did not start on 127.0.0.1:{port}"):
                server.start()
        with server:
            assert server.base_url == f"http://127.0.0.1:{port}/v1"

    def test_starting_twice_is_refused(self, plain: TinyServer) -> None:
        """A second start would lose the first child, so it is an error."""
        with pytest.raises(UsageError, match="has been started already"):
            plain.start()
        assert ask(plain).status_code == 200

    @pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
    def test_the_child_dies_with_a_killed_parent(self) -> None:
        """A parent killed without any chance to clean up leaves no server behind."""
        with subprocess.Popen(
            [sys.executable, "-c", HOLD_A_SERVER],
            stdout=subprocess.PIPE,
            env=child_environment(os.environ),
            text=True,
        ) as parent:
            assert parent.stdout is not None
            base_url = parent.stdout.readline().strip()
            assert not refuses(base_url)
            parent.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not refuses(base_url) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert refuses(base_url)


@pytest.mark.parametrize("port", [-1, 65536])
def test_an_impossible_port_is_refused(port: int) -> None:
    """A number that is no port is an error at once."""
    with pytest.raises(UsageError, match="port must be between 0 and 65535"):
        TinyServer(port=port)


def test_a_server_not_started_says_so() -> None:
    """Before the start there is no address, stopping is harmless, and the repr needs no child."""
    server = TinyServer()
    server.stop()
    with pytest.raises(UsageError) as caught:
        _ = server.root_url
    assert caught.value.hint == "use it in a with statement, or call start()"
    assert repr(server) == "<TinyServer 'tiny-random' not running>"
