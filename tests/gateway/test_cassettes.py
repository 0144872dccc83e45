"""Which cassette a request is of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.modes import Mode
from playhead.errors import CassetteError, RecordingError
from playhead.gateway import cassettes
from playhead.gateway.arriving import Wishes
from playhead.gateway.cassettes import Sessions
from playhead.gateway.replies import Rejected
from playhead.harness.cassette_names import cassette_path
from playhead.sessions.settings import SessionOptions

OPTIONS = SessionOptions(wire=False, guard=False)


def sessions(folder: Path | None, cassette: Path | None = None, mode: Mode = Mode.REPLAY) -> Sessions:
    """Make sessions."""
    return Sessions(cassette=cassette, folder=folder, mode=mode, options=OPTIONS)


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "a/../../b",
        "..",
        ".",
        "",
        "/etc/passwd",
        "a//b",
        "a\\..\\b",
        "c:\\x",
        "a\x00b",
        "~/..",
        "a/./b",
        "x" * 1001,
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever it is written with, and before anything is opened."""
    with pytest.raises(Rejected) as caught:
        sessions(tmp_path).find(Wishes(name))
    assert caught.value.status in (400, 403)


@given(st.text(max_size=30))
def test_no_name_at_all_leads_out_of_the_folder(name: str) -> None:
    """Any text gives a path inside, or is refused."""
    root = Path("/nonexistent-root/cassettes")
    try:
        path = sessions(root).path_for(Wishes(name))
    except Rejected:
        return
    assert Path(os.path.normpath(path)).is_relative_to(root)
    assert path != root


@given(st.text(min_size=1, max_size=60))
def test_no_test_id_at_all_leads_out_of_the_folder(test: str) -> None:
    """Any text gives a path inside, or is refused."""
    root = Path("/nonexistent-root/cassettes")
    try:
        path = sessions(root).path_for(Wishes("", test))
    except Rejected:
        return
    assert Path(os.path.normpath(path)).is_relative_to(root)


def test_a_link_is_refused_wherever_it_leads(tmp_path: Path) -> None:
    """A link to a file, to a folder and one within the folder: none is followed."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "secret.cassette").write_bytes(b"x")
    (root / "file.cassette").symlink_to(tmp_path / "secret.cassette")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to(root / "loop")
    for name in ("file", "folder/a", "loop/a"):
        with pytest.raises(Rejected) as caught:
            sessions(root).path_for(Wishes(name))
        assert caught.value.status == 403


def test_a_folder_that_is_itself_a_link_is_the_users_own(tmp_path: Path) -> None:
    """What the user named is followed once."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert sessions(tmp_path / "link").path_for(Wishes("a")) == tmp_path / "link" / "a.cassette"


def test_a_cassette_has_one_session_by_whatever_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that record the same file would overwrite each other."""
    monkeypatch.chdir(tmp_path)
    made = sessions(Path(), tmp_path / "a.cassette", Mode.RECORD_MISSING)
    assert made.find(Wishes("a")) is made.find(Wishes())
    assert made.close_all() == []


@pytest.mark.parametrize("names", [("test_hello",), ("TestChat", "test_hello[a-1]"), ("test_x[tests/a::b]",)])
def test_a_test_has_the_cassette_that_the_pytest_plugin_gives_it(tmp_path: Path, names: tuple[str, ...]) -> None:
    """So that one recording serves a test in this process and one in another language."""
    root = tmp_path / "cassettes"
    found = sessions(root).path_for(Wishes("", "::".join(("tests/test_chat.py", *names))))
    assert found == cassette_path(tmp_path / "test_chat.py", names)


def test_a_test_of_another_language_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Ids of any form are told apart."""
    one, other = (sessions(tmp_path).path_for(Wishes("", name)) for name in ("chat > says hello", "chat > says Hello"))
    assert one != other
    assert one.parent == tmp_path


@pytest.mark.parametrize(
    ("folder", "wishes"), [(True, Wishes()), (False, Wishes("a")), (False, Wishes("", "t")), (True, Wishes("a", "t"))]
)
def test_a_request_that_cannot_be_placed_is_told_how(tmp_path: Path, folder: bool, wishes: Wishes) -> None:
    """None named, one named where there is no folder, two named."""
    made = sessions(tmp_path) if folder else sessions(None, tmp_path / "one.cassette")
    with pytest.raises(Rejected) as caught:
        made.find(wishes)
    assert caught.value.status == 400
    assert caught.value.hint


def test_a_session_is_opened_once_and_again_after_its_end(tmp_path: Path) -> None:
    """One cassette has one session, under whichever name it is asked for."""
    made = sessions(tmp_path, tmp_path / "a.cassette", Mode.RECORD_MISSING)
    first = made.find(Wishes())
    assert made.find(Wishes("a")) is first
    assert made.find(Wishes("a.cassette")) is first
    assert made.close(Wishes("a")) is not None
    assert made.close(Wishes("a")) is None
    assert made.find(Wishes()) is not first
    assert made.close_all() == []
    assert len(made.reports()) == 2


@pytest.mark.parametrize("mode", [Mode.REPLAY, Mode.RECORD_MISSING, Mode.RECORD])
@pytest.mark.parametrize("name", ["x" * 300, "folder", "file/a", "junk"])
def test_a_place_where_no_cassette_can_be_is_an_error_of_ours(tmp_path: Path, mode: Mode, name: str) -> None:
    """A name too long for the disk, a folder, something below a file, another kind of file."""
    (tmp_path / "folder.cassette").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "junk.cassette").write_text("x")
    made = sessions(tmp_path, mode=mode)
    with pytest.raises((CassetteError, RecordingError)):
        made.find(Wishes(name))
    assert list(made) == []


def test_sessions_are_not_opened_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come from clients; each session takes memory, and a recording one a file."""
    monkeypatch.setattr(cassettes, "MOST_PLAYING", 2)
    made = sessions(tmp_path)
    made.find(Wishes("a"))
    made.find(Wishes("b"))
    with pytest.raises(Rejected, match="2 cassettes are open"):
        made.find(Wishes("c"))
    made.close(Wishes("a"))
    made.find(Wishes("c"))
