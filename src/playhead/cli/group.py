"""The command group: commands loaded when they are run, errors shown without a traceback, one set of exit codes."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from types import ModuleType
from typing import Any, cast

import click

from playhead.cli.exit_codes import MEANINGS, ExitCode, exit_code_of
from playhead.errors import PlayheadError

DEBUG_VARIABLE = "PLAYHEAD_DEBUG"

COMMANDS = {
    "demo": "Record from a real model server, shut the network, replay, and prove that nothing differs.",
    "record": "Record a golden cassette: every request of a file, several takes each.",
    "replay": "Answer requests from a cassette, offline.",
    "show": "Show the conversations in a cassette.",
    "ls": "List cassettes.",
    "stats": "Show what a cassette holds, in numbers.",
    "stability": "Show how alike the takes of each request are.",
    "diff": "Compare a fresh recording with a golden, call by call.",
    "refresh": "Make a golden's calls again, and seal it anew with the answers that are accepted.",
    "verify": "Check cassettes in every byte.",
    "recover": "Save what is whole in damaged cassettes and left journals.",
    "convert": "Write a cassette as text for reviews, or compressed again.",
    "scan": "Look for credentials in cassettes and journals.",
    "import": "Make cassettes of recordings of other tools.",
    "convert-vcr": "Convert a tree of vcrpy's cassettes, and tell what changes.",
    "export": "Write a cassette for other tools.",
    "serve": "Serve cassettes to clients in any language, and record for them.",
    "prune": "Remove cassettes that no test claims.",
    "models": "List the models of a backend.",
    "plugins": "Show which plugins are installed and what they add.",
}
"""Every command with its line of help; each lives in the module of its name, which ``--help`` does not load."""


class CommandGroup(click.Group):
    """A group that knows its commands by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the commands in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        return cast("click.Command", _module(cmd_name).command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands' lines without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write what the exit codes mean."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.value), meaning) for code, meaning in MEANINGS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn what stops it into a message and an exit code."""
        _never_fail_to_print()
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except PlayheadError as error:
            if os.environ.get(DEBUG_VARIABLE) == "1":
                raise
            show_error(error)
            ctx.exit(exit_code_of(error))
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(ExitCode.INTERRUPTED)
        except BrokenPipeError:
            _forget_stdout()
            ctx.exit(ExitCode.BROKEN_PIPE)
        return result


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"playhead.cli.{command.replace('-', '_')}")


def show_error(error: PlayheadError) -> None:
    """Print an error of ours as people read it: what is wrong, then what to do next."""
    show_problem(error.message, error.hint)


def show_problem(message: str, hint: str | None) -> None:
    """Print what is wrong with a part of what was asked, as a whole error is printed."""
    click.echo(f"{paint('error:', fg='red')} {message}", err=True)
    if hint is not None:
        click.echo(f"{paint('hint:', fg='cyan')} {hint}", err=True)


def paint(text: str, **style: Any) -> str:
    """Colour a text, unless the user wants none; click leaves colours out where the output is no terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def _never_fail_to_print() -> None:
    # Recorded text may hold lone surrogates, or what a terminal's encoding has no character for.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_stdout() -> None:
    # The interpreter flushes standard output once more at its end, and would complain then.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
