"""The request of a recorded call, for a file of another tool."""

from __future__ import annotations

from playhead.core.evidence import Interaction
from playhead.dialects.sending import NO_WIRE, Unwritable, Wired, written
from playhead.interchange.source import Unusable

__all__ = ["NO_WIRE", "Wired", "wired"]


def wired(interaction: Interaction) -> Wired:
    """
    Give the request of a call.

    Raises:
        Unusable: It was not recorded over the wire, or cannot be written any more.
    """
    try:
        return written(interaction)
    except Unwritable as reason:
        raise Unusable(str(reason)) from None
