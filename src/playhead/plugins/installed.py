"""The plugins of this process, found once: for the wire seam, which asks for their dialects when nothing else fits."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from playhead.dialects.dialect import Dialect
from playhead.dialects.registry import BY_NAME
from playhead.wire.further import FURTHER

if TYPE_CHECKING:
    from playhead.plugins.registrar import PluginRegistrar


class InstalledPlugins:
    """Scans the entry points when it is first asked, and remembers what it found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dialects: tuple[Dialect, ...] | None = None

    def dialects(self) -> tuple[Dialect, ...]:
        """
        Give the dialects of plugins that are not Playhead's own.

        Raises:
            PluginError: A plugin is broken, of another version or in conflict with another.
            UsageError: ``[tool.playhead.plugins]`` makes no sense.
        """
        with self._lock:
            if self._dialects is None:
                # Imported by whoever looks for plugins: opening a session does not.
                discovery = importlib.import_module("playhead.plugins.discovery")
                registrar: PluginRegistrar = discovery.build_registrar()
                self._dialects = _further(registrar.dialects)
            return self._dialects


def _further(dialects: Mapping[tuple[str, str], Dialect]) -> tuple[Dialect, ...]:
    return tuple(dialect for key, dialect in dialects.items() if key not in BY_NAME)


INSTALLED = InstalledPlugins()
"""Those of this process."""


def offer_installed_dialects() -> None:
    """Let the wire seam ask for the dialects of installed plugins; nothing is looked for yet."""
    FURTHER.offer(INSTALLED.dialects)
