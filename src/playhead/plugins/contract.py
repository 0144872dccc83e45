"""What a plugin is, and the version of what it may rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from playhead.plugins.registrar import PluginRegistrar

PLUGIN_API_VERSION = 1
"""
The version of the registrar's menu and of the shapes it takes.

One whole number, compared for equality: a plugin names the version it was written for, and any other is refused.
"""


@runtime_checkable
class Plugin(Protocol):
    """
    Any object with these three; no base class.

    Attributes:
        name: A unique lower-case id, such as ``acme``.
        targets_api: The ``PLUGIN_API_VERSION`` it was written for.
    """

    name: str
    targets_api: int

    def register(self, registrar: PluginRegistrar) -> None:
        """
        Call the registrar's menu and nothing else: no I/O, no SDK, no client.

        It is the only method that is called, as often as a registrar is built.
        """
        ...
