"""``playhead plugins``: what is installed, what it adds, and what is disabled."""

from __future__ import annotations

from typing import Any

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.group import show_problem
from playhead.cli.output import note, one_line, plural, printable, say_json, show_table
from playhead.plugins.discovery import discover_plugins
from playhead.plugins.registrar import DiscoveredPlugin, PluginStatus
from playhead.plugins.settings import TABLE, read_settings

_SHOWN = 3


@click.group("plugins")
def command() -> None:
    """Show the plugins of this installation."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a plugin.")
def list_command(*, as_json: bool) -> None:
    """
    List every plugin that was found, with what it adds and whether it is disabled.

    Ends with 1 where one is broken.
    """
    settings = read_settings()
    found = discover_plugins(settings)
    if as_json:
        for plugin in found:
            say_json(_facts(plugin))
    else:
        _show(found)
    unknown = sorted(set(settings.disabled) - _names(found))
    if unknown and not as_json:
        note(f"in [{TABLE}] disabled, and not installed: {', '.join(map(printable, unknown))}")
    if any(plugin.status is PluginStatus.BROKEN for plugin in found):
        raise SystemExit(ExitCode.FOUND)


def _facts(plugin: DiscoveredPlugin) -> dict[str, Any]:
    return {**plugin._asdict(), "status": plugin.status.value}


def _names(found: tuple[DiscoveredPlugin, ...]) -> set[str]:
    return {name for plugin in found for name in (plugin.name, plugin.entry_point)}


def _show(found: tuple[DiscoveredPlugin, ...]) -> None:
    show_table(
        ("PLUGIN", "STATE", "API", "ORIGIN", "ADDS"),
        [
            (
                one_line(plugin.name, 40),
                f"{plugin.status.value}, core" if plugin.core else plugin.status.value,
                "-" if plugin.targets_api is None else str(plugin.targets_api),
                one_line(plugin.origin, 60),
                one_line(_added(plugin.contributions), 80),
            )
            for plugin in found
        ],
    )
    for plugin in found:
        if plugin.status is PluginStatus.BROKEN:
            hint = f'repair or remove it, or disable it: [{TABLE}] disabled = ["{plugin.entry_point}"]'
            show_problem(printable(plugin.detail), hint)


def _added(contributions: tuple[str, ...]) -> str:
    """Give the contributions in few words: many dialects are only counted."""
    dialects = [one for one in contributions if one.startswith("dialect ")]
    if len(dialects) > _SHOWN:
        contributions = (plural(len(dialects), "dialect"), *(one for one in contributions if one not in dialects))
    return ", ".join(contributions) or "-"
