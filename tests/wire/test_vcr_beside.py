"""A cassette of vcrpy's own beside a session of ours: one of them has each call, and the other says so."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
from tests.wire.server import Server

import playhead

Ask = Callable[[str], bytes]


def by_urllib(url: str) -> bytes:
    """Ask by urllib.request."""
    with urllib.request.urlopen(url, timeout=9) as response:
        return bytes(response.read())


def by_requests(url: str) -> bytes:
    """Ask by requests."""
    return bytes(pytest.importorskip("requests").get(url, timeout=9).content)


def by_urllib3(url: str) -> bytes:
    """Ask by urllib3."""
    with pytest.importorskip("urllib3").PoolManager() as pool:
        return bytes(pool.request("GET", url, timeout=9).data)


def by_httplib2(url: str) -> bytes:
    """Ask by httplib2."""
    client = pytest.importorskip("httplib2").Http(timeout=9)
    try:
        return bytes(client.request(url)[1])
    finally:
        client.close()


def by_aiohttp(url: str) -> bytes:
    """Ask by aiohttp."""
    aiohttp = pytest.importorskip("aiohttp")

    async def ask() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return bytes(await response.read())

    return asyncio.run(ask())


def by_httpx(url: str) -> bytes:
    """Ask by httpx."""
    with httpx.Client(verify=False) as client:
        return client.get(url).content


BRIDGED = [by_urllib, by_requests, by_urllib3, by_httplib2, by_aiohttp]


def cassette(where: Path, mode: str = "once") -> Any:
    """Open a cassette of vcrpy's."""
    return vcr.use_cassette(str(where), record_mode=mode)


@pytest.mark.parametrize("ask", BRIDGED)
def test_what_vcrpy_records_inside_a_session_is_recorded_once(path: Path, server: Server, ask: Ask) -> None:
    """A call within vcrpy's cassette is vcrpy's; ours has the calls before and after it, and reports the other."""
    theirs = path.with_suffix(".yaml")
    with playhead.use_cassette(path, mode="record") as session:
        ask(f"{server.url}/reason")
        with cassette(theirs) as kept:
            ask(f"{server.url}/ndjson")
        ask(f"{server.url}/binary")
    assert server.count == 3
    assert len(kept) == 1
    assert session.report().recorded == 2
    assert any(said.endswith("/ndjson") for said in session.report().side_traffic)
    server.stop()
    with playhead.use_cassette(path, strict=True):
        ask(f"{server.url}/binary")
        with cassette(theirs, "none") as kept:
            ask(f"{server.url}/ndjson")
            assert kept.play_count == 1
        ask(f"{server.url}/reason")


@pytest.mark.parametrize("ask", BRIDGED)
def test_a_session_inside_vcrpys_cassette_records_nothing_twice(path: Path, server: Server, ask: Ask) -> None:
    """Whichever was opened last, a call is sent once, recorded once, and both are as before afterwards."""
    with cassette(path.with_suffix(".yaml")) as kept, playhead.use_cassette(path, mode="record") as session:
        ask(f"{server.url}/reason")
    assert server.count == 1
    assert len(kept) + session.report().recorded == 1
    assert ask(f"{server.url}/reason")
    assert server.count == 2
    with playhead.use_cassette(path.with_name("alone.cassette"), mode="record") as session:
        ask(f"{server.url}/reason")
    assert (server.count, session.report().recorded) == (3, 1)


@pytest.mark.parametrize("outer", ["vcrpy", "playhead"])
def test_of_httpx_the_one_opened_last_has_the_call(path: Path, server: Server, outer: str) -> None:
    """A call of httpx's is recorded once, by whichever was opened last, and sent once."""
    theirs = path.with_suffix(".yaml")
    if outer == "vcrpy":
        with cassette(theirs) as kept, playhead.use_cassette(path, mode="record") as session:
            by_httpx(f"{server.url}/reason")
    else:
        with playhead.use_cassette(path, mode="record") as session, cassette(theirs) as kept:
            by_httpx(f"{server.url}/reason")
    assert server.count == 1
    assert (len(kept), session.report().recorded) == ((0, 1) if outer == "vcrpy" else (1, 0))


@pytest.mark.parametrize("ask", [*BRIDGED, by_httpx])
def test_vcrpy_works_as_ever_after_a_session(path: Path, server: Server, ask: Ask) -> None:
    """A session leaves nothing of itself in what vcrpy puts back when its cassettes end."""
    with playhead.use_cassette(path, mode="record"):
        ask(f"{server.url}/reason")
    theirs = path.with_suffix(".yaml")
    with cassette(theirs):
        recorded = ask(f"{server.url}/reason")
    server.stop()
    with cassette(theirs, "none"):
        assert ask(f"{server.url}/reason") == recorded
    with playhead.use_cassette(path, strict=True):
        assert ask(f"{server.url}/reason")
