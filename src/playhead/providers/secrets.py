"""
Secrets by reference: ``env:OPENAI_API_KEY``, ``file:~/.keys.json#openai``, ``vault:openai`` where a vault was given, or
a scheme of the user's own.

A reference may be stored, printed and compared; what it stands for is read when a call is made, and kept only
in a registry that redaction reads. What is given as a reference may be a key that somebody pasted, so one is
shown only where it looks like a reference.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

from playhead.core.redaction import redact_text
from playhead.errors import InferenceProviderError, PlayheadError, UsageError

SecretScheme = Callable[[str], str]
"""Gives the secret for what follows the colon of a reference."""


class Vault(Protocol):
    """What keeps secrets by name, such as ``playhead.providers.vault.DataVault``."""

    def retrieve(self, key: str, /) -> str | None:
        """Give the secret of that name, or ``None`` where there is none for who asks."""
        ...


KEY_MISSING = "INFERENCE_PROVIDER_KEY_MISSING"
KEY_REFERENCE = "INFERENCE_PROVIDER_KEY_REFERENCE"

MASK = "***"

_SCHEME_NAME = re.compile(r"[a-z][a-z0-9+.-]*\Z")
# Short and plain: the random part of the vendors' keys has 16 characters and more, their prefixes a dash or
# an underscore.
_PLAUSIBLE_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9]{1,11}:")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Secret:
    """A value that is only given on request: every way of printing an object that holds it shows ``***``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value; do not keep it in a variable across a call that may raise."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self


class _Registry:
    """The values that must not reach a recording; grows only, and is shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.values: frozenset[str] = frozenset()

    def add(self, value: str) -> None:
        with self._lock:
            # The same set as long as nothing is new, so that a reader can tell by identity.
            if value not in self.values:
                self.values |= {value}

    def __repr__(self) -> str:
        return f"<registry of {len(self.values)} secrets>"


_REMEMBERED = _Registry()


def remember(value: str) -> None:
    """
    Have a value redacted wherever it appears from now on.

    Redaction itself passes over values that are no secrets and would maim ordinary texts: very short ones and the
    placeholders that servers without keys are given.
    """
    if value:
        _REMEMBERED.add(value)


def resolved_values() -> frozenset[str]:
    """Give every value that was remembered in this process, for redaction by value."""
    return _REMEMBERED.values


def shown_reference(reference: str) -> str:
    """Give a reference as it may be shown: itself where it looks like one, else ``***``."""
    if not _PLAUSIBLE_REFERENCE.match(reference):
        return MASK
    return reference if redact_text(reference, values=resolved_values()) == reference else MASK


class SecretResolver:
    """
    Reads secrets by reference; a table of schemes that is never changed in place.

    Args:
        schemes: What reads each scheme's references; ``env`` and ``file`` where it is left out.
    """

    def __init__(self, schemes: Mapping[str, SecretScheme] | None = None) -> None:
        self._schemes = dict(_SCHEMES if schemes is None else schemes)
        for name in self._schemes:
            if not _SCHEME_NAME.match(name):
                raise UsageError(
                    f"{name!r} is no name for a scheme of secrets",
                    hint="a lower-case letter, then lower-case letters, digits, + . or -, without the colon",
                )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(schemes={sorted(self._schemes)!r})"

    def with_scheme(self, name: str, read: SecretScheme) -> SecretResolver:
        """
        Give a resolver that knows one scheme more, or reads one in another way.

        Args:
            name: The scheme, without its colon.
            read: Gives the secret for what follows the colon. It may raise ``InferenceProviderError``
                itself; any other exception becomes one, and its text is redacted.

        Raises:
            UsageError: The name is not a scheme.
        """
        return SecretResolver({**self._schemes, name: read})

    def with_vault(self, vault: Vault) -> SecretResolver:
        """
        Give a resolver that reads ``vault:NAME`` and ``vault:NAME#field`` from a vault.

        Args:
            vault: Any object with ``retrieve(name)``. What it has under ``NAME`` is the secret; with a field it is a
                JSON object, and the secret its member. A secret may also stand under the whole of ``NAME#field``.
        """
        return self.with_scheme("vault", lambda place: _from_vault(vault, place))

    def resolve(self, reference: str) -> str:
        """
        Give the secret a reference stands for, as it is now, and remember it for redaction.

        Raises:
            InferenceProviderError: ``INFERENCE_PROVIDER_KEY_REFERENCE`` where nothing reads such a reference,
                ``INFERENCE_PROVIDER_KEY_MISSING`` where there is no secret at its place.
        """
        scheme, colon, rest = reference.partition(":")
        read = self._schemes.get(scheme) if colon else None
        if read is None:
            hint = f"known schemes are {sorted(self._schemes)!r}; a key itself is no reference"
            if scheme == "vault":
                hint += "; SecretResolver().with_vault(vault) reads this one"
            raise _unsupported(reference, hint)
        value = _read(read, rest, reference)
        remember(value)
        return value


def resolve(reference: str) -> str:
    """
    Give the secret that an ``env:`` or ``file:`` reference stands for, as it is now.

    Raises:
        InferenceProviderError: As ``SecretResolver.resolve`` does.
    """
    return DEFAULT_RESOLVER.resolve(reference)


def _read(read: SecretScheme, rest: str, reference: str) -> str:
    try:
        value: object = read(rest)
    except PlayheadError:
        raise
    except Exception as error:  # noqa: BLE001  a scheme is foreign code
        reason = f"{type(error).__name__}: {redact_text(str(error), values=resolved_values())}"
    else:
        if type(value) is str and value:
            return value
        reason = f"its scheme gave {'an empty text' if value == '' else type(value).__name__}"
    # Raised out here: the scheme's own exception may hold what it read, in its text and in its frames.
    shown = shown_reference(reference)
    raise InferenceProviderError(
        f"no secret for {shown!r}: {reason}", error_code=KEY_MISSING, context={"api_key_ref": shown}
    )


def _unsupported(reference: str, hint: str) -> InferenceProviderError:
    shown = shown_reference(reference)
    return InferenceProviderError(
        f"unsupported key reference {shown!r}",
        error_code=KEY_REFERENCE,
        context={"api_key_ref": shown},
        hint=hint,
    )


def _from_environment(name: str) -> str:
    if not _VARIABLE_NAME.match(name) or redact_text(name, values=resolved_values()) != name:
        raise _unsupported(MASK, "env: is followed by the name of an environment variable, as in env:OPENAI_API_KEY")
    value = os.environ.get(name)
    if not value:
        raise InferenceProviderError(
            f"environment variable {name!r} is not set", error_code=KEY_MISSING, context={"env_var": name}
        )
    return value


def _from_file(place: str) -> str:
    path, hash_sign, key = place.rpartition("#")
    if not hash_sign:
        path, key = place, ""
    facts = {"path": path, "json_key": key} if hash_sign else {"path": path}
    try:
        content = Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        raise InferenceProviderError(
            f"secret file {path!r} cannot be read: {error}", error_code=KEY_MISSING, context=facts
        ) from error
    # Refused outside of any handler: a decoder's exception holds the whole content.
    value = _json_member(content, key) if hash_sign else _one_line_end_less(content)
    if not value:
        lacks = f"has no text under the key {key!r}" if hash_sign else "is empty or not UTF-8"
        raise InferenceProviderError(f"secret file {path!r} {lacks}", error_code=KEY_MISSING, context=facts)
    return value


def _from_vault(vault: Vault, place: str) -> str:
    name, hash_sign, member = place.partition("#")
    held = vault.retrieve(name)
    if not hash_sign:
        found = held
    else:
        found = None if held is None else _json_member(held.encode("utf-8", "surrogatepass"), member)
        found = found or vault.retrieve(place)
    if not found:
        reference = shown_reference(f"vault:{place}")
        raise InferenceProviderError(
            f"the vault gives no secret for {reference!r}", error_code=KEY_MISSING, context={"api_key_ref": reference}
        )
    return found


def _one_line_end_less(content: bytes) -> str | None:
    with suppress(UnicodeDecodeError):
        value = content.decode("utf-8")
        return value.removesuffix("\r\n" if value.endswith("\r\n") else "\n")
    return None


def _json_member(content: bytes, key: str) -> str | None:
    with suppress(ValueError, RecursionError):
        document: object = json.loads(content)
        member = cast("dict[str, object]", document).get(key) if isinstance(document, dict) else None
        return member if isinstance(member, str) else None
    return None


_SCHEMES: Mapping[str, SecretScheme] = {"env": _from_environment, "file": _from_file}

DEFAULT_RESOLVER = SecretResolver()
"""Reads ``env:`` and ``file:``."""
