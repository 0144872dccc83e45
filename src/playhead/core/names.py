"""The rule for provider names."""

from __future__ import annotations

import re

from playhead.errors import UsageError

_PROVIDER = re.compile(r"[a-z0-9_][a-z0-9_.:/@-]*\Z")

DEFAULT_PROVIDER = "default"
"""The name of a provider that was wrapped without one."""


def check_provider_name(name: str) -> str:
    """
    Give the name back if it is a stable lower-case id such as ``openai`` or ``local:llama-3``.

    Raises:
        UsageError: The name is empty, has upper-case letters or other characters.
    """
    if not _PROVIDER.match(name):
        raise UsageError(
            f"provider name {name!r} is not a stable lower-case id",
            hint="lower-case letters, digits and . _ : / @ -, as in 'openai' or 'local:llama-3'",
        )
    return name
