"""Each feature of pytest-recording, in a project that runs once under pytest-recording and once under ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pytest_recording", reason="pytest-recording is not installed")

import vcr.patch  # noqa: F401 - once for all projects, each of which would import it anew

from tests.pytest_vcr import projects
from tests.pytest_vcr.projects import PROJECTS, Project, Ran

pytest_plugins = ("pytester",)

UNDER = {
    "pytest-recording": ("-p", "no:playhead_vcr", "-p", "no:playhead"),
    "playhead": ("-p", "no:recording"),
}
"""What keeps the other plugin out."""


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with projects.loopback() as address:
        monkeypatch.setenv(projects.SERVER, address)
        yield address


@pytest.mark.parametrize("project", PROJECTS, ids=str)
def test_same_outcome(project: Project, pytester: pytest.Pytester, _server: str) -> None:  # noqa: PT019
    """Every phase of every test has one outcome under both, and the same cassettes are left."""
    found: dict[str, list[Ran]] = {}
    root = pytester.path
    for plugin, args in UNDER.items():
        pytester._path = root / plugin
        pytester._path.mkdir()
        pytester.chdir()
        projects.write(pytester, project.files)
        found[plugin] = [projects.run(pytester, *args, *extra) for extra in project.runs]
    theirs, ours = found.values()
    for number, (one, other) in enumerate(zip(theirs, ours, strict=True)):
        assert other.reports == one.reports, f"run {number}"
        assert other.files == one.files, f"run {number}"
        assert one.counts == project.outcomes[number], "what the project expects is not what pytest-recording does"
