"""
Secrets in one encrypted file (extra ``vault``).

    vault = DataVault("~/.acme/keys.vault", key="env:ACME_VAULT_KEY")
    vault.store("openai", "...")
    AsyncVendorProvider("openai", api_key_ref="vault:openai", secrets=SecretResolver().with_vault(vault))

Everything but the format's number and the mark of the key is encrypted: names and levels too.
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from filelock import FileLock, Timeout

from playhead.errors import InferenceProviderError, MissingDependencyError, UsageError
from playhead.providers.secrets import DEFAULT_RESOLVER, Secret, SecretResolver, remember

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

VAULT_UNREADABLE = "VAULT_UNREADABLE"

_FORMAT = 1
_LOCK_TIMEOUT = 10.0
# Enough to see who asked for what in a test or a session, and no leak in a long-lived server.
_LOG_LENGTH = 1000
_LOGGER = logging.getLogger("playhead.vault")


class AccessLevel(enum.StrEnum):
    """Who may read a value: whoever has its level or one further down this list."""

    PUBLIC = "public"
    STANDARD = "standard"
    ELEVATED = "elevated"
    ADMIN = "admin"


_RANK = {level: rank for rank, level in enumerate(AccessLevel)}


class Access(NamedTuple):
    """
    One line of the access log; a value never is in it.

    Attributes:
        at: Seconds since the epoch.
        action: ``store`` or ``retrieve``.
        key: The value's name.
        level: The level it was stored with, or asked for with.
        granted: Whether the value was stored or given.
    """

    at: float
    action: str
    key: str
    level: str
    granted: bool


class _Held(msgspec.Struct, frozen=True):
    value: str
    level: AccessLevel


class _Envelope(msgspec.Struct, frozen=True):
    vault: int
    key_mark: str
    data: str


_held = msgspec.json.Decoder(dict[str, _Held])
_envelope = msgspec.json.Decoder(_Envelope)


class DataVault:
    """
    Values by name in an encrypted file that only its owner may read; several threads and processes may share one.

    Args:
        path: The file; it is made by the first ``store``.
        key: The file's key (``DataVault.new_key()`` makes one), or where it is found: ``env:NAME``, ``file:PATH``; a
            reference is read for every use.
        secrets: What reads the key's reference.
        clock: Seconds since the epoch, for the access log.

    Raises:
        MissingDependencyError: cryptography is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        key: str,
        secrets: SecretResolver = DEFAULT_RESOLVER,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path).expanduser()
        self._key = Secret(key)
        del key
        self._secrets = secrets
        self._clock = clock
        self._log: deque[Access] = deque(maxlen=_LOG_LENGTH)
        _cryptography()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._path)!r})"

    @staticmethod
    def new_key() -> str:
        """
        Make a key at random: 32 bytes in URL-safe base64.

        Raises:
            MissingDependencyError: cryptography is not installed.
        """
        return str(_cryptography().Fernet.generate_key(), "ascii")

    @property
    def access_log(self) -> tuple[Access, ...]:
        """What was stored and asked for since the vault was opened here, the last 1000 accesses."""
        return tuple(self._log)

    def store(self, key: str, value: str, access_level: str = AccessLevel.STANDARD) -> bool:
        """
        Keep a value; one of that name before it is replaced.

        Args:
            key: Its name.
            value: The value.
            access_level: Who may read it: ``public``, ``standard``, ``elevated`` or ``admin``.

        Returns:
            ``True``, once the file is on the disk.

        Raises:
            UsageError: The level is unknown, or the name or the value empty.
            InferenceProviderError: The file cannot be read with this key, or cannot be written.
        """
        level = _level(access_level)
        if not key or not value:
            raise UsageError("a vault keeps a value under a name, and neither may be empty")
        remember(value)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCK_TIMEOUT, mode=0o600):
                held = self._read()
                held[key] = _Held(value, level)
                self._write(held)
        except (OSError, Timeout) as error:
            raise _unreadable(f"vault {str(self._path)!r} cannot be written: {error}") from error
        self._note("store", key, level, granted=True)
        return True

    def retrieve(self, key: str, requester_level: str = AccessLevel.STANDARD) -> str | None:
        """
        Give a value, which is redacted from then on.

        Args:
            key: Its name.
            requester_level: The level of who asks.

        Returns:
            The value; ``None`` where there is none, or it asks for a higher level.

        Raises:
            UsageError: The level is unknown.
            InferenceProviderError: The file cannot be read with this key.
        """
        level = _level(requester_level)
        found = self._read().get(key)
        granted = found is not None and _RANK[level] >= _RANK[found.level]
        self._note("retrieve", key, level, granted=granted)
        if found is None or not granted:
            return None
        remember(found.value)
        return found.value

    def _note(self, action: str, key: str, level: AccessLevel, *, granted: bool) -> None:
        access = Access(self._clock(), action, key, str(level), granted)
        self._log.append(access)
        _LOGGER.info("%s of %r as %s: %s", action, key, level, "granted" if granted else "refused")

    def _fernet(self) -> tuple[Fernet, str]:
        given = self._key.reveal()
        key = self._secrets.resolve(given) if ":" in given else given
        try:
            fernet = _cryptography().Fernet(key)
        except ValueError:
            fernet = None
        if fernet is None:
            raise UsageError(
                "the key of a vault is 32 bytes in URL-safe base64, or a reference to them", hint="DataVault.new_key()"
            )
        remember(key)
        # Of random bytes, so that it says nothing about them; it tells a wrong key from a damaged file.
        return fernet, hashlib.sha256(key.encode()).hexdigest()[:8]

    def _read(self) -> dict[str, _Held]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unreadable(f"vault {str(self._path)!r} cannot be read: {error}") from error
        return self._opened(content)

    def _opened(self, content: bytes) -> dict[str, _Held]:
        fernet, mark = self._fernet()
        envelope = _decoded(_envelope, content)
        if envelope is None:
            raise _unreadable(f"file {str(self._path)!r} is no vault, or damaged")
        if envelope.vault != _FORMAT:
            raise _unreadable(f"vault {str(self._path)!r} is of format {envelope.vault}, and {_FORMAT} is known here")
        if envelope.key_mark != mark:
            raise _unreadable(f"vault {str(self._path)!r} is locked with another key")
        plain = None
        with contextlib.suppress(_cryptography().InvalidToken, UnicodeEncodeError):
            plain = fernet.decrypt(envelope.data)
        held: dict[str, _Held] | None = None if plain is None else _decoded(_held, plain)
        if held is None:
            raise _unreadable(f"vault {str(self._path)!r} is damaged")
        return held

    def _write(self, held: dict[str, _Held]) -> None:
        fernet, mark = self._fernet()
        data = fernet.encrypt(msgspec.json.encode(held)).decode("ascii")
        content = json.dumps({"vault": _FORMAT, "key_mark": mark, "data": data}).encode() + b"\n"
        beside = self._path.with_name(f".{self._path.name}.{token_hex(8)}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)


def _decoded(decoder: msgspec.json.Decoder[Any], content: bytes) -> Any:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decoder.decode(content)
    return None


def _level(name: str) -> AccessLevel:
    try:
        return AccessLevel(name)
    except ValueError:
        raise UsageError(f"unknown access level {name!r}", hint=f"one of {', '.join(AccessLevel)}") from None


def _unreadable(message: str) -> InferenceProviderError:
    return InferenceProviderError(message, error_code=VAULT_UNREADABLE)


def _cryptography() -> Any:
    try:
        from cryptography import fernet
    except ImportError:
        raise MissingDependencyError("cryptography", extra_name="vault", purpose="a vault") from None
    return fernet
