"""Small suites that use one feature of pytest-recording each, and what must become of their tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import pytest

BASE = "http://recorded.test"
"""Where recorded calls went to; nothing is there."""

SERVER = "LOOPBACK_SERVER"
"""The variable that tells a project where the test's own server is."""

CALLS = '''
import os
import socket
import urllib.request

import httpx
import pytest

BASE = "http://recorded.test"
SERVER = os.environ.get("LOOPBACK_SERVER", "")


def get(path, base=BASE):
    """Ask by httpx, which is what most SDKs are built on."""
    with httpx.Client(trust_env=False) as client:
        return client.get(base + path).text


def reach(address=SERVER):
    """Connect; a client that is refused here would leave its socket to the collector."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    with socket.socket() as connection:
        connection.connect((host, int(port)))
'''
"""What every project begins with."""


class Project(NamedTuple):
    """
    A suite.

    Attributes:
        name: What it is about.
        files: Its files below the root; a test file begins with ``CALLS`` besides.
        runs: The command lines it is run with, one after the other, without the plugins' own.
        outcomes: How many tests passed, failed and had an error, in each run.
    """

    name: str
    files: dict[str, str]
    outcomes: tuple[tuple[int, int, int], ...]
    runs: tuple[tuple[str, ...], ...] = ((),)

    def __str__(self) -> str:
        return self.name


class Ran(NamedTuple):
    """
    What a run came to.

    Attributes:
        reports: The outcome of each phase, by the test's id and the phase.
        files: The text of each file that was there afterwards, by its place.
        counts: How many tests passed, failed and had an error.
    """

    reports: dict[tuple[str, str], str]
    files: dict[str, str]
    counts: tuple[int, int, int]


def interaction(path: str, answer: str, *, base: str = BASE, body: str = "", method: str = "GET") -> dict[str, object]:
    """Give a recorded call as vcrpy keeps it."""
    return {
        "request": {"method": method, "uri": base + path, "body": body, "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["text/plain"], "content-length": [str(len(answer))]},
            "body": {"string": answer},
        },
    }


def cassette(*answers: str, path: str = "/one") -> str:
    """Give the text of a cassette with these answers to one request; JSON, which is YAML as well."""
    return json.dumps({"interactions": [interaction(path, answer) for answer in answers], "version": 1}) + "\n"


class _Handler(BaseHTTPRequestHandler):
    """Counts the requests, so that no two answers are the same."""

    count = 0

    def do_GET(self) -> None:
        type(self).count += 1
        answer = f"live {self.path}".encode()
        self.send_response_only(200)
        self.send_header("content-length", str(len(answer)))
        self.send_header("x-secret", "hidden")
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def loopback() -> Iterator[str]:
    """Serve on this machine, and give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write(pytester: pytest.Pytester, files: dict[str, str]) -> None:
    """Write a project."""
    for name, text in files.items():
        place = pytester.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(CALLS + text if place.name.startswith("test_") and place.suffix == ".py" else text)


ASYNCIO = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")

QUIET = (*ASYNCIO, "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error")

OURS = ("-p", "no:recording", "-p", "no:cassetter")
"""What keeps plugins out for which ours would step aside."""

CASSETTES = (*OURS, "--playhead-vcr-backend=cassette")


def run(pytester: pytest.Pytester, *args: str, quiet: Sequence[str] = QUIET) -> Ran:
    """Run a project in this process."""
    record = pytester.inline_run(*quiet, *args)
    reports: dict[tuple[str, str], str] = {}
    for report in record.getreports("pytest_runtest_logreport"):
        reports[report.nodeid, report.when] = report.outcome
    passed = sum(when == "call" and outcome == "passed" for (_, when), outcome in reports.items())
    failed = sum(when == "call" and outcome == "failed" for (_, when), outcome in reports.items())
    errors = sum(when != "call" and outcome == "failed" for (_, when), outcome in reports.items())
    files = {
        str(path.relative_to(pytester.path)): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(pytester.path.rglob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    return Ran(reports, files, (passed, failed, errors))


REPLAYED = {
    "test_a.py": """
@pytest.mark.vcr
def test_replayed():
    assert get("/one") == "recorded"

@pytest.mark.vcr
def test_without_cassette():
    get("/one")
""",
    "cassettes/test_a/test_replayed.yaml": cassette("recorded"),
}

PROJECTS: tuple[Project, ...] = (
    Project("replay is the default", REPLAYED, ((1, 1, 0),)),
    Project(
        "record modes",
        {
            "test_a.py": """
@pytest.mark.vcr
def test_one(vcr):
    assert get("/one", SERVER) == "live /one"

@pytest.mark.vcr
def test_two():
    assert [get(path, SERVER) for path in os.environ.get("PATHS", "/one").split()]
"""
        },
        ((0, 2, 0), (2, 0, 0), (2, 0, 0), (2, 0, 0), (2, 0, 0), (2, 0, 0), (2, 0, 0)),
        (
            (),
            ("--record-mode=once",),
            ("--record-mode=once",),
            (),
            ("--record-mode=new_episodes",),
            ("--record-mode=all",),
            ("--record-mode=rewrite",),
        ),
    ),
    Project(
        "a mode in the mark, and in the configuration",
        {
            "test_a.py": """
@pytest.fixture(scope="module")
def vcr_config():
    return {"record_mode": "once", "filter_headers": ["user-agent", "accept", "connection"]}

@pytest.mark.vcr
def test_configured():
    get("/one", SERVER)

@pytest.mark.vcr(record_mode="none")
def test_marked():
    get("/one", SERVER)

@pytest.mark.vcr(record_mode="rewrite")
def test_rewritten():
    get("/one", SERVER)
"""
        },
        ((2, 1, 0), (2, 1, 0)),
        ((), ("--record-mode=none",)),
    ),
    Project(
        "names",
        {
            "test_a.py": """
class TestClass:
    @pytest.mark.vcr
    def test_method(self):
        get("/one", SERVER)

    class TestInner:
        @pytest.mark.vcr
        def test_method(self):
            get("/one", SERVER)

@pytest.mark.vcr
@pytest.mark.parametrize("value", ["a/b", "c:d", "e?f*g", "h<i>|j", "k\\\\l", "m%n", "x" * 300, "ümlaut"])
def test_odd(value):
    get("/one", SERVER)
"""
        },
        ((10, 0, 0), (10, 0, 0)),
        (("--record-mode=once",), ("--block-network",)),
    ),
    Project(
        "several cassettes",
        {
            "test_a.py": """
@pytest.mark.vcr("further.yaml", "once-more.yaml", "missing.yaml")
def test_named():
    assert [get("/one"), get("/two"), get("/three")] == ["own", "further", "once more"]

@pytest.mark.vcr("further.yaml")
@pytest.mark.vcr("once-more.yaml")
def test_stacked(vcr):
    assert [get("/two"), get("/three")] == ["further", "once more"]
    assert vcr.all_played and len(vcr) == 2

@pytest.mark.vcr(os.path.join(os.path.dirname(__file__), "cassettes", "test_a", "further.yaml"))
def test_absolute():
    assert get("/two") == "further"
""",
            "cassettes/test_a/test_named.yaml": cassette("own"),
            "cassettes/test_a/further.yaml": cassette("further", path="/two"),
            "cassettes/test_a/once-more.yaml": cassette("once more", path="/three"),
        },
        ((3, 0, 0),),
    ),
    Project(
        "marks on modules and classes, the nearest one wins",
        {
            "test_a.py": """
pytestmark = [pytest.mark.vcr("module.yaml", match_on=["method"])]

@pytest.fixture
def vcr_config():
    return {"match_on": ["body"], "allow_playback_repeats": True}

@pytest.mark.vcr("class.yaml", match_on=["path"], allow_playback_repeats=False)
class TestClass:
    @pytest.mark.vcr("test.yaml", match_on=["method", "path"])
    def test_order(self, vcr, vcr_markers):
        assert [mark.args for mark in vcr_markers] == [("test.yaml",), ("class.yaml",), ("module.yaml",)]
        assert [response["body"]["string"] for response in vcr.responses] == [b"test", b"class", b"module"]
        assert get("/one") == "test"
        assert get("/one") == "class"

    def test_the_class_says(self, vcr):
        assert vcr.allow_playback_repeats is False
        assert get("/one", "http://other.test") == "class"

def test_the_module_says(vcr):
    assert vcr.allow_playback_repeats is True
    assert get("/else", "http://other.test") == "module"
""",
            "cassettes/test_a/module.yaml": cassette("module"),
            "cassettes/test_a/class.yaml": cassette("class"),
            "cassettes/test_a/test.yaml": cassette("test"),
        },
        ((3, 0, 0),),
    ),
    Project(
        "a configuration of every scope, and for a folder",
        {
            "conftest.py": """
import pytest

@pytest.fixture(scope="session")
def vcr_config():
    return {"filter_headers": [("authorization", "HIDDEN")], "filter_query_parameters": ["key"]}
""",
            "test_a.py": """
@pytest.mark.vcr
def test_session(vcr):
    httpx.get(SERVER + "/one?key=secret&a=b", headers={"authorization": "Bearer secret"}, trust_env=False)
    assert vcr.requests[0].headers["authorization"] in ("HIDDEN", ["HIDDEN"])
    assert vcr.requests[0].query == [("a", "b")]
""",
            "inner/test_b.py": """
@pytest.fixture(scope="package")
def vcr_config():
    return {"before_record_response": lambda response: {**response, "body": {"string": b"hooked"}}}

@pytest.mark.vcr
def test_hooked(vcr):
    get("/one", SERVER)
    assert vcr.responses[0]["body"]["string"] == b"hooked"
""",
        },
        ((2, 0, 0), (2, 0, 0)),
        (("--record-mode=once",), ("--block-network",)),
    ),
    Project(
        "recording disabled",
        {
            "test_a.py": """
@pytest.mark.vcr
def test_live(vcr):
    assert vcr is None
    assert get("/one", SERVER) == "live /one"

def test_unmarked(vcr):
    assert vcr is None

@pytest.mark.vcr
@pytest.mark.block_network
def test_blocked():
    with pytest.raises(RuntimeError, match="^Network is disabled for host '127.0.0.1'$"):
        reach()
"""
        },
        ((3, 0, 0),),
        (("--disable-recording",),),
    ),
    Project(
        "the network blocked by option",
        {
            "test_a.py": """
def test_blocked():
    with pytest.raises(RuntimeError, match="^Network is disabled for host '127.0.0.1'$"):
        reach()

@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_sockets(method):
    with socket.socket() as connection, pytest.raises(RuntimeError, match="for host '8.8.8.8'"):
        getattr(connection, method)(("8.8.8.8", 53))

def test_unix_sockets():
    with socket.socket(socket.AF_UNIX) as connection, pytest.raises(RuntimeError, match="/nowhere"):
        connection.connect("/nowhere/at/all")

def test_pairs():
    one, other = socket.socketpair()
    one.send(b"x")
    assert other.recv(1) == b"x"
    one.close(), other.close()

@pytest.mark.block_network(allowed_hosts=["127.*"])
def test_allowed():
    assert get("/one", SERVER) == "live /one"

@pytest.mark.vcr
def test_recording_is_not_blocked(request):
    if request.config.getoption("--record-mode"):
        get("/one", SERVER)
    else:
        with pytest.raises(Exception):
            get("/two", SERVER)

@pytest.mark.vcr
def test_beside_the_cassette():
    with pytest.raises(RuntimeError, match="Network is disabled"):
        reach()
""",
        },
        ((8, 0, 0), (7, 1, 0)),
        (("--block-network",), ("--block-network", "--record-mode=once")),
    ),
    Project(
        "hosts that are allowed",
        {
            "test_a.py": """
@pytest.fixture
def vcr_config():
    return {"allowed_hosts": ["127.0.0.*"]}

def test_by_configuration():
    reach()

@pytest.mark.block_network(allowed_hosts=["example.com"])
def test_the_mark_wins():
    with pytest.raises(RuntimeError):
        reach()

@pytest.mark.block_network(allowed_hosts=["^127.0.0.1$"])
def test_by_mark(allowed_hosts):
    assert allowed_hosts == ["^127.0.0.1$"]
    reach()

def test_value(allowed_hosts, request):
    given = request.config.getoption("--allowed-hosts")
    assert allowed_hosts == (given.split(",") if given else ["127.0.0.*"])
""",
        },
        ((4, 0, 0), (3, 1, 0), (4, 0, 0)),
        (
            ("--block-network",),
            ("--block-network", "--allowed-hosts=example.com,localhost"),
            ("--block-network", "--allowed-hosts=example.com,127.0.0.1"),
        ),
    ),
    Project(
        "wrong marks",
        {
            "test_a.py": """
@pytest.mark.block_network("example.com")
def test_positional():
    pass

@pytest.mark.block_network(hosts=["example.com"])
def test_unknown():
    pass

@pytest.mark.default_cassette
@pytest.mark.vcr
def test_nameless():
    pass

@pytest.mark.vcr(record_mode="sometimes")
def test_no_such_mode():
    pass

@pytest.mark.vcr(match_on=["smell"])
def test_no_such_matcher():
    pass

@pytest.mark.vcr(serializer="runes")
def test_no_such_serializer():
    pass
""",
        },
        ((0, 0, 6),),
    ),
    Project(
        "the fixture",
        {
            "test_a.py": """
@pytest.mark.vcr
def test_counts(vcr):
    assert (vcr.play_count, vcr.all_played, len(vcr)) == (0, False, 2)
    assert [get("/one"), get("/one")] == ["first", "second"]
    assert (vcr.play_count, vcr.all_played) == (2, True)
    assert [request.uri for request in vcr.requests] == [BASE + "/one"] * 2
    assert [request.method for request in vcr.requests] == ["GET"] * 2
    assert [response["body"]["string"] for response in vcr.responses] == [b"first", b"second"]
    assert vcr.responses[0]["status"] == {"code": 200, "message": "OK"}
    with pytest.raises(Exception):
        get("/one")
    vcr.rewind()
    assert (vcr.play_count, vcr.all_played) == (0, False)
    assert get("/one") == "first"
    assert vcr.play_count == 1 and vcr.write_protected and vcr.rewound

@pytest.mark.vcr(allow_playback_repeats=True)
@pytest.mark.default_cassette("test_counts.yaml")
def test_repeats(vcr):
    assert {get("/one") for _ in range(5)} == {"first"}
""",
            "cassettes/test_a/test_counts.yaml": cassette("first", "second"),
        },
        ((2, 0, 0),),
    ),
    Project(
        "names of the project's choice",
        {
            "test_a.py": """
@pytest.fixture(scope="module")
def vcr_cassette_dir(request):
    return os.path.join(os.path.dirname(str(request.node.path)), "elsewhere")

@pytest.mark.vcr
@pytest.mark.default_cassette("mine.yaml")
def test_marked():
    assert get("/one") == "mine"

@pytest.mark.vcr
@pytest.mark.default_cassette("mine")
def test_marked_without_ending():
    assert get("/one") == "mine"

class TestOther:
    @pytest.fixture
    def default_cassette_name(self):
        return "mine"

    @pytest.mark.vcr
    def test_fixture(self):
        assert get("/one") == "mine"
""",
            "elsewhere/mine.yaml": cassette("mine"),
        },
        ((3, 0, 0),),
    ),
    Project(
        "a matcher, serializers, a persister and hooks of the project's",
        {
            "conftest.py": '''
import json

import pytest
from vcr.persisters.filesystem import FilesystemPersister


class Upside:
    """Keeps cassettes upside down."""

    @staticmethod
    def serialize(data):
        return json.dumps(data)[::-1]

    @staticmethod
    def deserialize(text):
        return json.loads(text[::-1])


class Aside(FilesystemPersister):
    @staticmethod
    def save_cassette(path, data, serializer):
        FilesystemPersister.save_cassette(str(path) + ".aside", data, serializer)


def scrub(request):
    request.headers.pop("user-agent", None)
    request.uri = request.uri.replace("secret", "HIDDEN")
    return request


def pytest_recording_configure(config, vcr):
    vcr.register_matcher("case", lambda one, other: one.path.lower() == other.path.lower())
    vcr.register_serializer("upside", Upside)
    vcr.before_record_request = scrub
    if config.getoption("--disable-recording") is None:
        vcr.register_persister(Aside)
''',
            "test_a.py": """
@pytest.mark.vcr(match_on=["case"])
def test_matcher():
    assert get("/ONE") == "recorded"

@pytest.mark.vcr(serializer="json")
def test_json():
    get("/one", SERVER)

@pytest.mark.vcr(serializer="upside")
def test_upside(vcr):
    get("/secret", SERVER)
    assert vcr.requests[0].path == "/HIDDEN"

@pytest.mark.vcr(match_on=("method", "case"), record_mode="none")
@pytest.mark.default_cassette("test_matcher")
def test_missed():
    get("/two")
""",
            "cassettes/test_a/test_matcher.yaml": cassette("recorded"),
        },
        ((3, 1, 0), (3, 1, 0)),
        (("--record-mode=once",), ("--block-network",)),
    ),
    Project(
        "an autouse fixture that asks for vcr",
        {
            "conftest.py": """
import pytest

@pytest.fixture(autouse=True)
def tracked(request, vcr):
    yield
    if vcr is not None and request.node.get_closest_marker("whole"):
        assert vcr.all_played, "not all was played"

def pytest_configure(config):
    config.addinivalue_line("markers", "whole: all is to be played")
""",
            "test_a.py": """
@pytest.mark.vcr
@pytest.mark.whole
def test_whole():
    assert get("/one") == "recorded"

@pytest.mark.vcr
@pytest.mark.whole
@pytest.mark.default_cassette("test_whole")
def test_idle():
    pass

def test_unmarked():
    pass
""",
            "cassettes/test_a/test_whole.yaml": cassette("recorded"),
        },
        ((3, 0, 1),),
    ),
    Project(
        "cassettes that cannot be read",
        {
            "test_a.py": """
@pytest.mark.vcr
def test_empty(vcr):
    pass

@pytest.mark.vcr
def test_broken(vcr):
    pass

@pytest.mark.vcr
def test_other(vcr):
    pass

@pytest.mark.vcr
def test_no_calls(vcr):
    assert len(vcr) == 0
""",
            "cassettes/test_a/test_empty.yaml": "",
            "cassettes/test_a/test_broken.yaml": "interactions: [\n",
            "cassettes/test_a/test_other.yaml": "hello: world\n",
            "cassettes/test_a/test_no_calls.yaml": "interactions: []\nversion: 1\n",
        },
        ((1, 0, 3), (1, 0, 3)),
        ((), ("--record-mode=once",)),
    ),
    Project(
        "coroutines, unittest and urllib",
        {
            "test_a.py": """
import unittest

@pytest.mark.vcr
async def test_awaited():
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(BASE + "/one")).text == "recorded"

@pytest.mark.vcr
class TestCase(unittest.TestCase):
    def test_method(self):
        assert get("/one") == "recorded"

@pytest.mark.vcr
@pytest.mark.default_cassette("test_awaited")
def test_urllib():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(BASE + "/one") as answer:
        assert answer.read() == b"recorded"

@pytest.mark.vcr
@pytest.mark.default_cassette("test_awaited")
@pytest.mark.parametrize("number", range(3))
def test_again(number):
    assert get("/one") == "recorded"
""",
            "cassettes/test_a/test_awaited.yaml": cassette("recorded"),
            "cassettes/test_a/TestCase.test_method.yaml": cassette("recorded"),
        },
        ((6, 0, 0),),
    ),
    Project(
        "a failed test records all the same",
        {
            "test_a.py": """
@pytest.mark.vcr
def test_fails():
    get("/one", SERVER)
    assert False
"""
        },
        ((0, 1, 0), (0, 1, 0)),
        (("--record-mode=once",), ("--block-network",)),
    ),
)

CURL = Project(
    "curl",
    {
        "pycurl.py": """
class Curl:
    URL = 10002

    def __init__(self):
        self.options = {}

    def setopt(self, option, value):
        self.options[option] = value

    def perform(self):
        return self.options[10002]

URL = 10002
""",
        "test_a.py": """
import pycurl

def ask(url):
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    return handle.perform()

def test_free():
    assert ask("http://one.test/") == "http://one.test/"

@pytest.mark.block_network
def test_blocked():
    with pytest.raises(RuntimeError, match="^Network is disabled for host 'one.test'$"):
        ask("http://one.test/")

@pytest.mark.block_network(allowed_hosts=["one.*"])
def test_allowed():
    assert ask("http://one.test/") == "http://one.test/"
    with pytest.raises(RuntimeError):
        ask("http://two.test/")
""",
    },
    ((3, 0, 0),),
)
"""Apart: pytest-recording guards pycurl only where it is installed when the plugin is imported."""
