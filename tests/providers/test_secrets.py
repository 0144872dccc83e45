"""Secrets by reference."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest

from playhead.errors import InferenceProviderError, UsageError
from playhead.providers.secrets import (
    DEFAULT_RESOLVER,
    KEY_MISSING,
    KEY_REFERENCE,
    Secret,
    SecretResolver,
    remember,
    resolve,
    resolved_values,
    shown_reference,
)

PASTED = "sk-" + "pasted0123456789" * 2


def refused(reference: str, resolver: SecretResolver = DEFAULT_RESOLVER) -> InferenceProviderError:
    """Resolve what cannot be, and give the error."""
    with pytest.raises(InferenceProviderError) as caught:
        resolver.resolve(reference)
    assert not caught.value.retryable
    return caught.value


def test_px_05_env_is_read_at_call_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable set after the resolver was made is found, and a rotated value is given the next time."""
    resolver = SecretResolver()
    monkeypatch.setenv("PLAYHEAD_TEST_KEY", "first-value")
    assert resolver.resolve("env:PLAYHEAD_TEST_KEY") == "first-value"
    monkeypatch.setenv("PLAYHEAD_TEST_KEY", "second-value")
    assert resolver.resolve("env:PLAYHEAD_TEST_KEY") == resolve("env:PLAYHEAD_TEST_KEY") == "second-value"


@pytest.mark.parametrize("value", [None, ""])
def test_px_06_missing_variable(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """A variable that is not set, or empty, is named in the error and in nothing but its context."""
    monkeypatch.delenv("PLAYHEAD_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("PLAYHEAD_TEST_KEY", value)
    error = refused("env:PLAYHEAD_TEST_KEY")
    assert error.error_code == KEY_MISSING == "INFERENCE_PROVIDER_KEY_MISSING"
    assert error.context == {"env_var": "PLAYHEAD_TEST_KEY"}
    assert "'PLAYHEAD_TEST_KEY'" in str(error)


@pytest.mark.parametrize(
    "reference",
    ["vault:secret/openai#api_key", "keyring:openai", "op://vault/item/field", "k8s:namespace/secret#field", "aws:x"],
)
def test_px_07_unknown_scheme(reference: str) -> None:
    """A reference that nothing reads is shown as it is, with the schemes that are known."""
    error = refused(reference)
    assert error.error_code == KEY_REFERENCE == "INFERENCE_PROVIDER_KEY_REFERENCE"
    assert error.context == {"api_key_ref": reference}
    assert error.message == f"unsupported key reference {reference!r}"
    assert "['env', 'file']" in str(error)


@pytest.mark.parametrize(
    "reference",
    [
        *(PASTED, f"env:{PASTED}", f"vault:{PASTED}", "AKIAIOSFODNN7EXAMPLEPASTED", "pasted-user:password"),
        *("0123pasted:abc", "pasted", "", ":pasted", "averylongpastedword:rest"),
    ],
)
def test_px_09_a_pasted_key_is_not_shown(reference: str) -> None:
    """What does not look like a reference may be a key, and no part of the error shows it."""
    error = refused(reference)
    assert error.error_code == KEY_REFERENCE
    assert error.context == {"api_key_ref": "***"}
    assert not reference or "pasted" not in (str(error) + repr(error) + repr(error.__dict__)).lower()
    assert error.__cause__ is None
    assert error.__context__ is None


def test_px_07_schemes_are_pluggable() -> None:
    """A user's scheme is added to a new resolver; the old one does not know it."""
    resolver = SecretResolver()
    vault = resolver.with_scheme("vault", lambda place: f"value of {place}")
    assert vault.resolve("vault:secret/openai#api_key") == "value of secret/openai#api_key"
    assert refused("vault:secret/openai#api_key", resolver).error_code == KEY_REFERENCE


@pytest.mark.parametrize("name", ["", "Vault", "1p", "a:b", "va ult"])
def test_a_scheme_has_a_plain_name(name: str) -> None:
    """A name that no reference could have is the caller's mistake."""
    with pytest.raises(UsageError, match="no name for a scheme"):
        SecretResolver().with_scheme(name, str)


def test_errors_of_a_scheme_are_redacted() -> None:
    """A foreign exception becomes one of ours, without what it holds."""

    def read(place: str) -> str:
        raise KeyError(f"{place} {PASTED}")

    error = refused("vault:place", SecretResolver().with_scheme("vault", read))
    assert error.error_code == KEY_MISSING
    assert error.context == {"api_key_ref": "vault:place"}
    assert "KeyError" in str(error)
    assert PASTED not in str(error)
    assert error.__cause__ is error.__context__ is None


def test_errors_of_ours_pass_a_scheme() -> None:
    """A scheme may say itself what is wrong."""
    ours = InferenceProviderError("sealed", error_code="VAULT_SEALED")

    def read(place: str) -> str:
        raise ours

    assert refused("vault:place", SecretResolver().with_scheme("vault", read)) is ours


@pytest.mark.parametrize(("value", "words"), [("", "an empty text"), (None, "NoneType"), (b"x", "bytes")])
def test_a_scheme_must_give_text(value: Any, words: str) -> None:
    """Nothing, an empty text and bytes are no secrets."""
    error = refused("vault:place", SecretResolver().with_scheme("vault", lambda place: value))
    assert error.error_code == KEY_MISSING
    assert words in str(error)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"abc", "abc"), (b"abc\n", "abc"), (b"abc\r\n", "abc"), (b"abc\n\n", "abc\n"), ("é".encode(), "é")],
)
def test_file(tmp_path: Path, content: bytes, expected: str) -> None:
    """A file's text is the secret, without one line end."""
    path = tmp_path / "key"
    path.write_bytes(content)
    assert resolve(f"file:{path}") == expected


def test_file_member(tmp_path: Path) -> None:
    """One member of a JSON file is the secret."""
    path = tmp_path / "keys#1.json"
    path.write_text(json.dumps({"openai": "abc\n", "other": "x"}), "utf-8")
    assert resolve(f"file:{path}#openai") == "abc\n"


def test_file_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde is the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "key").write_text("abc", "utf-8")
    assert resolve("file:~/key") == "abc"


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (None, ""),
        (b"", ""),
        (b"\n", ""),
        (b"\xffpasted", ""),
        (b'{"a": "pasted"}', "#b"),
        (b'{"a": 1, "b": "pasted"}', "#a"),
        (b'["pasted"]', "#a"),
        (b"pasted {", "#a"),
        (b'{"a": ""}', "#a"),
    ],
)
def test_px_09_unusable_file(tmp_path: Path, content: bytes | None, member: str) -> None:
    """A file without the secret is named with what it lacks, and what it holds is shown nowhere."""
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    error = refused(f"file:{path}{member}")
    assert error.error_code == KEY_MISSING
    assert error.context == {"path": str(path), **({"json_key": member[1:]} if member else {})}
    assert "pasted" not in str(error)
    assert error.__context__ is None or isinstance(error.__context__, FileNotFoundError)


def test_folder_as_file(tmp_path: Path) -> None:
    """A path that is no file is the same kind of error, with its cause."""
    error = refused(f"file:{tmp_path}")
    assert error.error_code == KEY_MISSING
    assert isinstance(error.__cause__, OSError)


def test_resolved_values_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value that was given is known to redaction, old ones included, and is shown by no repr."""
    for value in ("remembered-one", "remembered-two"):
        monkeypatch.setenv("PLAYHEAD_TEST_KEY", value)
        resolve("env:PLAYHEAD_TEST_KEY")
    assert {"remembered-one", "remembered-two"} <= resolved_values()
    before = resolved_values()
    resolve("env:PLAYHEAD_TEST_KEY")
    assert resolved_values() is before
    assert "remembered" not in repr(DEFAULT_RESOLVER)
    assert repr(DEFAULT_RESOLVER) == "SecretResolver(schemes=['env', 'file'])"


def test_nothing_is_not_remembered() -> None:
    """An empty text stands everywhere and is no secret."""
    remember("")
    assert "" not in resolved_values()


def test_remembering_from_several_threads() -> None:
    """No value is lost when several threads resolve at once."""
    values = [[f"threaded-{thread}-{n}" for n in range(50)] for thread in range(4)]
    threads = [threading.Thread(target=lambda own=own: list(map(remember, own))) for own in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {value for own in values for value in own} <= resolved_values()


@pytest.mark.parametrize("length", [1, 3, 1000])
def test_ek_07_secret_shows_itself_nowhere(length: int) -> None:
    """A secret of any length is three stars in every way of printing, and is neither pickled nor copied."""
    secret = Secret("k" * length)
    assert repr(secret) == str(secret) == f"{secret}" == "***"
    assert repr({"key": [secret]}) == "{'key': [***]}"
    assert secret.reveal() == "k" * length
    assert not hasattr(secret, "__dict__")
    assert copy.copy(secret) is copy.deepcopy(secret) is secret
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("env:OPENAI_API_KEY", "env:OPENAI_API_KEY"), (PASTED, "***"), ("abc", "***"), ("file:/a/b#c", "file:/a/b#c")],
)
def test_shown_reference(reference: str, expected: str) -> None:
    """References are shown, keys are not."""
    assert shown_reference(reference) == expected


def test_shown_reference_hides_a_remembered_value() -> None:
    """A value that is known to be a secret is not shown, whatever it looks like."""
    remember("plain:remembered/words")
    assert shown_reference("plain:remembered/words") == "***"


class Vault:
    """A user's vault: keeps and gives."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def store(self, key: str, value: str) -> bool:
        """Keep a value."""
        self.kept[key] = value
        return True

    def retrieve(self, key: str) -> str | None:
        """Give a value."""
        return self.kept.get(key)


def test_a_vault_serves_references() -> None:
    """Any object with ``retrieve`` does: by name, by a member of a JSON object, by the whole of the reference."""
    vault = Vault()
    vault.store("openai", "secrets-vault-one")
    vault.store("team/keys", '{"openai": "secrets-vault-two", "number": 3}')
    vault.store("plain#name", "secrets-vault-three")
    resolver = SecretResolver().with_vault(vault)
    assert resolver.resolve("vault:openai") == "secrets-vault-one"
    assert resolver.resolve("vault:team/keys#openai") == "secrets-vault-two"
    assert resolver.resolve("vault:plain#name") == "secrets-vault-three"
    assert {"secrets-vault-one", "secrets-vault-two", "secrets-vault-three"} <= resolved_values()
    for reference in ("vault:none", "vault:team/keys#number", "vault:openai#member"):
        with pytest.raises(InferenceProviderError, match=f"the vault gives no secret for '{reference}'") as caught:
            resolver.resolve(reference)
        assert caught.value.error_code == KEY_MISSING
        assert caught.value.context == {"api_key_ref": reference}


def test_without_a_vault_the_hint_says_how_to_give_one() -> None:
    """A key in a vault is no key that somebody pasted."""
    with pytest.raises(InferenceProviderError, match=r"unsupported .*\nhint: .*SecretResolver\(\).with_vault\(vault\)"):
        resolve("vault:openai")


def test_a_vault_that_fails_is_an_error_of_ours() -> None:
    """Its own text is redacted."""

    class Failing:
        """Fails with what it holds."""

        def retrieve(self, key: str) -> str | None:
            """Fail."""
            raise RuntimeError(f"{key} holds secrets-failing-vault")

    remember("secrets-failing-vault")
    with pytest.raises(InferenceProviderError, match="no secret for 'vault:a': RuntimeError: a holds") as caught:
        SecretResolver().with_vault(Failing()).resolve("vault:a")
    assert "secrets-failing-vault" not in str(caught.value)
