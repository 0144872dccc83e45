"""
Names that announce a credential, and values that look like one.

A name alone is rarely proof: ``token`` is a credential in a header and a piece of text in a list of log
probabilities. So a name has a *strength*, and the weaker the name, the more its value must look issued by a machine.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from playhead.errors import UsageError

MASK = "[REDACTED]"
"""What stands where a credential stood."""

LONGEST_NAME = 64
"""Characters of a name that are looked at, from its end."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,63}\Z")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
_TRAILING = "-_. 0123456789"
_FOLD = {ord(mark): None for mark in "-_. "}
_NO_DIGITS = {ord(digit): None for digit in "0123456789"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Strength(enum.IntEnum):
    """How far a name makes its value a credential."""

    NONE = 0
    WEAK = 1
    """``mistral_key``, or ``key`` in prose: only a value that can be nothing else."""
    LIKELY = 2
    """``token``, ``secret``, ``auth``: a value that mixes letters and digits."""
    SURE = 3
    """``api_key``, ``password``, ``authorization``: any value."""


SURE_NAMES = _words("""
    accesskey accesstoken accountkey apikey apisecret apitoken appsecret authkey authorization authtoken
    bearertoken bottoken clientkey clientsecret consumersecret cookie deploytoken encryptionkey gitlabtoken
    idtoken masterkey passphrase passwd password privatekey privatetoken pwd refreshtoken secretaccesskey
    secretkey secrettoken securitytoken servicekey sessiontoken sharedaccesskey sharedkey sharedsecret
    signingkey signingsecret subscriptionkey vaulttoken webhooksecret
""")
"""Names without their marks (``x-api-key`` ends in ``apikey``) whose value is a credential whatever it looks like."""

LIKELY_NAMES = frozenset({"auth", "bearer", "credential", "credentials", "secret", "token"})
PARAMETER_NAMES = frozenset({"auth", "credential", "key", "secret", "sig", "signature", "token"})
"""Last words of query parameters that carry a credential; in a URL they are no prose."""

_JOINED = ("accesskey", "accesstoken", "apikey", "authtoken", "clientsecret", "passwd", "password", "secretkey")
# Texts for a model, cursors of a list and look-up keys share a last word with credentials.
_NO_TOKEN = _words("""
    begin bos cls continuation csv end eos image mask max min next page pad sep special start stop sync unk
""")
_NO_KEY = _words("""
    cache composite foreign idempotency index lookup object partition primary public row sort unique
""")

ENDINGS = tuple(
    word.encode()
    for word in sorted({"authorization", "cookie", "key", "passphrase", "passwd", "password", "pwd", *LIKELY_NAMES})
)
"""Every name above ends in one of these; the quick check before a search starts from here."""

PARAMETER_ENDINGS = (b"sig", b"signature")
"""Endings that count before ``=`` only: answers of models carry a ``signature`` that is no credential."""


class Names:
    """The built-in names and a user's, which count as sure."""

    __slots__ = ("_extra", "endings", "last_characters")

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra = frozenset(fold_name(check_name(name)) for name in extra)
        ends = {name.translate(_NO_DIGITS) for name in self._extra}
        self.endings = (*ENDINGS, *(end.encode() for end in sorted(ends)))
        lasts = {end[-1:].decode() for end in (*self.endings, *PARAMETER_ENDINGS)}
        self.last_characters = frozenset(lasts | {last.upper() for last in lasts})

    def strength(self, name: str) -> Strength:
        """
        Say how far a header or JSON key makes its value a credential; marks and case do not matter.

        A plain ``key`` names data there (the entries of a cassette have one), and nothing less.
        """
        if fold_name(name) in self._extra:
            return Strength.SURE
        return Strength.NONE if name.lower() == "key" else _strength(name)

    def strength_before(self, words: str, *, quoted: bool) -> Strength:
        """Say the same of the name that ends a piece of text, where it may be two words (``API key``)."""
        name = words.rpartition(" ")[2]
        if quoted and name.lower() == "key":
            return self.strength(name)
        return Strength.SURE if fold_name(name) in self._extra else _strength(words)


def check_name(name: str) -> str:
    """
    Give the name back if it can be a header, a parameter or a key.

    Raises:
        UsageError: It is empty, longer than 64 characters or has characters other than letters, digits and ``_. -``.
    """
    if not _NAME.match(name):
        raise UsageError(
            f"{name!r} cannot be the name of a credential",
            hint="1 to 64 characters: letters, digits, '_', '-', '.' and spaces, starting with a letter or digit",
        )
    return name


def fold_name(name: str) -> str:
    """Fold case and drop the marks between words; a name beyond 64 characters is none of a user's."""
    if len(name) > LONGEST_NAME or not name.isascii():
        return ""
    return name.translate(_FOLD).lower()


def last_words(name: str) -> list[str]:
    """Give the last words of a name in lower case, at most four; ``apiKey2`` has ``api`` and ``key``."""
    end = name[-LONGEST_NAME:].rstrip(_TRAILING)
    if not (end[-1:].isascii() and end[-1:].isalpha()):
        return []
    return [word.lower() for word in _WORD.findall(end)[-4:]]


def _strength(name: str) -> Strength:
    words = last_words(name)
    if not words:
        return Strength.NONE
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if any("".join(words[-count:]) in SURE_NAMES for count in (1, 2, 3)) or last.endswith(_JOINED):
        return Strength.SURE
    if last in LIKELY_NAMES:
        if before in _NO_TOKEN:
            return Strength.NONE
        variable = last in ("secret", "token") and _ENVIRONMENT.match(name.rpartition(" ")[2])
        return Strength.SURE if variable else Strength.LIKELY
    return Strength.WEAK if last == "key" and before not in _NO_KEY else Strength.NONE


def is_parameter(name: str, names: Names) -> bool:
    """Say whether a query parameter of that name carries a credential."""
    words = last_words(name)
    if not words or words[-1] not in PARAMETER_NAMES:
        return names.strength(name) is Strength.SURE
    return words[-1] in ("sig", "signature") or names.strength_before(name, quoted=False) is not Strength.NONE


# --- values

SCHEMES = frozenset({"apikey", "api-key", "basic", "bearer", "key", "token"})
"""First words of an ``Authorization`` header that a single credential follows."""

_REFERENCE = re.compile(r"(?:env:[A-Za-z_][A-Za-z0-9_]*|(?:vault|file|keyring):[A-Za-z0-9_./#@:-]{1,512})\Z")
_TEMPLATE = re.compile(
    r"(?:[A-Za-z]+ )?(?:\$\{[^{}]*\}|\$[A-Z_][A-Z0-9_]*|\$[a-z]+(?:_[a-z]+)+|\$?\{\{?[^{}]*\}\}?|<[^<>]*>"
    r"|\$?\([^()]*\)|%\([^()]*\)s|%s)\Z"
)
_FILLED = re.compile(r"[*\u2022.xX#_-]*\Z")
_NO_VALUES = _words("""
    any api_key apikey auth bool boolean bytes changeme dict empty enabled disabled env environ example
    false getpass hidden input int integer invalid key list masked missing nil none null number object
    omitted optional passwd password placeholder prompt redacted required secret str string text token true
    undefined unknown unset value void
""")
NO_SECRETS = _words("""
    default dummy empty false ignored lm-studio no-key no-key-required none not-needed null ollama placeholder
    sk-no-key-required true undefined unused
""")
"""What people give a server that wants some key (vLLM's ``EMPTY``): no secrets, and words of other texts."""

_ISSUED = re.compile(r"[A-Za-z0-9_\-./+=~:%@!]+\Z")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z0-9]+")
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[A-Za-z]")
_HEX = re.compile(r"[0-9a-f]+\Z|[0-9A-F]+\Z")


def is_masked(text: str) -> bool:
    """Say whether nothing of a credential is left: a mask, a mask after its scheme, asterisks, blanks."""
    rest = text.replace(MASK, "").strip()
    return not rest or not rest.strip("*\u2022") or (MASK in text and rest.lower() in SCHEMES)


def is_reference(text: str) -> bool:
    """Say whether the text names where a secret is kept, as ``env:OPENAI_API_KEY`` does."""
    return _REFERENCE.match(text) is not None


def is_placeholder(text: str) -> bool:
    """Say whether a value in prose or code stands for a credential without being one: ``None``, ``<key>``, ``$KEY``."""
    folded = text.lower()
    return (
        folded in _NO_VALUES
        or folded in NO_SECRETS
        or folded.startswith("your")
        or _FILLED.match(text) is not None
        or _TEMPLATE.match(text) is not None
        or is_reference(text)
        or is_masked(text)
    )


def is_issued(text: str, shortest: int) -> bool:
    """
    Say whether a machine may have issued the text as a credential.

    One unbroken part of at least ``shortest`` characters mixes letters and digits; words, numbers, versions and
    model names (``claude-3-5-sonnet-20241022``) have none.
    """
    if len(text) < shortest or not _ISSUED.match(text) or is_placeholder(text) or _PATH.match(text):
        return False
    return any(len(part) >= shortest and has_both(part) for part in _SEGMENT.findall(text))


def is_random(text: str) -> bool:
    """Say whether the text can hardly be anything but a key: 20 unbroken characters of all three kinds, no digest."""
    if len(text) < 20 or not _ISSUED.match(text):
        return False
    return any(
        len(part) >= 20
        and not _HEX.match(part)
        and has_both(part)
        and ((part.lower() != part and part.upper() != part) or len(part) == 32)
        for part in _SEGMENT.findall(text)
    )


def has_both(text: str) -> bool:
    """Say whether the text has an ASCII letter and an ASCII digit."""
    return _DIGIT.search(text) is not None and _LETTER.search(text) is not None


def is_secret_under(strength: Strength, text: str) -> bool:
    """Say whether the whole value of a JSON key or header of that strength is a credential."""
    if strength is Strength.SURE:
        return not (is_masked(text) or is_reference(text))
    if strength is Strength.LIKELY:
        return is_issued(text, 8)
    return strength is Strength.WEAK and is_random(text)
