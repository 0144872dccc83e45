"""Providers and keys by the names in the golden: read once, refused where they fit nothing, and no key in a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import InferenceProviderError, OpenAICompatibleProvider, StubInferenceProvider, UsageError
from playhead.cli.refresh_ways import Names, read_ways
from playhead.harness.refresh_plan import Ways
from tests.harness.comparing_parts import record
from tests.harness.refreshing_parts import record_wired, serving

NONE: dict[str, Any] = {"providers": (), "base_urls": (), "key_refs": (), "allowed": ()}


def names(models: dict[str, str | None], *wired: str) -> Names:
    """Make the names of a golden."""
    found = Names(())
    found.models, found.wired = models, set(wired)
    return found


def read(found: Names, **given: Any) -> Ways:
    """Read options."""
    return read_ways(found, **{**NONE, **given})


def test_names_are_those_of_the_golden(tmp_path: Path) -> None:
    """Each seam has its own; a model is one that was asked for."""
    found = Names(playhead.open_cassette(record(tmp_path / "a.cassette", name="vendor")))
    assert (found.models, found.wired) == ({"vendor": "m"}, set())
    with serving() as server:
        found = Names(record_wired(tmp_path / "b.cassette", server.url, ["a"]))
    assert (found.models, found.wired) == ({}, {"openai"})


def test_a_value_without_a_name_is_for_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One provider needs no name; of two each value says whose it is."""
    monkeypatch.setenv("SOME_KEY", "kk-0123456789")
    assert isinstance(read(names({"a": None}), providers=("stub",)).providers["a"], StubInferenceProvider)
    assert read(names({}, "openai"), key_refs=("env:SOME_KEY",)).keys == {"openai": "env:SOME_KEY"}
    two = names({"a": "m", "b": "m"}, "openai")
    found = read(two, providers=("a=stub", "b=stub"), key_refs=("openai=none",), allowed=("H.test",))
    assert set(found.providers) == {"a", "b"}
    assert (found.keys, found.allowed) == ({"openai": "none"}, ("h.test",))
    for option, value in (("providers", "stub"), ("key_refs", "env:SOME_KEY")):
        with pytest.raises(UsageError, match="does not say which provider") as caught:
            read(two, **{option: (value,)})
        assert caught.value.hint is not None
        assert "NAME=" in caught.value.hint


def test_a_server_has_the_goldens_model_and_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and key by the same name; ``none`` is no key."""
    monkeypatch.setenv("SOME_KEY", "kk-0123456789")
    found = read(
        names({"a": "m"}),
        providers=("openai-compatible",),
        base_urls=("a=http://127.0.0.1:1/v1",),
        key_refs=("a=env:SOME_KEY",),
    )
    provider = found.providers["a"]
    assert isinstance(provider, OpenAICompatibleProvider)
    assert "'env:SOME_KEY'" in repr(provider)
    assert found.keys == {}
    provider.close()
    read(names({"a": "m"}), providers=("openai-compatible",), base_urls=("http://h/v1",), key_refs=("none",)).providers[
        "a"
    ].close()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"providers": ("c=stub",)}, "names 'c', which is not in the golden"),
        ({"providers": ("a=stub", "a=stub")}, "given twice for 'a'"),
        ({"base_urls": ("a=http://h/v1",)}, "--base-url for 'a' needs its --provider"),
        ({"providers": ("a=dream",)}, "unknown provider 'dream'"),
        ({"providers": ("openai=stub",)}, "names 'openai'"),
    ],
)
def test_what_fits_nothing_is_an_error(given: dict[str, Any], message: str) -> None:
    """A name that is misspelt must not leave calls out."""
    with pytest.raises(UsageError, match=message):
        read(names({"a": "m"}, "openai"), **given)


@pytest.mark.parametrize("value", ["sk-proj-Ab3dEf6hJk9mNp2q", "openai=sk-proj-Ab3dEf6hJk9mNp2q"])
def test_a_key_itself_is_refused_and_not_shown(value: str) -> None:
    """A reference belongs there; the message does not repeat what was typed."""
    for found in (names({}, "openai"), names({"a": None}, "openai")):
        with pytest.raises(UsageError) as caught:
            read(found, key_refs=(value,))
        assert "sk-proj" not in str(caught.value) + str(caught.value.hint)


def test_a_key_that_is_not_there_is_found_before_the_first_call() -> None:
    """Rather than in each of a thousand."""
    with pytest.raises(InferenceProviderError, match="NO_SUCH_KEY"):
        read(names({}, "openai"), key_refs=("env:NO_SUCH_KEY",))
