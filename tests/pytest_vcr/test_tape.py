"""The fixture ``vcr`` where cassettes are our own."""

from __future__ import annotations

import pytest

from tests.pytest_vcr import projects
from tests.pytest_vcr.projects import PROJECTS, cassette

pytest_plugins = ("pytester",)


def test_vcrpys_names(pytester: pytest.Pytester) -> None:
    """What tests ask of vcrpy's cassette they can ask here: the project is the one that runs under both plugins."""
    project = next(one for one in PROJECTS if one.name == "the fixture")
    files = dict(project.files)
    files["test_a.py"] = files["test_a.py"].replace('    with pytest.raises(Exception):\n        get("/one")\n', "")
    projects.write(pytester, files)
    assert projects.run(pytester, *projects.CASSETTES).counts == (2, 0, 0)


def test_order_and_recording(pytester: pytest.Pytester) -> None:
    """Calls stand in the order they were played or recorded in, and what is recorded was not played."""
    projects.write(
        pytester,
        {
            "test_a.py": """
PATHS = ["/c", "/a", "/b"]

@pytest.mark.vcr
def test_one(vcr, request):
    recording = bool(request.config.getoption("--record-mode"))
    assert (vcr.dirty, vcr.rewound, vcr.write_protected) == (False, not recording, not recording)
    for path in PATHS:
        get(path, SERVER)
    assert [request.path for request in vcr.requests] == PATHS
    assert [response["body"]["string"].decode() for response in vcr.responses] == ["live " + path for path in PATHS]
    assert len(vcr) == 3 and len(vcr.data) == 3
    assert vcr.dirty is recording
    assert vcr.all_played is not recording
    assert vcr.play_count == (0 if recording else 3)
    assert vcr.record_mode == ("once" if recording else "none")
    vcr.rewind()
    if not recording:
        assert not vcr.all_played and vcr.play_count == 0
        get("/b", SERVER)
        assert vcr.requests[0].path == "/b"
"""
        },
    )
    with projects.loopback() as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv(projects.SERVER, address)
        assert projects.run(pytester, *projects.CASSETTES, "--record-mode=once").counts == (1, 0, 0)
        assert projects.run(pytester, *projects.CASSETTES).counts == (1, 0, 0)


def test_other_names(pytester: pytest.Pytester) -> None:
    """A name it does not have is told with those it has."""
    projects.write(
        pytester,
        {
            "test_a.py": """
@pytest.mark.vcr
def test_one(vcr):
    with pytest.raises(AttributeError, match="has no 'find_requests_with_most_matches'.*\\\\nhint: it has path, "):
        vcr.find_requests_with_most_matches
    assert not hasattr(vcr, "_private")
    assert repr(vcr).startswith("<vcr '") and "1 calls, 0 played" in repr(vcr)
""",
            "cassettes/test_a/test_one.yaml": cassette("x"),
        },
    )
    assert projects.run(pytester, *projects.CASSETTES).counts == (1, 0, 0)
