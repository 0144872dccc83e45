"""Secrets in one encrypted file."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playhead.errors import InferenceProviderError, MissingDependencyError, UsageError
from playhead.providers.secrets import resolved_values
from playhead.providers.vault import VAULT_UNREADABLE, AccessLevel, DataVault

LEVELS = list(AccessLevel)


@pytest.fixture
def key() -> str:
    """Give a new key."""
    return DataVault.new_key()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a vault that is not there yet."""
    return tmp_path / "folder" / "keys.vault"


def test_what_was_stored_is_there_for_the_next_who_opens_it(path: Path, key: str) -> None:
    """A value that is stored again is replaced; one that never was is None."""
    vault = DataVault(path, key=key)
    assert vault.retrieve("openai") is None
    assert not path.exists()
    assert vault.store("openai", "vault-first-value") is True
    assert vault.store("openai", "vault-second-value") is True
    assert vault.store("other", "vault-other-value")
    again = DataVault(path, key=key)
    assert again.retrieve("openai") == "vault-second-value"
    assert again.retrieve("Openai") is None
    assert {"vault-first-value", "vault-second-value"} <= resolved_values()


@pytest.mark.parametrize("stored", LEVELS)
@pytest.mark.parametrize("asking", LEVELS)
def test_a_level_gives_its_own_values_and_those_below(path: Path, key: str, stored: str, asking: str) -> None:
    """Public, standard, elevated, admin."""
    vault = DataVault(path, key=key)
    vault.store("a", "vault-level-value", stored)
    expected = "vault-level-value" if LEVELS.index(AccessLevel(asking)) >= LEVELS.index(AccessLevel(stored)) else None
    assert vault.retrieve("a", asking) == expected


def test_without_a_level_both_sides_are_standard(path: Path, key: str) -> None:
    """What is stored by default is given by default."""
    vault = DataVault(path, key=key)
    vault.store("a", "vault-default-value")
    assert vault.retrieve("a") == "vault-default-value"
    assert vault.retrieve("a", "public") is None


def test_the_log_has_every_access_and_no_value(path: Path, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """What was asked for in vain stands there too."""
    vault = DataVault(path, key=key, clock=lambda: 5.0)
    with caplog.at_level(logging.INFO, logger="playhead.vault"):
        vault.store("a", "vault-logged-value", "admin")
        vault.retrieve("a")
        vault.retrieve("a", "admin")
        vault.retrieve("b")
    assert [access[:] for access in vault.access_log] == [
        (5.0, "store", "a", "admin", True),
        (5.0, "retrieve", "a", "standard", False),
        (5.0, "retrieve", "a", "admin", True),
        (5.0, "retrieve", "b", "standard", False),
    ]
    assert "retrieve of 'a' as standard: refused" in caplog.text
    assert "vault-logged-value" not in caplog.text + repr(vault) + repr(vault.access_log) + repr(vars(vault))


def test_the_file_shows_neither_values_nor_names(path: Path, key: str) -> None:
    """Nor its key, and only its owner may read it."""
    DataVault(path, key=key).store("openai", "vault-file-value")
    content = path.read_text()
    for secret in ("openai", "vault-file-value", "standard", key):
        assert secret not in content
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in path.parent.iterdir()) in (["keys.vault"], ["keys.vault", "keys.vault.lock"])


def test_another_key_is_told_apart_from_damage(path: Path, key: str) -> None:
    """Neither reads anything, neither writes over the file, and the value is in no error."""
    DataVault(path, key=key).store("a", "vault-other-key-value")
    before = path.read_bytes()
    other = DataVault(path, key=DataVault.new_key())
    for call in (lambda: other.retrieve("a"), lambda: other.store("a", "vault-overwrite")):
        with pytest.raises(InferenceProviderError, match="is locked with another key") as caught:
            call()
        assert caught.value.error_code == VAULT_UNREADABLE
    assert path.read_bytes() == before


def test_every_damaged_byte_is_seen(path: Path, key: str) -> None:
    """A changed byte gives an error of ours or the same value, never another one."""
    vault = DataVault(path, key=key)
    vault.store("a", "vault-damaged-value")
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            found = vault.retrieve("a")
        except InferenceProviderError as error:
            assert error.error_code == VAULT_UNREADABLE  # noqa: PT017 - or no error at all
        else:
            assert found == "vault-damaged-value"
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InferenceProviderError) as caught:
            vault.retrieve("a")
        assert caught.value.error_code == VAULT_UNREADABLE


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_file_is_a_vault_or_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    """Whatever somebody put there."""
    path = tmp_path / "any.vault"
    path.write_bytes(content)
    with pytest.raises(InferenceProviderError):
        DataVault(path, key=DataVault.new_key()).retrieve("a")


def test_a_newer_format_is_named(path: Path, key: str) -> None:
    """It is left alone."""
    vault = DataVault(path, key=key)
    vault.store("a", "vault-newer-value")
    path.write_text(json.dumps({**json.loads(path.read_text()), "vault": 2}))
    with pytest.raises(InferenceProviderError, match="is of format 2, and 1 is known here"):
        vault.retrieve("a")


def test_a_crash_leaves_the_old_file(path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one takes its place only when it is whole, and nothing is left beside it."""
    vault = DataVault(path, key=key)
    vault.store("a", "vault-old-value")

    def fail(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("playhead.providers.vault.os.fsync", fail)
    with pytest.raises(InferenceProviderError, match="cannot be written: no space left"):
        vault.store("a", "vault-new-value")
    assert vault.retrieve("a") == "vault-old-value"
    assert not list(path.parent.glob(".keys.vault.*"))


def test_threads_lose_nothing(path: Path, key: str) -> None:
    """Each reads what the others wrote before it writes."""
    start = threading.Barrier(4)

    def work(own: int) -> None:
        vault = DataVault(path, key=key)
        start.wait()
        for number in range(5):
            vault.store(f"{own}-{number}", f"vault-thread-{own}-{number}")

    threads = [threading.Thread(target=work, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    vault = DataVault(path, key=key)
    for own in range(4):
        for number in range(5):
            assert vault.retrieve(f"{own}-{number}") == f"vault-thread-{own}-{number}"


def test_the_key_may_be_a_reference(path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read for every use, and what is no key is refused without being shown."""
    monkeypatch.setenv("PLAYHEAD_TEST_VAULT_KEY", key)
    vault = DataVault(path, key="env:PLAYHEAD_TEST_VAULT_KEY")
    vault.store("a", "vault-reference-value")
    assert vault.retrieve("a") == "vault-reference-value"
    monkeypatch.delenv("PLAYHEAD_TEST_VAULT_KEY")
    with pytest.raises(InferenceProviderError, match="environment variable 'PLAYHEAD_TEST_VAULT_KEY' is not set"):
        vault.retrieve("a")
    with pytest.raises(UsageError, match="32 bytes in URL-safe base64") as caught:
        DataVault(path, key="vault-no-key").store("a", "b")
    assert "vault-no-key" not in str(caught.value)


@pytest.mark.parametrize(("name", "value", "level"), [("", "v", "public"), ("n", "", "public"), ("n", "v", "root")])
def test_what_cannot_be_kept_is_refused(path: Path, key: str, name: str, value: str, level: str) -> None:
    """Before anything is written."""
    vault = DataVault(path, key=key)
    with pytest.raises(UsageError):
        vault.store(name, value, level)
    with pytest.raises(UsageError, match="unknown access level 'root'"):
        vault.retrieve("n", "root")
    assert not path.exists()


def test_a_folder_is_no_vault(tmp_path: Path, key: str) -> None:
    """What cannot be read says why."""
    with pytest.raises(InferenceProviderError, match="cannot be read"):
        DataVault(tmp_path, key=key).retrieve("a")


def test_without_the_extra_the_hint_names_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is needed by a vault alone."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'playhead\[vault\]'"):
        DataVault(path, key="k")
