"""The command line. ``playhead --help`` loads click and nothing heavier; a command loads what it needs."""

from __future__ import annotations

import click

from playhead import __version__
from playhead.cli.group import CommandGroup


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="playhead")
def main() -> None:
    """Record real model calls once; replay them offline, exactly."""
