"""Proxies that lead nowhere while a session replays, kept from clients that have an edge."""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path

import pytest
from tests.wire.server import Server

import playhead
from playhead.wire.guard import NOWHERE


@pytest.fixture(autouse=True)
def _no_opener(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test make the first opener of its process."""
    monkeypatch.setattr(urllib.request, "_opener", None)


def test_proxies_that_lead_nowhere_are_not_read(path: Path, server: Server) -> None:
    """While a session replays there are no proxies for these clients, and afterwards the user's own are back."""
    before = urllib.request.getproxies
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("http_proxy", "http://proxy.example:3128")
        patch.setenv("no_proxy", "127.0.0.1")
        with playhead.use_cassette(path, mode="record"), urllib.request.urlopen(f"{server.url}/json"):
            assert urllib.request.getproxies()["http"] == "http://proxy.example:3128"
        with playhead.use_cassette(path):
            assert os.environ["http_proxy"] == NOWHERE
            assert urllib.request.getproxies() == {}
        assert urllib.request.getproxies()["http"] == "http://proxy.example:3128"
    assert urllib.request.getproxies is before


def test_an_opener_made_in_a_replay_is_gone_after_it(path: Path, server: Server) -> None:
    """The opener that ``urlopen`` keeps is made anew after a session, without the proxies of a replay."""
    url = f"{server.url}/json"
    with playhead.use_cassette(path, mode="record"), urllib.request.urlopen(url) as response:
        recorded = response.read()
    with playhead.use_cassette(path) as session:
        assert "http" not in urllib.request.getproxies()
        with urllib.request.urlopen(url) as response:
            assert response.read() == recorded
    assert session.report().refused == 0
    assert urllib.request._opener is None  # type: ignore[attr-defined]
    with urllib.request.urlopen(url) as response:
        assert response.read() != recorded


def test_an_opener_of_before_stays(path: Path, server: Server) -> None:
    """The opener that was there when the session opened is the one that is there after it."""
    with urllib.request.urlopen(f"{server.url}/json") as response:
        response.read()
    before = urllib.request._opener  # type: ignore[attr-defined]
    with playhead.use_cassette(path, mode="record"), urllib.request.urlopen(f"{server.url}/json") as response:
        response.read()
    assert urllib.request._opener is before  # type: ignore[attr-defined]
    assert before is not None
