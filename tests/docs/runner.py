"""
Runs the fenced blocks of a page as a reader would: from top to bottom, in one folder.

    cd $(mktemp -d); python -m tests.docs.runner /path/to/page.md

What each language means stands in ``LANGUAGES``; what a comment above a block may say in ``blocks.Note``.
"""

from __future__ import annotations

import configparser
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tomllib
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.docs.blocks import Block, blocks_in
from tests.docs.matching import matches

COMMAND_SECONDS = 60.0
MODULE = "page"


class Fault(Exception):
    """A block does not hold; the text says where and why."""


class Command(NamedTuple):
    """
    One command of a console block.

    Attributes:
        line: What is given to the shell.
        shown: What the page says it prints.
    """

    line: str
    shown: str


class Page:
    """One page being run: the folder it runs in is the current one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.module = types.ModuleType(MODULE)
        self.files: dict[str, str] = {}
        self.printed = ""
        self.code = 0

    def run(self) -> None:
        """
        Run every block.

        Raises:
            Fault: One does not hold.
        """
        # Classes made in a block look their module up.
        sys.modules[MODULE] = self.module
        blocks = list(blocks_in(self.path.read_text(encoding="utf-8")))
        for index, block in enumerate(blocks):
            try:
                self._run(block, blocks[index + 1 :])
            except Exception as error:
                raise Fault(f"{self.path}:{block.line}: {type(error).__name__}: {error}") from error

    def _run(self, block: Block, later: list[Block]) -> None:
        if block.language not in LANGUAGES:
            raise Fault(f"no rule for a block of {block.language!r}; one of {', '.join(LANGUAGES)}")
        reason = block.note("not-run")
        if reason is not None:
            if not reason:
                raise Fault("a block that is not run needs a reason")
            return
        if (name := block.note("file")) is not None:
            self._write(name, block, later)
            return
        if block.note("output") is not None:
            _compare(block.text, self.printed, block.note("differs"))
            return
        LANGUAGES[block.language](self, block)

    def _write(self, name: str, block: Block, later: list[Block]) -> None:
        """Write a block to a file; a Python file must be of use to a later block, or it would never run."""
        if block.language == "python":
            compile(block.text, name, "exec")
            if not any(Path(name).stem in one.text for one in later):
                raise Fault(f"no later block uses the file {name!r}")
        elif block.language in PARSERS:
            PARSERS[block.language](block.text)
        place = Path(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(block.text, encoding="utf-8")

    def run_python(self, block: Block) -> None:
        """Run Python in the page's one namespace and keep what it prints."""
        # Lines are pushed down so that a traceback names the page's own.
        code = compile("\n" * (block.line - 1) + block.text, str(self.path), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, self.module.__dict__)
        self.printed = out.getvalue()

    def run_console(self, block: Block) -> None:
        """
        Run each command and compare what it prints.

        Raises:
            Fault: The output differs, or a command fails without ``$ echo $?`` after it.
        """
        commands = list(commands_in(block.text))
        if not commands:
            raise Fault("a console block needs a line that starts with '$ '")
        for command, following in zip(commands, [*commands[1:], None], strict=True):
            # Each command has a shell of its own; $? is carried over, for pages that show it.
            done = subprocess.run(
                ["bash", "-c", f"(exit {self.code})\n{command.line}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=COMMAND_SECONDS,
                check=False,
            )
            # A shell shows a signal as 128 and its number.
            self.code = done.returncode if done.returncode >= 0 else 128 - done.returncode
            _compare(command.shown, done.stdout.decode(), block.note("differs"), said_by=command.line)
            if self.code and (following is None or following.line != "echo $?"):
                raise Fault(f"{command.line!r} ended with {self.code}, and the page does not show it with 'echo $?'")

    def parse(self, block: Block) -> None:
        """Parse a block in a language that is data."""
        PARSERS[block.language](block.text)

    def leave(self, block: Block) -> None:
        """Leave a block of plain text alone."""


def commands_in(text: str) -> Iterator[Command]:
    """Give the commands of a console block: lines after ``$ ``, with lines after ``> `` going on."""
    line: str | None = None
    shown: list[str] = []
    for one in text.splitlines():
        if one.startswith("$ "):
            if line is not None:
                yield Command(line, "\n".join(shown))
            line, shown = one.removeprefix("$ "), []
        elif line is None:
            raise Fault(f"output before the first command: {one!r}")
        elif one.startswith("> ") and not shown:
            line += "\n" + one.removeprefix("> ")
        else:
            shown.append(one)
    if line is not None:
        yield Command(line, "\n".join(shown))


def _compare(shown: str, printed: str, differs: str | None, *, said_by: str = "the block above") -> None:
    if not matches(shown, printed, differs=differs):
        raise Fault(f"{said_by!r} printed\n{printed}\nand the page shows\n{shown}")


def _parse_yaml(text: str) -> None:
    # PyYAML comes with the benchmarks' dependencies and is none of the tests' own.
    if importlib.util.find_spec("yaml") is not None:
        import yaml  # type: ignore[import-untyped]

        yaml.safe_load(text)


def _parse_lines(text: str) -> None:
    for line in text.splitlines():
        json.loads(line)


PARSERS: Mapping[str, Callable[[str], object]] = {
    "toml": tomllib.loads,
    "json": json.loads,
    "jsonl": _parse_lines,
    "yaml": _parse_yaml,
    "ini": lambda text: configparser.ConfigParser().read_string(text),
}

LANGUAGES: Mapping[str, Callable[[Page, Block], None]] = {
    "python": Page.run_python,
    "console": Page.run_console,
    "text": Page.leave,
    **dict.fromkeys(PARSERS, Page.parse),
}


def main() -> None:
    """Run the page named on the command line, in the current folder."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as Python does for a script of the reader's
    Page(Path(sys.argv[1])).run()


if __name__ == "__main__":
    main()
