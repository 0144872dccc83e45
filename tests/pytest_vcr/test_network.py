"""The network, shut for a test."""

from __future__ import annotations

import re
import socket
import threading

import pytest

from playhead.errors import NetworkBlocked
from playhead.pytest_vcr.network import NetworkDisabled, blocked
from tests.pytest_vcr import projects

pytest_plugins = ("pytester",)


def _connect(address: str) -> None:
    host, _, port = address.rpartition("/")[2].rpartition(":")
    with socket.socket() as connection:
        connection.connect((host, int(port)))


def test_refused_and_restored() -> None:
    """Connections are refused in the block, and the socket is afterwards what it was."""
    before = dict(vars(socket.socket))
    with projects.loopback() as address:
        with blocked(None), pytest.raises(NetworkDisabled, match=r"^Network is disabled for host '127\.0\.0\.1'$"):
            _connect(address)
        _connect(address)
    assert dict(vars(socket.socket)) == before


def test_kind_of_error() -> None:
    """It is what pytest-recording's users catch, and one of ours."""
    assert issubclass(NetworkDisabled, RuntimeError)
    assert issubclass(NetworkDisabled, NetworkBlocked)


@pytest.mark.parametrize(
    ("hosts", "reached"),
    [([], False), (["127.0.0.1"], True), (["127.*"], True), (["0.0.1"], False), (["x", "^127"], True)],
)
def test_allowed(hosts: list[str], reached: bool) -> None:
    """Hosts are regular expressions, matched from the start; an empty list allows none."""
    with projects.loopback() as address, blocked(hosts):
        if reached:
            _connect(address)
        else:
            with pytest.raises(NetworkDisabled):
                _connect(address)


def test_wrong_expression() -> None:
    """An expression that is none is told as it stands."""
    with (
        pytest.raises(pytest.UsageError, match=re.escape("'*.example.com' is no regular expression")),
        blocked(["*.example.com"]),
    ):
        pass


def test_nested_blocks() -> None:
    """The inner block rules while it lasts, then the outer one again."""
    with projects.loopback() as address, blocked(["127"]):
        with blocked(None), pytest.raises(NetworkDisabled):
            _connect(address)
        _connect(address)


def test_other_threads() -> None:
    """A pair made in one thread opens nothing for another."""
    caught: list[BaseException] = []

    def reach() -> None:
        try:
            _connect("127.0.0.1:9")
        except NetworkDisabled as error:
            caught.append(error)

    with blocked(None):
        one, other = socket.socketpair()
        thread = threading.Thread(target=reach)
        thread.start()
        thread.join()
    one.close()
    other.close()
    assert len(caught) == 1


def test_curl(pytester: pytest.Pytester) -> None:
    """Pycurl's handles are refused where code sends them, imported before or after."""
    projects.write(pytester, projects.CURL.files)
    pytester.syspathinsert()
    found = tuple(projects.run(pytester, *projects.OURS, *args).counts for args in projects.CURL.runs)
    assert found == projects.CURL.outcomes
