"""The gateway as a process: ports and addresses; signals are sent by tests/cli/test_serve.py."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import httpx
import pytest

from playhead import UsageError
from playhead.gateway import create_app
from playhead.gateway.replies import BrokenOff
from playhead.gateway.serving import Background, _OnlyFaults, check_binding, is_loopback, open_port, url_of


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.org", False), ("", False),
    ],
)  # fmt: skip
def test_an_address_that_others_reach_needs_a_token(host: str, loopback: bool) -> None:
    """Loopback alone goes without."""
    assert is_loopback(host) is loopback
    check_binding(host, "token")
    if loopback:
        check_binding(host, None)
        return
    with pytest.raises(UsageError, match="other machines") as caught:
        check_binding(host, None)
    assert "--token-env" in str(caught.value)


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    """It names the port and what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen at 127.0.0.1:{port}") as caught:
            open_port("127.0.0.1", port)
    assert "--port 0" in str(caught.value)


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_a_clear_error(host: str) -> None:
    """Before anything is served."""
    with pytest.raises(UsageError, match=host):
        open_port(host, 0)


def test_the_address_is_the_one_clients_use() -> None:
    """A free port is named once it is known."""
    with open_port("127.0.0.1", 0) as listening:
        assert url_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_gateway_runs_in_a_thread_for_a_test(golden: Path) -> None:
    """And is gone when the block ends; a page that listens does not keep it."""
    with Background(create_app(cassette=golden)) as url, httpx.Client() as client:
        assert client.get(f"{url}/healthz").status_code == 200
        with client.stream("GET", f"{url}/playhead/events") as events:
            next(events.iter_raw())
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/healthz")


@pytest.mark.parametrize(("error", "passes"), [(BrokenOff("x"), False), (asyncio.CancelledError(), False),
                                               (ValueError("x"), True), (None, True)])  # fmt: skip
def test_only_faults_are_logged(error: BaseException | None, passes: bool) -> None:
    """A connection that is broken off because the recorded one was is no fault of the gateway's."""
    facts = None if error is None else (type(error), error, None)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "failed", None, facts)
    assert _OnlyFaults().filter(record) is passes


def test_a_client_that_has_gone_is_no_fault() -> None:
    """Asyncio would warn of it for every piece of a stream after the fifth."""
    record = logging.LogRecord("asyncio", logging.WARNING, "", 0, "socket.send() raised exception.", None, None)
    assert not _OnlyFaults().filter(record)
