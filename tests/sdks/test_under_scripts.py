"""Vendors' SDKs under a script: they parse what is cut, changed and broken, and know it for what it is."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import find, given, settings

import playhead
from playhead import strategies as play
from tests.sdks.cases import KEY, NOT_HERE
from tests.sdks.servers.anthropic import AnthropicServer
from tests.sdks.servers.mistral import MistralServer
from tests.sdks.servers.ollama import OllamaServer
from tests.sdks.servers.openai_like import OpenAIServer

openai = pytest.importorskip("openai", reason=NOT_HERE)
anthropic = pytest.importorskip("anthropic", reason=NOT_HERE)
mistralai = pytest.importorskip("mistralai.client", reason=NOT_HERE)
mistral_errors = pytest.importorskip("mistralai.client.errors", reason=NOT_HERE)
ollama = pytest.importorskip("ollama", reason=NOT_HERE)
httpx = pytest.importorskip("httpx", reason=NOT_HERE)
httpx2 = pytest.importorskip("httpx2", reason=NOT_HERE)

QUICK = settings(max_examples=60, database=None, derandomize=True, deadline=None)
MODEL = "tiny-1"
PATIENCE = 1000
"""Seconds a client waits, longer than any stall that is drawn; nobody waits in truth."""
MESSAGES = [{"role": "user", "content": "Tell me of Zürich."}]
HARMLESS = play.scripts(takes=False, faults=["stall", "slow-first"], truncations=False, reorderings=False)


class Vendor(NamedTuple):
    """
    One SDK.

    Attributes:
        name: Its name.
        server: What it is recorded from.
        library: Its HTTP library.
        stream: Asks for a stream by a client on a transport and gives the whole text.
        errors: What the SDK raises when something is wrong.
    """

    name: str
    server: type[Any]
    library: str
    stream: Callable[[str, Any], str]
    errors: tuple[type[Exception], ...]


def _openai(url: str, http: Any) -> str:
    client = openai.OpenAI(base_url=url, api_key=KEY, http_client=http, max_retries=0)
    chunks = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def _anthropic(url: str, http: Any) -> str:
    client = anthropic.Anthropic(base_url=url, api_key=KEY, http_client=http, max_retries=0)
    with client.messages.stream(model=MODEL, max_tokens=60, messages=MESSAGES) as stream:
        return "".join(stream.text_stream)


def _mistral(url: str, http: Any) -> str:
    with mistralai.Mistral(
        server_url=url.removesuffix("/v1"), api_key=KEY, client=http, timeout_ms=PATIENCE * 1000
    ) as client:
        events = client.chat.stream(model=MODEL, messages=MESSAGES)
        return "".join(event.data.choices[0].delta.content or "" for event in events if event.data.choices)


def _ollama(url: str, http: Any) -> str:
    client = ollama.Client(host=url)
    client._client._transport = http._transport
    return "".join(part.message.content or "" for part in client.chat(model=MODEL, messages=MESSAGES, stream=True))


VENDORS = (
    Vendor("openai", OpenAIServer, "httpx2", _openai, (openai.APIError, httpx2.TransportError)),
    Vendor("anthropic", AnthropicServer, "httpx2", _anthropic, (anthropic.APIError, httpx2.TransportError)),
    Vendor("mistral", MistralServer, "httpx2", _mistral, (mistral_errors.MistralError, httpx2.TransportError)),
    Vendor("ollama", OllamaServer, "httpx", _ollama, (ollama.ResponseError, ConnectionError, httpx.TransportError)),
)
vendors = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


@functools.cache
def recorded(vendor: Vendor) -> tuple[playhead.Cassette, str, str]:
    """Record an SDK once; give the cassette, the address and what it said."""
    library = httpx2 if vendor.library == "httpx2" else httpx
    with tempfile.TemporaryDirectory() as folder, vendor.server() as server:
        path = Path(folder) / "a.cassette"
        with playhead.use_cassette(path, mode="record"), library.Client() as http:
            said = vendor.stream(server.base_url, http)
        return playhead.open_cassette(path), server.base_url, said


def told(vendor: Vendor, script: play.Script) -> str | Exception:
    """Give what an SDK says under a script, or its error."""
    cassette, url, _ = recorded(vendor)
    library = httpx2 if vendor.library == "httpx2" else httpx
    caught: tuple[type[Exception], ...] = (*vendor.errors, json.JSONDecodeError)
    with (
        play.Performance(cassette, script) as run,
        library.Client(transport=run.transport(library), timeout=PATIENCE) as http,
    ):
        try:
            return vendor.stream(url, http)
        except caught as error:
            return error


@vendors
def test_pieces_and_delays_change_no_word(vendor: Vendor) -> None:
    """However the bytes are cut, the SDK says what it said when it was recorded."""
    said = recorded(vendor)[2]
    assert said

    @QUICK
    @given(HARMLESS)
    def check(script: play.Script) -> None:
        assert told(vendor, script) == said

    check()


@vendors
def test_whatever_happens_is_an_answer_or_the_sdks_error(vendor: Vendor) -> None:
    """Nothing that is drawn makes an SDK fail otherwise than it would in the field."""

    @QUICK
    @given(play.scripts(most=1))
    def check(script: play.Script) -> None:
        error = told(vendor, script)
        if isinstance(error, json.JSONDecodeError):
            # What OpenAI's and Ollama's SDKs make of an event that is no JSON.
            assert vendor.name in ("openai", "ollama")
            assert [turn.fault.kind for turn in script.turns if turn.fault] == [play.FaultKind.MALFORMED_BODY]

    check()


@vendors
def test_a_cut_answer_is_a_beginning(vendor: Vendor) -> None:
    """A truncated stream is a sound one that says less."""
    said = recorded(vendor)[2]
    shorter = told(vendor, play.Script((play.Turn(missing=3),)))
    assert shorter == said[:-3]


def _statuses(vendor: Vendor) -> Iterator[tuple[int, Any]]:
    for status in (400, 429, 503):
        kind = play.FaultKind.RATE_LIMIT if status == 429 else play.FaultKind.SERVER_ERROR
        fault = play.Fault(kind) if status == 429 else play.Fault(kind, status=status)
        yield status, told(vendor, play.Script((play.Turn(fault=fault),)))


@vendors
def test_statuses_are_the_sdks_own_errors(vendor: Vendor) -> None:
    """An SDK knows each status."""
    for status, error in _statuses(vendor):
        assert status in (getattr(error, "status_code", None), getattr(error, "code", None)), error


def test_a_patient_client_waits_out_every_stall() -> None:
    """A patient client waits out every stall; the first thing that breaks it is a lost connection."""
    broken = find(
        play.scripts(faults=["stall", "reset"], takes=False, truncations=False, reorderings=False, chunkings=False),
        lambda script: isinstance(told(VENDORS[0], script), Exception),
        settings=QUICK,
    )
    assert broken == play.Script((play.Turn(fault=play.Fault(play.FaultKind.RESET)),))
