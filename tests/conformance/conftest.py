"""What the conformance tests share."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.conformance.paxman import KEY_VARIABLE


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "paxman.cassette"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the value of a key that is set in the environment."""
    value = "correct-horse-battery-staple"
    monkeypatch.setenv(KEY_VARIABLE, value)
    return value


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every look-up of a name."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was used")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    return
