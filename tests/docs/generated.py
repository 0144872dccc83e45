"""
What the pages take from the code, between markers ``<!-- table:NAME ARGUMENTS -->`` and ``<!-- /table:NAME -->``.

    python -m tests.docs.generated

A test holds the pages up to date.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

import playhead
from playhead import errors
from playhead.cli.exit_codes import MEANINGS
from playhead.cli.group import COMMANDS
from playhead.core.modes import VCR_NAMES, Mode
from playhead.engine.table import Situation, decide
from playhead.providers.conventions.table import CONVENTIONS
from playhead.sessions.settings import SessionOptions
from tests.docs.blocks import pages

ROOT = Path(__file__).parents[2]
LATEST = ROOT / "benchmarks" / "results" / "latest.json"

MARKED = re.compile(r"(<!-- ((?:table|bench):[a-z-]+)((?: (?!-->)[^ \n]+)*) -->\n)(.*?)(<!-- /\2 -->)", re.DOTALL)


def modes() -> str:
    """Give the one table that decides, as the session reads it."""
    rows = [["mode", "vcrpy's name", *(situation.value for situation in Situation)]]
    for mode in Mode:
        theirs = ", ".join(f"`{name}`" for name, ours in VCR_NAMES.items() if ours is mode)
        theirs = theirs or ("`once`" if mode is Mode.ONCE else "")
        rows.append([f"`{mode.value}`", theirs, *(decide(mode, situation).value for situation in Situation)])
    return table(rows)


def names(*wanted: str) -> str:
    """Give public names, each with the first sentence of its documentation."""
    return table([["name", "meaning"], *([f"`{name}`", _line_of(name)] for name in wanted)])


def _line_of(name: str) -> str:
    value = getattr(playhead, name)
    real = getattr(value, "__name__", name)
    return f"`{real}` under another name." if real != name else first_sentence(value)


def first_sentence(value: object) -> str:
    """Give the first sentence of an object's documentation."""
    text = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
    return text.replace("``", "`").split(". ")[0].rstrip(".") + "."


def first_clause(value: object) -> str:
    """Give the first sentence up to its first colon or semicolon."""
    return re.split("[:;] ", first_sentence(value))[0].rstrip(".") + "."


def error_tree() -> str:
    """Give the tree of errors, drawn."""
    lines = [[f"{'  ' * depth}{cls.__name__}", first_clause(cls)] for depth, cls in _tree(errors.PlayheadError)]
    width = max(len(name) for name, _ in lines) + 2
    return "\n".join(["```text", *(f"{name:<{width}}{meaning}" for name, meaning in lines), "```"])


def error_codes() -> str:
    """Give each error's code, whether a retry may help, and what it carries."""
    rows = [["class", "`error_code`", "`retryable`", "carries"]]
    for _, cls in _tree(errors.PlayheadError):
        carried = ", ".join(f"`.{name}`" for name in documented_attributes(cls))
        rows.append([f"`{cls.__name__}`", f"`{cls.default_code}`", str(cls.default_retryable).lower(), carried])
    return table(rows)


def _tree(cls: type[errors.PlayheadError], depth: int = 0) -> Iterator[tuple[int, type[errors.PlayheadError]]]:
    yield depth, cls
    order = list(vars(errors).values())
    for below in sorted((one for one in cls.__subclasses__() if one.__module__ == errors.__name__), key=order.index):
        yield from _tree(below, depth + 1)


def documented_attributes(cls: type[Any]) -> dict[str, str]:
    """Give the ``Attributes:`` section of a class, by name."""
    _, _, section = (inspect.cleandoc(cls.__doc__ or "")).partition("Attributes:\n")
    found: dict[str, str] = {}
    for line in section.splitlines():
        start = re.match(r" {4}(\w+): (.*)", line)
        if start is not None:
            name = start.group(1)
            found[name] = start.group(2)
        elif line.startswith(" " * 8) and found:
            found[name] += " " + line.strip()
        else:
            break
    return found


def conventions() -> str:
    """Give how providers are called, with the methods that are recorded."""
    rows = [["convention", "methods", "awaited"]]
    for convention in CONVENTIONS.values():
        methods = ", ".join(f"`{verb.name}`" for verb in convention.verbs)
        rows.append([f"`{convention.name}`", methods, "yes" if convention.asynchronous else "no"])
    return table(rows)


def settings() -> str:
    """Give the options of a session with their defaults."""
    said = documented_attributes(SessionOptions)
    rows = [
        [f"`{field.name}`", _default(field.default), said[field.name].replace("``", "`")]
        for field in msgspec.structs.fields(SessionOptions)
    ]
    return table([["option", "default", "meaning"], *rows])


def _default(value: object) -> str:
    plain = isinstance(value, (str, int, float, bool, tuple)) or value is None
    return f"`{str(value)!r}`" if isinstance(value, str) else f"`{value!r}`" if plain else "the built-in one"


def options(command: str) -> str:
    """Give a command's arguments and options as its help says them."""
    with click.Context(_command(command), info_name=command) as context:
        rows = [["argument or option", "default", "meaning"]]
        for parameter in context.command.get_params(context):
            if isinstance(parameter, click.Option):
                shown = ", ".join(f"`{name}`" for name in parameter.opts)
                rows.append([shown, _option_default(parameter), _option_help(parameter)])
            else:
                rows.append([f"`{parameter.human_readable_name}`", "", "any number" if parameter.nargs < 0 else ""])
    return table([row for row in rows if "`--help`" not in row[0]])


def _option_default(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if option.required:
        return "required"
    return f"`{option.default}`" if option.show_default else ""


def _option_help(option: click.Option) -> str:
    text = option.help or ""
    return f"{text} One of {', '.join(option.type.choices)}." if isinstance(option.type, click.Choice) else text


def _command(name: str) -> click.Command:
    from playhead.cli import main

    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


def commands() -> str:
    """Give every command with its line of help."""
    rows = [["command", "what it does"], *([f"[`{name}`](#{name})", text] for name, text in COMMANDS.items())]
    return table(rows)


def exit_codes() -> str:
    """Give every exit code with its meaning."""
    return table([["code", "meaning"], *([str(int(code)), meaning] for code, meaning in MEANINGS.items())])


HIGHLIGHTS = (
    ("open a cassette of 1,000 calls, get the first answer", "wire_opening", "N = 1,000"),
    ("replay one call of 1,000", "wire_replaying", "N = 1,000"),
    ("record one call of 1,000, with the save", "wire_recording", "N = 1,000"),
    ("what a marked test costs more than a mocked one", "plugin", "a test, over the mock"),
    ("size of a streamed call, 59 KB of events", "wire_size", "100 streams of 59 KB"),
    ("size of a vector of 1,536 numbers", "wire_size", "100 calls for a vector of 1,536"),
    ("100 calls replayed in another order, by default", "wire_order", "100 calls in another order"),
    ("60 calls from 8 threads, by default", "wire_order", "60 calls from 8 threads"),
    ("killed after 50 recorded calls: what is left", "wire_order", "killed after 50 recorded calls"),
)
"""What the first page shows of the benchmarks: in words, the measure and the case."""

CONTENDERS = (
    ("Playhead", ("Playhead",)),
    ("vcrpy, pytest-recording", ("vcrpy YAML", "pytest-recording")),
    ("cassetter", ("cassetter",)),
    ("no recorder", ("limit: MockTransport", "no recorder: MockTransport alone")),
)
"""The columns, each with the names it has among the measures."""


def _shown(value: float, unit: str) -> str:
    if unit == "wrong":
        return f"{value:.0f} wrong"
    for small, large in (("us", "ms"), ("bytes", "KB")):
        if unit == small:
            return f"{value / 1000:,.{0 if value >= 100_000 else 2}f} {large}"
    return f"{value:.0f} {unit}"


def bench_summary() -> str:
    """Give a few figures of the last benchmark run beside its peers', nothing where there was none."""
    if not LATEST.exists():
        return ""
    document = msgspec.json.decode(LATEST.read_bytes())
    rows = [["", *(title for title, _ in CONTENDERS)]]
    for words, measure, case in HIGHLIGHTS:
        found = {
            row["contender"]: _shown(row["median"], row["unit"])
            for one in document["measures"]
            if one["name"] == measure
            for row in one["rows"]
            if row["case"] == case and "median" in row
        }
        rows.append([words, *(next((found[n] for n in names if n in found), "") for _, names in CONTENDERS)])
    machine = document["machine"]
    facts = ", ".join(
        f"{name} {machine.get(name)}" for name in ("date", "cpu", "cores", "python", "vcrpy", "cassetter")
    )
    missed = sum(bar["state"] == "NOT MET" for bar in document["bars"])
    met = sum(bar["state"] == "met" for bar in document["bars"])
    said = (
        f"Medians of one run ({facts}).\nOf the figures wanted, {met} are met and {missed} are not: all of them are in"
    )
    return f"\n{table(rows)}\n\n{said} [benchmarks](docs/reference/benchmarks.md).\n\n"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Write rows as a Markdown table, the first as its head."""
    head, *rest = [["" if cell is None else cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rest])


SOURCES: Mapping[str, Callable[..., str]] = {
    "table:modes": modes,
    "table:names": names,
    "table:error-tree": error_tree,
    "table:conventions": conventions,
    "table:error-codes": error_codes,
    "table:settings": settings,
    "table:options": options,
    "table:commands": commands,
    "table:exit-codes": exit_codes,
    "bench:summary": bench_summary,
}


def filled(text: str) -> str:
    """Give a page with everything between its markers as the code says it now."""

    def fill(found: re.Match[str]) -> str:
        start, name, arguments, _, end = found.groups()
        content = SOURCES[name](*arguments.split())
        return f"{start}{content}\n{end}" if content else f"{start}{end}"

    return MARKED.sub(fill, text)


def main() -> None:
    """Write every page anew."""
    for page in pages(ROOT):
        text = page.read_text(encoding="utf-8")
        new = filled(text)
        if new != text:
            page.write_text(new, encoding="utf-8")
            print(page.relative_to(ROOT))


if __name__ == "__main__":
    main()
