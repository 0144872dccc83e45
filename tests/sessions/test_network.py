"""The shut network: every connection of the process is refused while a block is open, and none after it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playhead import NetworkBlocked
from playhead.sessions.network import Attempt, block_network, reopen, shut


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_connection_is_refused_and_remembered(listener: socket.socket) -> None:
    """The caller gets our error, and what was tried is kept even if it swallows that."""
    port = listener.getsockname()[1]
    with block_network() as blocked:
        with pytest.raises(NetworkBlocked, match=f"connect to 127.0.0.1:{port} while the network is shut"):
            socket.create_connection(("127.0.0.1", port))
        assert blocked.attempts == [f"something tried to connect to 127.0.0.1:{port}"]


def test_connections_work_again_after_the_block(listener: socket.socket) -> None:
    """Nothing of a block outlives it."""
    with block_network():
        pass
    with socket.create_connection(listener.getsockname()) as connection:
        assert connection.getpeername() == listener.getsockname()


def test_blocks_are_nested(listener: socket.socket) -> None:
    """The network opens when the last block has ended, and each keeps what it saw."""
    with block_network() as outer:
        with block_network() as inner, pytest.raises(NetworkBlocked):
            socket.create_connection(listener.getsockname())
        with pytest.raises(NetworkBlocked):
            socket.create_connection(listener.getsockname())
    assert (len(outer.attempts), len(inner.attempts)) == (2, 1)


def test_a_block_that_ends_in_an_error_opens_the_network(listener: socket.socket) -> None:
    """An exception does not leave the process without a network."""
    with pytest.raises(ZeroDivisionError), block_network():
        _ = 1 / 0
    socket.create_connection(listener.getsockname()).close()


def test_every_thread_is_covered(listener: socket.socket) -> None:
    """A client that connects in the background is caught too."""
    caught: list[BaseException] = []

    def connect() -> None:
        try:
            socket.create_connection(listener.getsockname())
        except NetworkBlocked as error:
            caught.append(error)

    with block_network():
        thread = threading.Thread(target=connect)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_names_are_not_looked_up() -> None:
    """Asking a name server is using the network."""
    with block_network() as blocked:
        for look_up in (
            lambda: socket.getaddrinfo("example.invalid", 443),
            lambda: socket.gethostbyname("example.invalid"),
        ):
            with pytest.raises(NetworkBlocked, match=r"look up 'example\.invalid'"):
                look_up()
    assert len(blocked.attempts) == 2


def test_datagrams_are_refused() -> None:
    """A name server can also be asked by hand."""
    with (
        block_network(),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        pytest.raises(NetworkBlocked, match=r"send to 192\.0\.2\.1:53"),
    ):
        datagrams.sendto(b"?", ("192.0.2.1", 53))


def test_what_needs_no_network_works(tmp_path: Path) -> None:
    """Numeric addresses, bound ports, pairs and local sockets are no network."""
    with block_network() as blocked:
        assert socket.getaddrinfo("127.0.0.1", 80)
        assert socket.getaddrinfo(None, 0, flags=socket.AI_PASSIVE)
        with socket.create_server(("127.0.0.1", 0)):
            pass
        one, other = socket.socketpair()
        one.close()
        other.close()
        if hasattr(socket, "AF_UNIX"):
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                # Relative to the folder, since the path of a local socket is limited to some 100 bytes.
                place = str(tmp_path / "s")
                if len(place) < 100:
                    server.bind(place)
                    server.listen()
                    client.connect(place)
    assert blocked.attempts == []


class Some:
    """Refuses what its function says, and keeps what it was asked."""

    def __init__(self, refuse: Callable[[Attempt], bool]) -> None:
        self.refuse = refuse
        self.asked: list[Attempt] = []

    def refuses(self, attempt: Attempt) -> bool:
        """Ask the function."""
        self.asked.append(attempt)
        return self.refuse(attempt)


@pytest.fixture
def put() -> Iterator[Callable[[Some], Some]]:
    """Put blocks in; they are taken out at the end."""
    blocks: list[Some] = []

    def arm(block: Some) -> Some:
        blocks.append(block)
        shut(block)
        return block

    yield arm
    for block in blocks:
        reopen(block)


def test_a_block_decides_by_place(listener: socket.socket, put: Callable[[Some], Some]) -> None:
    """A block is told host and port, as numbers where there are any, and lets through what it does not refuse."""
    host, port = listener.getsockname()
    block = put(Some(lambda attempt: attempt.port != port))
    socket.create_connection((host, port)).close()
    with pytest.raises(NetworkBlocked):
        socket.create_connection((host, 9))
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo(b"example.invalid", 80)
    assert [(attempt.host, attempt.port) for attempt in block.asked] == [
        (host, port),
        (host, 9),
        ("example.invalid", None),
    ]


def test_one_block_that_refuses_is_enough(listener: socket.socket, put: Callable[[Some], Some]) -> None:
    """Every block is asked, whatever the others said, so that each can remember; one refusal counts."""
    blocks = [put(Some(refuse)) for refuse in (lambda _: False, lambda _: True, lambda _: False)]
    with pytest.raises(NetworkBlocked):
        socket.create_connection(listener.getsockname())
    assert [len(block.asked) for block in blocks] == [1, 1, 1]
    reopen(blocks[1])
    socket.create_connection(listener.getsockname()).close()


def test_a_block_taken_out_is_asked_no_more(listener: socket.socket, put: Callable[[Some], Some]) -> None:
    """Taking a block out twice, or one that was never in, does nothing."""
    block = put(Some(lambda _: True))
    reopen(block)
    reopen(block)
    reopen(Some(lambda _: True))
    socket.create_connection(listener.getsockname()).close()
    assert block.asked == []


def test_a_block_may_let_one_thread_through(listener: socket.socket, put: Callable[[Some], Some]) -> None:
    """A block is asked in the thread that tries, so it can tell whose attempt it is."""
    mine = threading.get_ident()
    put(Some(lambda _: threading.get_ident() != mine))
    socket.create_connection(listener.getsockname()).close()
    caught: list[BaseException] = []

    def connect() -> None:
        try:
            socket.create_connection(listener.getsockname())
        except NetworkBlocked as error:
            caught.append(error)

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_a_refused_socket_is_closed(listener: socket.socket) -> None:
    """A client that sees something else than an ``OSError`` would leave its socket open; it is closed for it."""
    with block_network(), socket.socket() as client:
        with pytest.raises(NetworkBlocked):
            client.connect(listener.getsockname())
        assert client.fileno() == -1
