"""The rule for provider names."""

from __future__ import annotations

import re

from playhead.errors import UsageError

_PROVIDER = re.compile(r"[a-z0-9_][a-z0-9_.:/@-]*\Z")

_LONGEST = 200

DEFAULT_PROVIDER = "default"
"""The name of a provider that was wrapped without one."""

CAPTURED_PROVIDER = "captured"
"""The name that captured calls of functions are recorded under; no provider may have it."""


def check_own_name(name: str) -> str:
    """
    Give the name back if it can stand in evidence, where a system lets its users name providers as they like.

    Raises:
        UsageError: The name is empty, blank at an end, longer than 200 characters, or does not print.
    """
    if not name or name != name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise UsageError(f"provider name {name!r} cannot stand in a recording", hint="up to 200 characters that print")
    return name


def check_provider_name(name: str) -> str:
    """
    Give the name back if it is a stable lower-case id such as ``openai`` or ``local:llama-3``.

    Raises:
        UsageError: The name is empty, has upper-case letters or other characters, or is kept for captured calls.
    """
    if name == CAPTURED_PROVIDER:
        raise UsageError(f"provider name {name!r} is kept for captured calls", hint="name it otherwise")
    if not _PROVIDER.match(name):
        raise UsageError(
            f"provider name {name!r} is not a stable lower-case id",
            hint="lower-case letters, digits and . _ : / @ -, as in 'openai' or 'local:llama-3'",
        )
    return name
