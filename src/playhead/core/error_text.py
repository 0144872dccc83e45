"""
Redaction of what a server says when it fails.

Servers quote the credential they refuse, often cut short. An error's text is nobody's evidence, so here anything that
stands where a credential would is masked, where recordings are masked only on what looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from playhead.core.redaction import redact_text
from playhead.core.secret_names import MASK

_PREFIXED = r"(?:sk|gsk|pk|rk)[-_][\w-]{4,}|gh[pousr]_\w{4,}|AIza[\w-]{6,}|xox[bpoa]-[\w-]{4,}|hf_\w{4,}"
_NAMES = r"api[_-]?key|access[_-]?key|secret[_-]?key|authorization|password|passwd|token|secret|auth"
_WORDS = r"(?!(?:tokens?|auth\w*|scheme|is|was|not|required)\b)"
_STANDS_ALONE = re.compile(rf"(?<![\w-])(?:{_PREFIXED})")
_NAMED = re.compile(
    rf"(?i)(?<![a-z0-9])((?:[a-z0-9]+[_-])*(?:{_NAMES})[\"']?\s*[=:]\s*[\"']?|key=)(?!\[REDACTED)([^\s\"'&,;)}}\]]{{4,}})"
)
_CARRIED = re.compile(rf"(?i)\b(bearer\s+){_WORDS}(?!\[REDACTED)([^\s\"',;]{{4,}})")
_FOLLOWING = re.compile(r"(?i)\b((?:token|secret)\s+)((?=[a-z_-]*\d)(?=[\d_-]*[a-z])[\w-]{6,})")


def redact_error_text(text: str, *, values: Collection[str] = ()) -> str:
    """
    Mask every credential in a server's words, and whatever stands in a credential's place.

    Args:
        text: The words.
        values: Known secrets.
    """
    masked = redact_text(text, values=values)
    masked = _STANDS_ALONE.sub(MASK, masked)
    for pattern in (_NAMED, _CARRIED, _FOLLOWING):
        masked = pattern.sub(rf"\g<1>{MASK}", masked)
    return masked
