"""The key occurs nowhere: not in the files, the logs, what is printed, or what a failing test shows."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

import playhead
from playhead import Completion, CompletionRequest, InferenceProviderError, PermanentError, Redactor
from playhead.format.assembly import whole_entries
from playhead.providers.openai_compatible import OpenAICompatibleProvider

VARIABLE = "PAXMAN_UPSTREAM_API_KEY"
# Words, so that no pattern of a vendor's key finds it: only its value gives it away.
KEY = "correct-horse-battery-staple"
ROTATED = "another-phrase-of-common-words"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key."""
    monkeypatch.setenv(VARIABLE, KEY)


def assert_nowhere(*texts: str | bytes, secret: str = KEY) -> None:
    """Fail if a text holds the secret."""
    for text in texts:
        found = secret.encode() in text if isinstance(text, bytes) else secret in text
        assert not found, "the key is here"


def assert_files_are_clean(folder: Path, *, secret: str = KEY) -> None:
    """Fail if a file of the folder holds the secret, as it lies there or decompressed."""
    for path in folder.iterdir():
        assert_nowhere(path.name, path.read_bytes(), secret=secret)
        if path.name.endswith((".cassette", ".cassette.json")):
            cassette = playhead.open_cassette(path)
            assert_nowhere(*(entry.data for entry in whole_entries(cassette.reader)), repr(cassette), secret=secret)
            assert_nowhere(*(repr(entry) for entry in cassette), secret=secret)


@attrs.frozen(slots=True)
class Leaky:
    """A user's provider that resolves its own key and puts it wherever it can."""

    api_key_ref: str

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the key in every field, or fail with it."""
        key = os.environ[self.api_key_ref.removeprefix("env:")]
        if request.prompt is not None and request.prompt.startswith("fail"):
            raise InferenceProviderError(f"wrong key {key}", context={"sent": {"header": f"x {key}"}, key: 1})
        if request.prompt is not None and request.prompt.startswith("crash"):
            raise RuntimeError("told", {"key": key}, [key.encode()])
        tools = (playhead.ToolCall(f"call-{key}", "f", f'{{"q": "{key}"}}'),)
        raw = {"id": f"r-{key}", "echo": [key, key.encode(), {key: key}]}
        return Completion(f"you sent {key}", model="m", tool_calls=tools, raw=raw, output=f"<{key}>")

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """Answer in pieces, with cuts through the key."""
        key = os.environ[self.api_key_ref.removeprefix("env:")]
        yield from ("you ", "sent " + key[:5], key[5:9], key[9:] + " and", " no more")


def ask_everything(provider: Any) -> list[str]:
    """Make every kind of call with the key in the question, and give what came as text."""
    seen: list[str] = []
    seen.append(repr(provider.complete(CompletionRequest(f"is {KEY} a good key?", context={"k": KEY}))))
    seen.append(repr(provider.complete(CompletionRequest("plain", params={"metadata": {"note": KEY}}))))
    seen.append(repr(provider.complete(CompletionRequest(messages=({"role": "user", "content": KEY},)))))
    for prompt in ("fail", "crash"):
        with pytest.raises(Exception, match=r"key|told") as caught:
            provider.complete(CompletionRequest(prompt))
        seen += [str(caught.value), repr(caught.value), repr(getattr(caught.value, "context", None))]
    seen += provider.stream(CompletionRequest("in pieces"))
    return seen


@pytest.mark.parametrize("name", ["leaky.cassette", "leaky.cassette.json"])
def test_px_09_the_key_reaches_no_file(tmp_path: Path, name: str) -> None:
    """Journal, cassette and text hold no key though question, answer, failure, ids and pieces do; the reference may."""
    path = tmp_path / name
    with playhead.use_cassette(path, mode="record") as session:
        ask_everything(session.wrap(Leaky(f"env:{VARIABLE}"), name="leaky"))
        assert len([one for one in tmp_path.iterdir() if ".j-" in one.name]) == 1
        assert_files_are_clean(tmp_path)
    assert_files_are_clean(tmp_path)
    assert len(playhead.open_cassette(path)) == 6


def test_px_09_the_recording_is_found_by_the_request_with_the_key(tmp_path: Path) -> None:
    """A live request that holds the key matches its recording, which does not, and nothing replayed shows it."""
    path = tmp_path / "leaky.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        ask_everything(session.wrap(Leaky(f"env:{VARIABLE}"), name="leaky"))
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        seen = ask_everything(session.wrap(None, name="leaky"))
    assert_nowhere(*seen)
    assert any("[REDACTED]" in text for text in seen)


def test_px_09_a_miss_shows_no_key(tmp_path: Path) -> None:
    """The message of a refusal quotes the live request without the key."""
    path = tmp_path / "leaky.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(Leaky(f"env:{VARIABLE}"), name="leaky").complete(CompletionRequest("my key is secret", model="m"))
    with playhead.use_cassette(path, mode="replay") as session:
        wrapped = session.wrap(None, name="leaky")
        with pytest.raises(playhead.NoMatch) as caught:
            wrapped.complete(CompletionRequest(f"my key is {KEY}", model="m"))
    shown = "".join(traceback.format_exception(caught.value))
    report = session.report()
    assert_nowhere(shown, repr(caught.value.context), repr(caught.value.evidence), repr(report))
    assert "[REDACTED]" in shown


def test_px_09_the_pieces_of_a_stream_keep_their_text(tmp_path: Path) -> None:
    """A key cut over several pieces is masked as one, and the text around it comes back whole in as many pieces."""
    path = tmp_path / "stream.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        live = list(session.wrap(Leaky(f"env:{VARIABLE}"), name="leaky").stream(CompletionRequest("in pieces")))
    with playhead.use_cassette(path, mode="replay") as session:
        replayed = list(session.wrap(None, name="leaky").stream(CompletionRequest("in pieces")))
    assert "".join(live) == f"you sent {KEY} and no more"
    assert "".join(replayed) == "you sent [REDACTED] and no more"
    assert len(replayed) == len(live)


def test_px_09_a_short_key_in_a_stream_costs_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask that is longer than the key it hides takes nothing from the end of the text."""
    monkeypatch.setenv(VARIABLE, "hunter22")

    class Streaming:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion("unused")

        def stream(self, request: CompletionRequest) -> Iterator[str]:
            yield from ("it is hunter22", ", he said.")

    path = tmp_path / "short.cassette"
    with playhead.record(Streaming(), path) as provider:
        list(provider.stream(CompletionRequest("a")))
    with playhead.replay(path) as provider:
        assert list(provider.stream(CompletionRequest("a"))) == ["it is [REDACTED]", ", he said."]


def test_px_09_a_key_that_was_rotated_in_is_masked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is set after the session's first call is as unknown to the files as the first one."""
    path = tmp_path / "rotated.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        provider = session.wrap(Leaky(f"env:{VARIABLE}"), name="leaky")
        provider.complete(CompletionRequest("one"))
        monkeypatch.setenv(VARIABLE, ROTATED)
        provider.complete(CompletionRequest("two"))
        with pytest.raises(InferenceProviderError):
            provider.complete(CompletionRequest("fail"))
        assert_files_are_clean(tmp_path, secret=ROTATED)
    for secret in (KEY, ROTATED):
        assert_files_are_clean(tmp_path, secret=secret)


def test_px_09_a_request_id_is_no_way_in(tmp_path: Path) -> None:
    """A key in a request's own id reaches neither the journal nor the cassette."""
    path = tmp_path / "id.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.wrap(playhead.StubInferenceProvider()).complete(CompletionRequest("one", id=f"run-{KEY}"))
        assert_files_are_clean(tmp_path)
    assert_files_are_clean(tmp_path)
    assert len(playhead.open_cassette(path)) == 1


def refusing(request: httpx.Request) -> httpx.Response:
    """Answer as a server that quotes the key it refuses."""
    sent = request.headers["authorization"]
    return httpx.Response(401, json={"error": {"message": f"Incorrect API key provided: {sent}"}})


def http_provider() -> OpenAICompatibleProvider:
    """Make our own provider with a server that refuses its key."""
    return OpenAICompatibleProvider(
        "https://api.example.com/v1",
        model="m",
        api_key_ref=f"env:{VARIABLE}",
        transport=httpx.MockTransport(refusing),
    )


def test_px_09_errors_and_objects_show_no_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Error text, context, cause, traceback, ``repr`` of every object and logs at DEBUG hold no key."""
    path = tmp_path / "http.cassette"
    with caplog.at_level(logging.DEBUG):
        with playhead.use_cassette(path, mode="record") as session, http_provider() as provider:
            wrapped = session.wrap(provider, name="openai")
            with pytest.raises(PermanentError) as live:
                wrapped.complete(CompletionRequest("hello"))
            shown = [repr(thing) for thing in (provider, wrapped, session, vars(wrapped), session.report())]
        with playhead.replay(path, name="openai") as replaying:
            with pytest.raises(PermanentError) as replayed:
                replaying.complete(CompletionRequest("hello"))
            shown.append(repr(replaying))
    for caught in (live, replayed):
        error = caught.value
        shown += [str(error), repr(error), repr(error.context), repr(error.__cause__), repr(error.args)]
        shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    shown += [f"{record.getMessage()} {record.__dict__!r}" for record in caplog.records]
    assert_nowhere(*shown)
    assert_files_are_clean(tmp_path)
    assert caplog.records, "the HTTP library logs at DEBUG"


FAILING = f"""
import logging
import httpx, playhead
from playhead.providers.openai_compatible import OpenAICompatibleProvider

def refusing(request):
    return httpx.Response(401, json={{"error": {{"message": "wrong: " + request.headers["authorization"]}}}})

def make():
    return OpenAICompatibleProvider("https://api.example.com/v1", model="m", api_key_ref="env:{VARIABLE}",
                                    transport=httpx.MockTransport(refusing))

def test_call_fails(tmp_path):
    provider = make()
    with playhead.record(provider, tmp_path / "a.cassette", name="openai") as recorded:
        recorded.complete(playhead.CompletionRequest("hello"))

def test_comparison_fails(tmp_path):
    provider = make()
    with playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session:
        wrapped = session.wrap(provider)
        assert [wrapped, provider, vars(provider), vars(wrapped)] == [session]
"""


def test_px_09_a_failing_test_shows_no_key(tmp_path: Path) -> None:
    """What pytest prints of failing tests, locals and captured logs included, holds no key."""
    (tmp_path / "test_failing.py").write_text(textwrap.dedent(FAILING))
    command = [sys.executable, "-m", "pytest", "-vv", "--showlocals", "--log-level=DEBUG", "-p", "no:cacheprovider"]
    command += ["-p", "no:randomly", "-p", "no:xdist", "--rootdir", str(tmp_path), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=tmp_path, env=environment)
    assert b"2 failed" in done.stdout, done.stdout.decode()[-2000:]
    assert b"recorded" in done.stdout
    assert_nowhere(done.stdout, done.stderr)


@pytest.mark.parametrize("name", ["api_key", "API-Key", "authorization", "Authorization", "x-api-key"])
def test_px_23_what_is_named_like_a_key_is_masked(name: str) -> None:
    """A value under ``api_key`` or ``authorization`` is masked whatever it looks like, beside values that stay."""
    fields = {"event": "call", name: "plain", "nested": [{name: "Bearer plain"}], "model": "m"}
    clean = Redactor().redact(fields)
    assert "plain" not in repr(clean)
    assert (clean["event"], clean["model"]) == ("call", "m")
    assert fields[name] == "plain"
