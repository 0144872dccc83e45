"""vcrpy's patches, put in at less cost: the same ones, and all taken out."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any

import httpx
import pytest
import urllib3.connection
import urllib3.connectionpool
import vcr
import vcr.cassette
import vcr.patch

from playhead.pytest_vcr.patching import CassetteBlock, block_of

TARGETS: tuple[Any, ...] = (
    http.client,
    httpx.HTTPTransport,
    httpx.AsyncHTTPTransport,
    httpx.MockTransport,
    httpx.ASGITransport,
    httpx.WSGITransport,
    urllib3.connection,
    urllib3.connectionpool,
    urllib3.connectionpool.HTTPConnectionPool,
    urllib3.connectionpool.HTTPSConnectionPool,
)


def _state() -> list[dict[str, Any]]:
    return [dict(vars(target)) for target in TARGETS]


def _changed(before: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {
        (target.__name__, name)
        for target, old, new in zip(TARGETS, before, _state(), strict=True)
        for name in old.keys() | new.keys()
        if old.get(name) is not new.get(name)
    }


def _use(tmp_path: Path, **options: Any) -> Any:
    return vcr.VCR(record_mode="none").use_cassette(str(tmp_path / "a.yaml"), **options)


def test_the_same_things_are_replaced(tmp_path: Path) -> None:
    """Whatever vcrpy replaces is replaced, nothing else, and afterwards all is as it was."""
    before = _state()
    with _use(tmp_path):
        theirs = _changed(before)
    with block_of(_use(tmp_path)):
        ours = _changed(before)
    assert ours == theirs
    assert theirs
    assert _changed(before) == set()


def test_own_patches_of_a_suite(tmp_path: Path) -> None:
    """A suite's custom patches are put in, and what it skips is not."""

    class Client:
        def ask(self) -> str:
            return "live"

    before = _state()
    use = _use(tmp_path, custom_patches=((Client, "ask", lambda self: "patched"),), skip_patchers=("httpx",))
    with block_of(use):
        assert Client().ask() == "patched"
        assert not [name for name in _changed(before) if "Transport" in name[0]]
    assert Client().ask() == "live"


def test_what_somebody_made_another_thing(tmp_path: Path) -> None:
    """A subclass with patches of its own is used as it is."""

    class Own(vcr.cassette.CassetteContextDecorator):  # type: ignore[misc]
        pass

    use = _use(tmp_path)
    own = Own(use.cls, use._args_getter)
    assert block_of(own) is own
    assert type(block_of(use)) is CassetteBlock


def test_a_patch_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patch that cannot be put in leaves none of the others in."""
    before = _state()

    class Stubborn(type):
        def __setattr__(cls, name: str, value: object) -> None:
            raise TypeError("I stay as I am")

    class Client(metaclass=Stubborn):
        ask = None

    with (
        pytest.raises(TypeError, match="I stay as I am"),
        block_of(_use(tmp_path, custom_patches=((Client, "ask", None),))),
    ):
        pass
    assert _changed(before) == set()
