"""The dialects of installed plugins at the wire seam, with the built-in ones before them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.plugins.parts import Acme, Point

import playhead
from playhead.dialects.openai_chat import DIALECTS as CHAT
from playhead.plugins import discovery
from playhead.plugins.installed import INSTALLED, InstalledPlugins, offer_installed_dialects

ACME = CHAT[0]._replace(
    provider="acme",
    operation="say",
    claims=lambda asked: asked.path == "/acme/say" and asked.method == "POST",
    decode_request=lambda asked: msgspec.structs.replace(CHAT[0].decode_request(asked), operation="say"),
)
BODY = {"model": "acme-1", "messages": [{"role": "user", "content": "hello"}]}
ANSWER = {"model": "acme-1", "choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[int]]:
    """Install one plugin with a dialect for this test, in a folder of its own, and count the scans."""
    counted: list[int] = []

    def entry_points() -> list[Point]:
        counted.append(1)
        return [Point("acme", Acme(does=lambda registrar: registrar.add_dialect(ACME)))]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "installed_entry_points", entry_points)
    monkeypatch.setattr(INSTALLED, "_dialects", None)
    yield counted
    offer_installed_dialects()


def answering(body: Any = ANSWER) -> httpx.MockTransport:
    """Give a transport that answers every request alike."""
    return httpx.MockTransport(lambda _: httpx.Response(200, json=body))


def ask(cassette: Path, mode: str, path: str = "/acme/say") -> playhead.Session:
    """Ask the server over httpx, through a session."""
    with playhead.use_cassette(cassette, mode=mode) as session:
        transport = playhead.transport(inner=answering() if mode == "record" else None)
        with httpx.Client(transport=transport) as client:
            assert client.post(f"http://acme.test{path}", json=BODY).json() == ANSWER
    return session


def test_a_plugins_dialect_reads_what_no_built_in_one_does(scans: list[int], tmp_path: Path) -> None:
    """What would be plain HTTP is a model call with its evidence, and replays as one."""
    cassette = tmp_path / "acme.cassette"
    assert not ask(cassette, "record").report().side_traffic
    (interaction,) = playhead.open_cassette(cassette)
    assert (interaction.provider, interaction.request.operation) == ("acme", "say")
    assert (interaction.evidence.text, interaction.evidence.model) == ("hi", "acme-1")
    assert ask(cassette, "replay").report().played == 1
    assert scans == [1]


def test_nothing_is_looked_for_where_a_built_in_dialect_fits(scans: list[int], tmp_path: Path) -> None:
    """Opening a session and a call in a known format scan no entry points."""
    ask(tmp_path / "chat.cassette", "record", "/v1/chat/completions")
    assert scans == []


def test_a_scan_is_made_once_however_many_threads_ask(scans: list[int]) -> None:
    """The answer is remembered, an empty one too."""
    installed = InstalledPlugins()
    threads = [threading.Thread(target=installed.dialects) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert installed.dialects() == (ACME,)
    assert scans == [1]


def test_a_broken_plugin_is_told_whatever_the_client_makes_of_it(
    monkeypatch: pytest.MonkeyPatch, scans: list[int], tmp_path: Path
) -> None:
    """The call ends in the plugin's error, and so does the session, whose program may have swallowed the first."""
    monkeypatch.setattr(discovery, "installed_entry_points", lambda: [Point("acme", RuntimeError("no good"))])

    def swallowing() -> None:
        with (
            playhead.use_cassette(tmp_path / "a.cassette", mode="record"),
            httpx.Client(transport=playhead.transport(inner=answering())) as client,
            pytest.raises(playhead.BrokenPluginError),
        ):
            client.post("http://acme.test/acme/say", json=BODY)

    with pytest.raises(playhead.RecordingError, match="'acme' is broken"):
        swallowing()
    assert scans == []
