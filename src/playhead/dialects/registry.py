"""Every dialect, and which of them a request is written in."""

from __future__ import annotations

from collections.abc import Mapping

from playhead.dialects.dialect import Asked, Dialect

DIALECTS: tuple[Dialect, ...] = ()
"""Every dialect; the first that claims a request reads it, so the more special ones of a path stand first."""

BY_NAME: Mapping[tuple[str, str], Dialect] = {(one.provider, one.operation): one for one in DIALECTS}
"""Every dialect by provider and operation, as an interaction names them."""


def find_dialect(asked: Asked) -> Dialect | None:
    """Give the dialect a request is written in, by its path and body; ``None`` where it fits none."""
    return next((one for one in DIALECTS if one.claims(asked)), None)
