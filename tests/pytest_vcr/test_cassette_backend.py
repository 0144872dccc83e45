"""Marks ``vcr`` over cassettes of our own."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.pytest_vcr import projects
from tests.pytest_vcr.projects import PROJECTS, Project, cassette

pytest_plugins = ("pytester",)


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on this machine."""
    with projects.loopback() as address:
        monkeypatch.setenv(projects.SERVER, address)
        yield address


def _files(pytester: pytest.Pytester) -> set[str]:
    return {path.name for path in pytester.path.rglob("cassettes/**/*") if path.is_file()}


SAME = (
    "replay is the default",
    "record modes",
    "names",
    "several cassettes",
    "recording disabled",
    "hosts that are allowed",
    "an autouse fixture that asks for vcr",
    "coroutines, unittest and urllib",
    "names of the project's choice",
)
"""Projects that have nothing vcrpy alone can do, and whose outcomes are so the same."""


@pytest.mark.parametrize("project", [one for one in PROJECTS if one.name in SAME], ids=str)
def test_same_outcomes(project: Project, pytester: pytest.Pytester) -> None:
    """A suite that changes its backend has the outcomes it had, and writes no YAML."""
    projects.write(pytester, project.files)
    before = {name for name in _files(pytester) if name.endswith(".yaml")}
    found = tuple(projects.run(pytester, *projects.CASSETTES, *args).counts for args in project.runs)
    assert found == project.outcomes
    assert {name for name in _files(pytester) if name.endswith((".yaml", ".json"))} == before


def test_bodies_are_matched(pytester: pytest.Pytester) -> None:
    """Two requests to one address are told apart by what they say; vcrpy would give the first answer to either."""
    projects.write(
        pytester,
        {
            "test_a.py": """
def ask(body):
    with httpx.Client(trust_env=False) as client:
        return client.post(SERVER + "/" + body if SERVER_IS_ASKED else BASE, content=body).text

SERVER_IS_ASKED = True

@pytest.mark.vcr
def test_order(request):
    words = ["one", "two"] if request.config.getoption("--record-mode") else ["two", "one"]
    with httpx.Client(trust_env=False) as client:
        for word in words:
            answer = client.post(SERVER + "/x", content=word)
            assert answer.status_code == 200

@pytest.mark.vcr
@pytest.mark.default_cassette("test_order")
def test_another_body(request):
    with httpx.Client(trust_env=False) as client:
        client.post(SERVER + "/x", content="three")
"""
        },
    )
    first = projects.run(pytester, *projects.CASSETTES, "--record-mode=once", "-k", "order")
    assert first.counts == (1, 0, 0)
    assert projects.run(pytester, *projects.CASSETTES).counts == (1, 1, 0)


def test_yaml_is_read_where_it_is(pytester: pytest.Pytester) -> None:
    """A suite may change its backend before it converts anything; what it records anew is ours."""
    projects.write(
        pytester,
        {
            "test_a.py": """
@pytest.mark.vcr
def test_one(vcr):
    assert get("/one") == "recorded"
    assert vcr.path.endswith("test_one.yaml")

@pytest.mark.vcr(serializer="json")
def test_two():
    assert get("/one") == "json"
""",
            "cassettes/test_a/test_one.yaml": cassette("recorded"),
            "cassettes/test_a/test_two.json": cassette("json"),
        },
    )
    for mode in ("none", "once"):
        assert projects.run(pytester, *projects.CASSETTES, f"--record-mode={mode}").counts == (2, 0, 0)
    assert _files(pytester) == {"test_one.yaml", "test_two.json"}
    missing = pytester.runpytest_inprocess(*projects.QUIET, *projects.CASSETTES, "--record-mode=new_episodes")
    missing.assert_outcomes(errors=2)
    missing.stdout.fnmatch_lines(["*is a cassette of vcrpy's, and what is missing would be recorded beside it*"])
    missing.stdout.fnmatch_lines(["*hint: convert it first: playhead convert-vcr FOLDER --write*"])


def test_several_cassettes_are_not_recorded_into(pytester: pytest.Pytester) -> None:
    """Where what is missing would go is not guessed."""
    projects.write(
        pytester,
        {"test_a.py": '@pytest.mark.vcr("b.yaml")\ndef test_one():\n    get("/one", SERVER)\n'},
    )
    assert projects.run(pytester, *projects.CASSETTES, "--record-mode=once").counts == (1, 0, 0)
    (pytester.path / "cassettes/test_a/test_one.cassette").rename(pytester.path / "cassettes/test_a/b.cassette")
    result = pytester.runpytest_inprocess(*projects.QUIET, *projects.CASSETTES, "--record-mode=new_episodes")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*a test that reads several cassettes cannot record what is missing*"])


def test_hooks_and_fixtures_of_the_project(pytester: pytest.Pytester) -> None:
    """Requests pass through the suite's hooks in both directions; the other plugin's fixtures redact and loosen."""
    projects.write(
        pytester,
        {
            "conftest.py": """
import playhead
import pytest

@pytest.fixture(scope="module")
def vcr_config():
    def scrub(request):
        request.uri = request.uri.replace("4711", "NUMBER")
        return request

    def hide(response):
        response["headers"].pop("x-secret", None)
        response["body"]["string"] = response["body"]["string"].replace(b"4712", b"HIDDEN")
        return response

    return {"before_record_request": scrub, "before_record_response": hide, "filter_headers": ["authorization"]}

@pytest.fixture(scope="session")
def playhead_redactor():
    return playhead.Redactor(names=("diary",))
""",
            "test_a.py": """
@pytest.mark.vcr
def test_one(vcr, request):
    number = "4711" if request.config.getoption("--record-mode") else "NUMBER"
    answer = get(f"/{number}-4712", SERVER)
    assert vcr.requests[0].path == "/NUMBER-4712"
    assert vcr.responses[0]["body"]["string"] == (b"live /4711-HIDDEN")
    assert "x-secret" not in vcr.responses[0]["headers"]
""",
        },
    )
    for args in (("--record-mode=once",), ()):
        assert projects.run(pytester, *projects.CASSETTES, *args).counts == (1, 0, 0)


def test_refusals_of_the_configuration(pytester: pytest.Pytester) -> None:
    """What cannot be honoured is an error of the test's setup, with its hint."""
    projects.write(pytester, {"test_a.py": '@pytest.mark.vcr(match_on=["headers"])\ndef test_one():\n    pass\n'})
    result = pytester.runpytest_inprocess(*projects.QUIET, *projects.CASSETTES)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the matcher 'headers' cannot be honoured by cassettes of Playhead's*"])


def test_without_the_other_plugin(pytester: pytest.Pytester) -> None:
    """Its fixtures are asked for where it is loaded alone."""
    projects.write(pytester, projects.REPLAYED)
    assert projects.run(pytester, *projects.CASSETTES, "-p", "no:playhead").counts == (1, 1, 0)


def test_two_tests_that_record_one_cassette_anew(pytester: pytest.Pytester) -> None:
    """The second would take away what the first recorded: it is refused, and adding to it is not."""
    tests = """
@pytest.mark.vcr
@pytest.mark.default_cassette("shared")
@pytest.mark.parametrize("number", range(2))
def test_shared(number):
    get(f"/{number}", SERVER)
"""
    projects.write(pytester, {"test_a.py": tests})
    for mode in ("all", "rewrite"):
        result = pytester.runpytest_inprocess(*projects.QUIET, *projects.CASSETTES, f"--record-mode={mode}")
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(["*was recorded anew by 'test_a.py::test_shared?0?' in this run*"])
        result.stdout.fnmatch_lines(["*hint: give each a cassette of its own*"])
    assert projects.run(pytester, *projects.CASSETTES, "--record-mode=new_episodes").counts == (2, 0, 0)
    assert projects.run(pytester, *projects.CASSETTES).counts == (2, 0, 0)


def test_workers_side_by_side(pytester: pytest.Pytester) -> None:
    """Workers that read one file of vcrpy's at the same time all have its calls, and record what they are to."""
    tests = """
@pytest.mark.vcr
@pytest.mark.default_cassette("shared")
@pytest.mark.parametrize("number", range(8))
def test_shared(number):
    assert get("/one") == "recorded"

@pytest.mark.vcr
@pytest.mark.parametrize("number", range(8))
def test_own(number):
    assert get(f"/{number}", SERVER) == f"live /{number}"
"""
    projects.write(pytester, {"test_a.py": tests, "cassettes/test_a/shared.yaml": cassette("recorded")})
    options = (*projects.ASYNCIO, *projects.CASSETTES, "-p", "no:randomly", "-W", "error")
    made = []
    for mode, workers, chosen in (("once", "2", 16), ("none", "4", 16), ("all", "0", 8)):
        only = ("-k", "own") if chosen == 8 else ()
        result = pytester.run(sys.executable, "-m", "pytest", *options, "-n", workers, f"--record-mode={mode}", *only)
        result.assert_outcomes(passed=chosen)
        made.append({path.name: path.read_bytes() for path in pytester.path.rglob("test_own*.cassette")})
    assert len(made[0]) == 8
    assert made[0] == made[1] == made[2]
