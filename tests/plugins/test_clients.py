"""One client a handle."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import playhead
from playhead.plugins import ModelHandle, SdkClientRegistry

HERE, THERE = ModelHandle("acme", "here"), ModelHandle("acme", "there")


class Client:
    """Counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        """Close."""
        self.closed += 1


class AsyncClient:
    """The same, closed with ``await``."""

    closed = 0

    async def aclose(self) -> None:
        """Close."""
        self.closed += 1


def test_a_client_is_built_once() -> None:
    """The second call for a handle gives the first one's client; another handle has its own."""
    clients = SdkClientRegistry()
    first = clients.get_or_create(handle=HERE, build=Client)
    assert clients.get_or_create(handle=HERE, build=Client) is first
    assert clients.get_or_create(handle=THERE, build=Client) is not first
    assert len(clients) == 2


def test_a_client_that_is_none_is_kept() -> None:
    """A build that gives nothing is not asked twice."""
    built: list[int] = []
    clients = SdkClientRegistry()
    for _ in range(2):
        assert clients.get_or_create(handle=HERE, build=lambda: built.append(1)) is None
    assert built == [1]


def test_a_build_that_fails_is_tried_again() -> None:
    """An exception is nobody's client."""
    clients = SdkClientRegistry()
    with pytest.raises(ZeroDivisionError):
        clients.get_or_create(handle=HERE, build=lambda: 1 // 0)
    assert clients.get_or_create(handle=HERE, build=lambda: 7) == 7


def test_threads_share_one_client() -> None:
    """Many threads that want the same client at once build one."""
    clients, together, built = SdkClientRegistry(), threading.Barrier(8), []

    def build() -> object:
        built.append(1)
        return object()

    def get(_: int) -> object:
        together.wait(10)
        return clients.get_or_create(handle=HERE, build=build)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(get, range(8))))) == 1
    assert built == [1]


def test_a_slow_client_holds_up_no_other() -> None:
    """While one is being built another can be had, from within the build and from another thread."""
    clients = SdkClientRegistry()

    def build() -> object:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(clients.get_or_create, handle=THERE, build=lambda: "other").result(10)

    assert clients.get_or_create(handle=HERE, build=build) == "other"


def test_teardown_closes_every_client() -> None:
    """Each is closed once and forgotten; what cannot be closed is forgotten."""
    clients, client = SdkClientRegistry(), Client()
    clients.get_or_create(handle=HERE, build=lambda: client)
    clients.get_or_create(handle=THERE, build=lambda: None)
    clients.teardown()
    clients.teardown()
    assert (client.closed, len(clients)) == (1, 0)


async def test_clients_that_are_closed_with_await_are_not_dropped() -> None:
    """A teardown without ``await`` says that they are left, and ``aclose`` closes them."""
    clients, client, other = SdkClientRegistry(), AsyncClient(), Client()
    clients.get_or_create(handle=HERE, build=lambda: client)
    clients.get_or_create(handle=THERE, build=lambda: other)
    with pytest.raises(playhead.UsageError, match="acme@here"):
        clients.teardown()
    assert (client.closed, other.closed, len(clients)) == (0, 1, 1)
    await clients.aclose()
    assert (client.closed, other.closed, len(clients)) == (1, 1, 0)
