"""``playhead serve``: a process that serves, stops when it is told, and says how it went."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import playhead
from playhead import StubInferenceProvider, UsageError
from playhead.cli.serve import read_upstream
from tests.cli.conftest import Run, Start
from tests.sdks.servers.base import slow
from tests.sdks.servers.openai_like import OpenAIServer

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
PORT = re.compile(r"serving on (http://\S+) in mode (\S+);")


def address(process: subprocess.Popen[str]) -> str:
    """Wait until a gateway serves, and give its address."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = PORT.match(line)
    assert found, line + (process.stderr.read() if process.stderr else "")
    return found[1]


def ended(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Stop a gateway; give its exit code and its remarks."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_recorded_is_sealed_when_it_stops(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    """With either signal, also while a page listens; the process ends well."""
    process = start("serve", "--cassette", "a.cassette", "--mode", "record", "--upstream", "stub", "--port", 0)
    url = address(process)
    with httpx.Client() as client, client.stream("GET", f"{url}/playhead/events") as events:
        next(events.iter_raw())
        assert httpx.post(f"{url}/v1/chat/completions", json=BODY).status_code == 200
        code, errors = ended(process, number)
    assert (code, errors) == (0, "a.cassette: 0 calls played, 1 recorded\n")
    assert len(playhead.open_cassette(tmp_path / "a.cassette")) == 1


def record(tmp_path: Path) -> Path:
    """Record one chat over the wire."""
    path = tmp_path / "a.cassette"
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"choices": [], "model": "m"}))
    with (
        playhead.use_cassette(path, mode="record") as session,
        httpx.Client(transport=playhead.transport(session, inner=transport)) as client,
    ):
        client.post("http://x/v1/chat/completions", json=BODY)
    return path


def test_a_strict_gateway_ends_with_4_for_a_refusal(start: Start, tmp_path: Path) -> None:
    """A miss is shown as it happens, and in the numbers at the end."""
    record(tmp_path)
    for strict, expected in ((True, 4), (False, 0)):
        process = start("serve", "--cassette", "a.cassette", "--port", 0, *(["--strict"] if strict else []))
        url = address(process)
        assert httpx.post(f"{url}/v1/chat/completions", json=BODY).status_code == 200
        missed = httpx.post(f"{url}/v1/chat/completions", json={**BODY, "temperature": 1})
        assert missed.status_code == 422
        code, errors = ended(process)
        assert code == expected
        assert "refused: nothing" in errors
        assert errors.endswith("a.cassette: 1 call played, 1 refused\n")


def test_a_strict_gateway_ends_with_4_for_what_was_not_played(start: Start, tmp_path: Path) -> None:
    """A recorded call that nobody asks for is no evidence of anything."""
    record(tmp_path)
    process = start("serve", "--cassette", "a.cassette", "--port", 0, "--strict")
    address(process)
    assert ended(process) == (4, "a.cassette: 0 calls played, 1 not played\n")


def test_a_call_on_its_way_ends_before_the_gateway_does(start: Start, tmp_path: Path) -> None:
    """A stream is played to its end at its pace, though the signal came in the middle."""
    path = tmp_path / "a.cassette"

    class Slow:
        def __iter__(self) -> Any:
            for number in range(10):
                time.sleep(0.08)
                yield f'data: {{"choices":[{{"delta":{{"content":"{number}"}}}}]}}\n\n'.encode()
            yield b"data: [DONE]\n\n"

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            return iter(Slow())

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Stream())

    body = {**BODY, "stream": True}
    with (
        playhead.use_cassette(path, mode="record") as session,
        httpx.Client(transport=playhead.transport(session, inner=httpx.MockTransport(answer))) as client,
    ):
        whole = client.post("http://x/v1/chat/completions", json=body).content
    process = start("serve", "--cassette", "a.cassette", "--port", 0, "--pace", 1)
    url = address(process)
    with httpx.Client() as client, client.stream("POST", f"{url}/v1/chat/completions", json=body) as played:
        pieces = played.iter_raw()
        first = next(pieces)
        process.send_signal(signal.SIGTERM)
        assert first + b"".join(pieces) == whole
    process.communicate(timeout=20)
    assert process.returncode == 0


@contextmanager
def waiting(url: str, body: dict[str, Any]) -> Iterator[None]:
    """Have a call on its way whose answer nobody reads."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
        sent = json.dumps(body).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(sent)}\r\n\r\n"
        connection.sendall(head.encode() + sent)
        yield


def test_a_call_that_does_not_end_in_time_leaves_nothing(start: Start, tmp_path: Path) -> None:
    """After the grace it is cut off; what came before it is sealed."""
    with OpenAIServer() as server:
        arguments = ("--mode", "record", "--upstream", f"openai={server.base_url}", "--port", 0, "--grace", 1)
        process = start("serve", "--cassette", "a.cassette", *arguments)
        url = address(process)
        body = {**BODY, "model": "tiny-1"}
        assert httpx.post(f"{url}/v1/chat/completions", json=body).status_code == 200
        server.faults.append(slow)
        with waiting(url, body):
            while len(server.asked) < 2:
                time.sleep(0.01)
            code, errors = ended(process)
    assert (code, errors.splitlines()[-1]) == (0, "a.cassette: 0 calls played, 1 recorded")
    assert "Traceback" not in errors
    assert len(playhead.open_cassette(tmp_path / "a.cassette")) == 1


def test_ctrl_c_twice_does_not_wait_and_keeps_what_was_recorded(start: Start, tmp_path: Path) -> None:
    """The second one cuts calls off, and no traceback is shown."""
    with OpenAIServer() as server:
        process = start(
            "serve",
            "--cassette",
            "a.cassette",
            "--mode",
            "record",
            "--upstream",
            f"openai={server.base_url}",
            "--port",
            0,
        )
        url = address(process)
        body = {**BODY, "model": "tiny-1"}
        assert httpx.post(f"{url}/v1/chat/completions", json=body).status_code == 200
        server.faults.append(slow)
        with waiting(url, body):
            while len(server.asked) < 2:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            assert process.poll() is None
            code, errors = ended(process, signal.SIGINT)
    assert (code, errors) == (0, "a.cassette: 0 calls played, 1 recorded\n")
    assert len(playhead.open_cassette(tmp_path / "a.cassette")) == 1


def test_what_could_not_be_sealed_is_told(start: Start, tmp_path: Path) -> None:
    """The process ends as recording does that fails; the journal is kept."""
    process = start("serve", "--cassette", "a.cassette", "--mode", "record", "--upstream", "stub", "--port", 0)
    url = address(process)
    httpx.post(f"{url}/v1/chat/completions", json=BODY)
    (tmp_path / "a.cassette").mkdir()
    code, errors = ended(process)
    assert code != 0
    assert "error:" in errors
    assert list(tmp_path.glob("a.cassette.j-*"))


def test_a_port_that_is_taken_is_told(run: Run, tmp_path: Path) -> None:
    """Before anything is served."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = run("serve", "--cassette", record(tmp_path), "--port", other.getsockname()[1])
    assert result.exit_code == 2
    assert "cannot listen" in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), 2, "needs a cassette"),
        (("--cassette", "none.cassette"), 3, "no such file"),
        (("--cassettes", ".", "--host", "0.0.0.0"), 2, "--token-env"),
        (("--cassettes", ".", "--token-env", "PLAYHEAD_NO_SUCH"), 2, "PLAYHEAD_NO_SUCH"),
        (("--cassettes", ".", "--mode", "sometimes"), 2, "unknown mode"),
        (("--cassettes", ".", "--upstream", "openai=telepathy"), 2, "telepathy"),
        (("--cassettes", ".", "--upstream", "openai=https://me:pw-secret@x"), 2, "more than scheme"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_served(
    run: Run, options: tuple[str, ...], code: int, words: str
) -> None:
    """With the usual exit codes."""
    result = run("serve", "--port", 0, *options)
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert "pw-secret" not in result.output


def test_a_token_opens_the_gateway(start: Start, tmp_path: Path) -> None:
    """It is read from the variable that is named, and printed nowhere."""
    record(tmp_path)
    process = start(
        "serve", "--cassette", "a.cassette", "--port", 0, "--token-env", "MY_TOKEN", MY_TOKEN="token-0123456789"
    )
    url = address(process)
    assert httpx.post(f"{url}/v1/chat/completions", json=BODY).status_code == 401
    headers = {"authorization": "Bearer token-0123456789"}
    assert httpx.post(f"{url}/v1/chat/completions", json=BODY, headers=headers).status_code == 200
    code, errors = ended(process)
    assert (code, "token-0123456789" in errors) == (0, False)


def test_upstreams_are_addresses_or_providers() -> None:
    """With a vendor's name, or for all others."""
    assert read_upstream("openai=https://api.openai.com/v1") == ("openai", "https://api.openai.com/v1")
    assert read_upstream("https://x/?a=b") == ("default", "https://x/?a=b")
    name, provider = read_upstream("openai=stub")
    assert (name, type(provider)) == ("openai", StubInferenceProvider)
    assert isinstance(read_upstream("playhead:StubInferenceProvider")[1], StubInferenceProvider)
    for wrong in ("", "openai=", "=x", "openai=ftp://x"):
        with pytest.raises(UsageError):
            read_upstream(wrong)
