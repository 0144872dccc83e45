"""The hook of pytest-recording's."""

from __future__ import annotations

import inspect

import pytest

from playhead.pytest_vcr import hooks
from tests.pytest_vcr import projects

pytest_plugins = ("pytester",)


def test_arguments() -> None:
    """A hook takes what pytest-recording gives: pluggy passes arguments by name."""
    assert list(inspect.signature(hooks.pytest_recording_configure).parameters) == ["config", "vcr"]


def test_every_implementation_is_called_for_each_test(pytester: pytest.Pytester) -> None:
    """Conftests of folders configure their own tests; an implementation may leave arguments out."""
    projects.write(
        pytester,
        {
            "conftest.py": "def pytest_recording_configure(vcr):\n    vcr.match_on = ('method',)\n",
            "test_a.py": """
@pytest.mark.vcr
def test_one():
    assert get("/else") == "recorded"
""",
            "cassettes/test_a/test_one.yaml": projects.cassette("recorded"),
        },
    )
    assert projects.run(pytester, *projects.OURS).counts == (1, 0, 0)
