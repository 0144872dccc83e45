"""``playhead replay``: answers from a cassette, offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from playhead.cli.describing import failure_line, outcome_json
from playhead.cli.exit_codes import ExitCode
from playhead.cli.output import note, one_line, plural, printable, say, say_json
from playhead.cli.sources import read_source
from playhead.core.model import Completion, Failure, Outcome, Stream, end_of
from playhead.engine.player import Replay
from playhead.engine.takes import Takes
from playhead.errors import CassetteMissing, ReplayRefused, UsageError
from playhead.format.entries import evidence_of, shell_of
from playhead.harness.golden_plan import take_of
from playhead.harness.golden_requests import GoldenRequest, with_defaults
from playhead.harness.opening import use_cassette
from playhead.sessions.network import block_network
from playhead.sessions.session import Session
from playhead.store.cassette import Cassette


@click.command("replay")
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option("-i", "--input", "source", required=True, help="Requests as JSON lines; - is standard input.")
@click.option("--name", help="The provider's name they were recorded under. [default: the only one there is]")
@click.option("--times", default=1, show_default=True, type=click.IntRange(1), help="Ask each request so many times.")
@click.option(
    "--takes",
    default=Takes.SEQUENCE.value,
    show_default=True,
    type=click.Choice([policy.value for policy in Takes]),
    help="The order several takes are played in.",
)
@click.option("--seed", default=0, help="The seed of a shuffle.")
@click.option("--model", help="The model of requests that name none.")
@click.option("--temperature", type=float, help="The temperature of requests that have none.")
@click.option("--max-tokens", type=int, help="The length limit of requests that have none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an answer.")
def command(
    *,
    cassette: Path,
    source: str,
    name: str | None,
    times: int,
    takes: str,
    seed: int,
    as_json: bool,
    **defaults: Any,
) -> None:
    """
    Answer the requests of a file from CASSETTE.

    No provider is called and no key is read. What has no match is explained, and the command ends with 4; recorded
    failures are shown as what they are, and it ends with 1.
    """
    requests = with_defaults(read_source(source), **defaults)
    recording = f"playhead record --extend --input {source} {cassette}"
    opened = use_cassette(cassette, mode="replay", takes=takes, seed=seed, record_command=recording)
    refused = failed = 0
    with block_network(), opened as session:
        if session.cassette is None:
            raise CassetteMissing("there is no such file", path=cassette)
        checked = _name_in(session.cassette, name)
        for index, one in enumerate(requests):
            for answer in _answers(session, one, checked, times):
                if isinstance(answer, ReplayRefused):
                    refused += 1
                else:
                    failed += isinstance(end_of(answer), Failure)
                _show(index, one, answer, as_json=as_json)
        report = session.report()
    if not as_json:
        note(f"{plural(report.played, 'answer')} from {cassette}, {report.tokens_saved:,} tokens not asked for again")
    if refused or failed:
        raise SystemExit(ExitCode.REFUSED if refused else ExitCode.FOUND)


def _name_in(cassette: Cassette, name: str | None) -> str:
    """Give the name asked for, or the only one in the cassette."""
    if name is not None:
        return name
    names = sorted({evidence_of(shell_of(entry.data)).provider for entry in cassette.entries()})
    if len(names) != 1:
        raise UsageError(
            f"{str(cassette.path)!r} has recordings of {', '.join(map(repr, names)) or 'nothing'}",
            hint="say which provider is meant: --name",
        )
    return names[0]


def _answers(session: Session, one: GoldenRequest, name: str, times: int) -> Iterator[Outcome | ReplayRefused]:
    for take in range(times):
        try:
            step = session.begin(take_of(one.request, take), name, stream=one.stream)
        except ReplayRefused as refusal:
            yield refusal
            return
        if isinstance(step, Replay):
            yield step.outcome


def _show(index: int, one: GoldenRequest, answer: Outcome | ReplayRefused, *, as_json: bool) -> None:
    if isinstance(answer, ReplayRefused):
        if as_json:
            differences = list(getattr(answer.evidence, "differences", ()))
            facts = {"refused": answer.error_code, "message": answer.message, "differences": differences}
            say_json({"request": index, "id": one.request.id, **facts})
        note(f"request {index + 1}: {printable(str(answer))}")
        return
    if as_json:
        say_json({"request": index, "id": one.request.id, **outcome_json(answer)})
        return
    say(f"{index + 1}  {one_line(_question(one), 90)}")
    end = end_of(answer)
    text = answer.joined() if isinstance(answer, Stream) else getattr(answer, "text", "")
    for line in printable(text).splitlines():
        say(f"   {line}")
    if isinstance(end, Completion):
        for call in end.tool_calls:
            say(f"   calls {printable(call.name)}({printable(call.arguments)})")
    elif end is not None:
        say(f"   failed: {failure_line(end)}")


def _question(one: GoldenRequest) -> str:
    for message in reversed(one.request.conversation()):
        content = message.get("content")
        if isinstance(content, str):
            return content
    return f"({one.request.family.value})"
