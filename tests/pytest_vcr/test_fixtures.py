"""The fixtures and marks do what pytest-recording's do; ``tests/sdks/test_pytest_recording.py`` asks both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import vcr.patch  # noqa: F401 - once for all projects, each of which would import it anew

from tests.pytest_vcr import projects
from tests.pytest_vcr.projects import PROJECTS, Project

pytest_plugins = ("pytester",)


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with projects.loopback() as address:
        monkeypatch.setenv(projects.SERVER, address)
        yield


@pytest.mark.parametrize("project", PROJECTS, ids=str)
def test_project(project: Project, pytester: pytest.Pytester) -> None:
    """Each feature has the outcome that its users know."""
    projects.write(pytester, project.files)
    found = tuple(projects.run(pytester, *projects.OURS, *args).counts for args in project.runs)
    assert found == project.outcomes
