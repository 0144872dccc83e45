"""The network, shut for tests that have no cassette."""

from __future__ import annotations

from playhead.pytest_plugin.network import TestBlock
from playhead.sessions.network import Attempt
from tests.pytest_plugin.conftest import Suite

REACH = """
import socket

def reach():
    server = socket.create_server(("127.0.0.1", 0))
    with server:
        socket.create_connection(server.getsockname()).close()

def test_swallowed():
    try:
        reach()
    except BaseException:
        pass

def test_raised():
    reach()
"""


def test_the_option_shuts_it_for_every_test(suite: Suite) -> None:
    """Whatever the test does with the exception, and only when asked for."""
    suite.write("test_a.py", REACH)
    suite.run().assert_outcomes(passed=2)
    result = suite.run("--playhead-block-network")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*something tried to connect to 127.0.0.1:* while the network is shut*"])
    suite.run().assert_outcomes(passed=2)


def test_allowed_hosts_may_be_reached(suite: Suite) -> None:
    """Those of the command line and of the marker."""
    suite.write("test_a.py", REACH)
    suite.run("--playhead-block-network", "--playhead-allowed-hosts=127.0.0.1").assert_outcomes(passed=2)
    suite.write("test_a.py", "pytestmark = pytest.mark.playhead_block_network(allowed_hosts=['127.0.0.1'])\n" + REACH)
    suite.run().assert_outcomes(passed=2)
    suite.write("test_a.py", "pytestmark = pytest.mark.playhead_block_network\n" + REACH)
    suite.run().assert_outcomes(failed=2)


def test_a_test_with_a_cassette_is_judged_by_its_session(suite: Suite) -> None:
    """It may record although the option is given."""
    suite.write(
        "test_a.py",
        REACH + "\n@pytest.mark.playhead\ndef test_own(playhead, playhead_stub):\n    ask(playhead, playhead_stub)\n",
    )
    suite.run("--playhead-block-network", "--playhead-record", "-k", "own").assert_outcomes(passed=1, deselected=2)
    suite.run("--playhead-block-network", "-k", "own").assert_outcomes(passed=1, deselected=2)


def test_names_and_ports_of_allowed_hosts() -> None:
    """A name that is allowed leads to its addresses; a port that is named is the only one."""
    block = TestBlock(("localhost:80", "*.example.test"))
    assert not block.refuses(Attempt("look", "localhost", None))
    assert not block.refuses(Attempt("connect", "127.0.0.1", 80))
    assert block.refuses(Attempt("connect", "127.0.0.1", 81))
    assert not block.refuses(Attempt("look", "a.example.test", None))
    assert list(block.attempts) == ["connect"]
