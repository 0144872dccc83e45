"""``playhead refresh``: a golden's calls made again, and the golden sealed anew with the answers that are accepted."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from playhead.cli.exit_codes import ExitCode
from playhead.cli.output import is_terminal, note, one_line, plural, say, say_json
from playhead.cli.refresh_deciding import Decide, ask, by_grade, read_grades
from playhead.cli.refresh_ways import Names, read_ways
from playhead.core.redaction import DEFAULT
from playhead.engine.comparison import Grade
from playhead.errors import UsageError
from playhead.harness.comparison import Comparison
from playhead.harness.drift_page import write_page
from playhead.harness.drift_report import MAX_WORDED, asked_json, row_json, summary_of
from playhead.harness.refresh_budget import Budget, check_budget, parse_budget
from playhead.harness.refresh_plan import RefreshPlan, Selection, Ways, plan_refresh
from playhead.harness.refresh_staging import (
    Candidate,
    Staging,
    answered,
    candidates,
    discard,
    read_chosen,
    settle,
    staging_of,
)
from playhead.harness.refreshing import Progress, Refreshed, accept, make_calls
from playhead.sessions.clock import SYSTEM_CLOCK, utc_date
from playhead.store.cassette import Cassette, open_cassette
from playhead.store.files import check_target

MAX_SHOWN = 10


@click.command("refresh")
@click.argument("golden", type=click.Path(path_type=Path))
@click.option(
    "--only",
    multiple=True,
    help="Only calls with this: a fingerprint's beginning, a provider, a model, or a part of the question. Repeatable.",
)
@click.option("--older-than", type=click.IntRange(0), help="Only calls that were recorded more than so many days ago.")
@click.option(
    "--provider",
    "providers",
    multiple=True,
    help="NAME=KIND: what answers the calls recorded at the provider seam as NAME; kinds as for record. Repeatable.",
)
@click.option("--base-url", "base_urls", multiple=True, help="NAME=URL: that provider's server. Repeatable.")
@click.option(
    "--key-ref",
    "key_refs",
    multiple=True,
    help="NAME=env:VARIABLE, NAME=file:PATH or NAME=none: where that provider's key is found. Repeatable.",
)
@click.option("--allow-host", "allowed", multiple=True, help="A host that keys may go to, beside the vendors' own.")
@click.option("--budget", "amount", help="Stop before it is passed: 2.50 (US dollars) or 20000tokens.")
@click.option("--concurrency", default=1, show_default=True, type=click.IntRange(1), help="Calls at a time.")
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Make the calls without asking.")
@click.option("--resume", is_flag=True, help="Go on with the refresh that was begun: its calls, and its answers.")
@click.option("--discard", "throw_away", is_flag=True, help="Throw away the answers of a refresh that was begun.")
@click.option("--accept-all", is_flag=True, help="Accept every answer.")
@click.option("--accept", "grades", help="Accept answers of these grades, as in identical,reworded; reject the others.")
@click.option("--ask", "asking", is_flag=True, help="Ask for each answer, even where the input is no terminal.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a report of what differs, one file.")
@click.option("--json", "as_values", is_flag=True, help="Print one JSON object.")
def command(
    *,
    golden: Path,
    only: tuple[str, ...],
    older_than: int | None,
    amount: str | None,
    concurrency: int,
    plan_only: bool,
    yes: bool,
    resume: bool,
    throw_away: bool,
    accept_all: bool,
    grades: str | None,
    asking: bool,
    page: Path | None,
    as_values: bool,
    **ways: tuple[str, ...],
) -> None:
    """
    Make the calls in GOLDEN again, show what differs, and seal it anew with the answers that are accepted.

    The plan comes first. Answers wait in a cassette beside the golden, which is not touched until some are accepted;
    calls that are not chosen, rejected or not made stay as they are. Without a terminal, and without --accept-all or
    --accept, the answers wait: --resume goes on.
    """
    decide = _decision(accept_all=accept_all, grades=grades, asking=asking, as_values=as_values)
    budget = None if amount is None else parse_budget(amount)
    opened = open_cassette(golden)
    check_target(golden)
    staging = staging_of(golden)
    selection = _selection(opened, staging, only, older_than, resume=resume, throw_away=throw_away)
    with ExitStack() as stack:
        how = read_ways(Names(opened), **ways)
        for provider in how.providers.values():
            close = getattr(provider, "close", None)
            if callable(close):
                stack.callback(close)
        plan = _plan(opened, how, selection, staging, resume=resume)
        if not as_values:
            _show_plan(plan)
        if budget is not None and plan.waiting:
            check_budget(budget, plan)
        if plan_only:
            if as_values:
                say_json({"plan": _plan_json(plan)})
            return
        done = _make(opened, plan, how, budget, concurrency=concurrency, yes=yes, as_values=as_values)
    _finish(opened, plan, staging, done, decide, page=page, as_values=as_values)


def _decision(*, accept_all: bool, grades: str | None, asking: bool, as_values: bool) -> Decide | None:
    if accept_all + (grades is not None) + asking > 1:
        raise UsageError("--accept-all, --accept and --ask exclude each other")
    if asking and as_values:
        raise UsageError("--ask and --json exclude each other")
    if accept_all:
        return by_grade(frozenset(Grade))
    if grades is not None:
        return by_grade(read_grades(grades))
    return ask if asking or (not as_values and is_terminal() and sys.stdin.isatty()) else None


def _selection(
    golden: Cassette,
    staging: Staging,
    only: tuple[str, ...],
    older_than: int | None,
    *,
    resume: bool,
    throw_away: bool,
) -> Selection:
    if resume and throw_away:
        raise UsageError("--resume and --discard exclude each other")
    if throw_away:
        discard(staging)
    if resume:
        if only or older_than is not None:
            raise UsageError("--resume goes on with the calls that were chosen: leave --only and --older-than out")
        places = read_chosen(staging, golden)
        settle(staging, golden, DEFAULT)
        return Selection(places=places)
    if staging.is_there:
        raise UsageError(
            f"a refresh of {str(golden.path)!r} was begun before",
            context={"path": str(staging.cassette)},
            hint="--resume goes on with it, --discard throws its answers away",
        )
    return Selection(only=only, older_than=older_than)


def _plan(golden: Cassette, ways: Ways, selection: Selection, staging: Staging, *, resume: bool) -> RefreshPlan:
    today = datetime.date.fromisoformat(utc_date(SYSTEM_CLOCK.wall_ns()))
    return plan_refresh(golden, ways, selection, today=today, answered=answered(staging) if resume else None)


def _show_plan(plan: RefreshPlan) -> None:
    there = len(plan.targets) - len(plan.waiting)
    say(f"{plural(len(plan.waiting), 'call')} of {plan.calls:,} in {plan.golden} to make again")
    if there:
        say(f"  {there:,} more were made before")
    if plan.waiting:
        unknown = f", not counting {plural(plan.unknown, 'call')} without counts" if plan.unknown else ""
        say(f"  some {plural(plan.tokens, 'token')}{unknown}")
    if plan.price is not None:
        unpriced = f", not counting {plural(plan.unpriced, 'call')} without a price" if plan.unpriced else ""
        say(f"  some {_dollars(plan.price)} at today's prices{unpriced}")
    for name in sorted({target.asked.provider for target in plan.waiting}):
        models = sorted({target.asked.model for target in plan.waiting if target.asked.provider == name} - {""})
        say(f"  {name}: {one_line(', '.join(models) or 'its own model', 100)}")
    if plan.hosts:
        say(f"  over HTTP to {one_line(', '.join(plan.hosts), 200)}")
    if plan.left:
        say(f"{plural(len(plan.left), 'call')} cannot be made again:")
        for left in plan.left[:MAX_SHOWN]:
            say(f"  {left.asked.call[:12]} take {left.asked.take}: {one_line(left.reason, 160)}")
        if len(plan.left) > MAX_SHOWN:
            say(f"  and {len(plan.left) - MAX_SHOWN:,} more; --json lists them")


def _make(
    golden: Cassette,
    plan: RefreshPlan,
    ways: Ways,
    budget: Budget | None,
    *,
    concurrency: int,
    yes: bool,
    as_values: bool,
) -> Refreshed | None:
    """Make the calls that wait; ``None`` where there is none to make."""
    if not plan.waiting:
        return None
    if not yes and not (sys.stdin.isatty() and is_terminal() and not as_values):
        raise UsageError("there is nobody to ask whether to make these calls", hint="--yes makes them, --plan does not")
    if not yes and not click.confirm("make them?"):
        raise SystemExit(ExitCode.OK)
    try:
        return make_calls(
            golden,
            plan,
            ways,
            budget=budget,
            concurrency=concurrency,
            on_progress=_progress,
            on_stop=lambda: note("stopping: calls on their way are waited for; Ctrl-C once more leaves them"),
        )
    except KeyboardInterrupt:
        note("what was answered waits beside the golden, which is as it was; --resume goes on")
        raise


def _progress(progress: Progress) -> None:
    if sys.stderr.isatty():
        failed = f", {progress.failed:,} failed" if progress.failed else ""
        ended = "\n" if progress.done == progress.wanted else ""
        click.echo(f"\r{progress.done:,} of {progress.wanted:,}{failed}{ended}", err=True, nl=False)


def _finish(
    golden: Cassette,
    plan: RefreshPlan,
    staging: Staging,
    done: Refreshed | None,
    decide: Decide | None,
    *,
    page: Path | None,
    as_values: bool,
) -> None:
    found = candidates(golden, plan, staging)
    offered, failed = [one for one in found if not one.failed], [one for one in found if one.failed]
    rows = sorted((one.row for one in found), key=lambda row: -row.grade)
    comparison = Comparison(plan.golden, str(staging.cassette), tuple(rows))
    if page is not None:
        write_page(comparison, page)
    if not as_values and found:
        say(summary_of(comparison).replace(" in both", " made again"))
    accepted = [] if decide is None else decide(offered)
    written = False
    if decide is not None and accepted is not None and offered:
        written = accept(golden, plan, accepted) is not None
    facts: dict[str, Any] = {
        "made": 0 if done is None else done.made,
        "accepted": len(accepted or ()),
        "rejected": len(offered) - len(accepted or ()) if decide is not None and accepted is not None else 0,
        "failed": len(failed),
        "unmade": 0 if done is None else done.unmade,
        "unmakable": len(plan.left),
        "tokens": 0 if done is None else done.purse.tokens,
        "dollars": None if done is None or not done.purse.dollars else str(done.purse.dollars),
        "written": written,
        "waiting": str(staging.cassette) if staging.is_there else None,
    }
    if as_values:
        say_json({"plan": _plan_json(plan), "calls": _calls_json(found, accepted or []), **facts})
    else:
        _show_end(plan, facts, failed, decided=decide is not None and accepted is not None)
    if failed or facts["unmade"] or plan.left:
        raise SystemExit(ExitCode.FOUND)


def _show_end(plan: RefreshPlan, facts: dict[str, Any], failed: Sequence[Candidate], *, decided: bool) -> None:
    if facts["made"]:
        cost = f", {_dollars(Decimal(facts['dollars']))}" if facts["dollars"] else ""
        say(f"{plural(facts['made'], 'call')} made, {plural(facts['tokens'], 'token')}{cost}")
    for one in failed[:MAX_SHOWN]:
        said = one.row.facts[0].new if one.row.facts else ""
        say(f"  {one.row.asked.call[:12]} take {one.row.asked.take} failed: {one_line(said, 160)}")
    if facts["unmade"]:
        say(f"{plural(facts['unmade'], 'call')} not made: the budget left no room")
    if facts["written"]:
        say(
            f"{plan.golden} sealed anew: {plural(facts['accepted'], 'answer')} accepted, {facts['rejected']:,} rejected"
        )
    elif decided:
        say(f"{plan.golden} is as it was")
    if facts["waiting"]:
        note(f"{facts['waiting']} waits; --resume goes on, with --accept-all, --accept GRADES or --ask to decide")


def _plan_json(plan: RefreshPlan) -> dict[str, Any]:
    return {
        "golden": plan.golden,
        "calls": plan.calls,
        "to_make": [asked_json(target.asked) for target in plan.waiting],
        "made_before": len(plan.targets) - len(plan.waiting),
        "left": [{**asked_json(left.asked), "reason": left.reason} for left in plan.left],
        "tokens": plan.tokens,
        "without_counts": plan.unknown,
        "dollars": None if plan.price is None else str(plan.price),
        "without_price": plan.unpriced,
        "hosts": list(plan.hosts),
    }


def _calls_json(found: Sequence[Candidate], accepted: Sequence[Candidate]) -> list[dict[str, Any]]:
    taken = {one.fresh.place for one in accepted}
    return [
        {**row_json(one.row, words=at < MAX_WORDED), "failed": one.failed, "accepted": one.fresh.place in taken}
        for at, one in enumerate(found)
    ]


def _dollars(amount: Decimal) -> str:
    return f"${amount:.2f}" if amount >= Decimal("0.01") else f"${amount:.6f}"
