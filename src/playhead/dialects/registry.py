"""Every dialect, and which of them a request is written in."""

from __future__ import annotations

from collections.abc import Mapping

from playhead.dialects import anthropic_messages, openai_chat
from playhead.dialects.dialect import Asked, Dialect

DIALECTS: tuple[Dialect, ...] = (
    *openai_chat.DIALECTS,
    *anthropic_messages.DIALECTS,
)
"""Every dialect; the first that claims a request reads it, so the more special ones of a path stand first."""

BY_NAME: Mapping[tuple[str, str], Dialect] = {(one.provider, one.operation): one for one in DIALECTS}
"""Every dialect by provider and operation, as an interaction names them."""

_AT: Mapping[str, tuple[Dialect, ...]] = {
    "completions": openai_chat.DIALECTS,
    "messages": anthropic_messages.DIALECTS,
    "count_tokens": anthropic_messages.DIALECTS,
}
"""
The dialects by the last word of their paths, in the order of ``DIALECTS``: asking all of them would take longer than
reading the request does.
"""

_ELSEWHERE: tuple[Dialect, ...] = ()
"""The dialects whose paths may end in any word, such as a model's name."""


def find_dialect(asked: Asked) -> Dialect | None:
    """Give the dialect a request is written in, by its path and body; ``None`` where it fits none."""
    last = asked.path.rpartition("/")[2]
    found = _AT.get(last) or _AT.get(last.rpartition(":")[2], _ELSEWHERE)
    for one in found:
        if one.claims(asked):
            return one
    return None
