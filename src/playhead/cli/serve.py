"""``playhead serve``: the gateway, for clients in any language."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from playhead.cli.choosing import choose_provider
from playhead.cli.exit_codes import ExitCode, exit_code_of
from playhead.cli.group import show_error
from playhead.cli.output import note, plural, printable, say
from playhead.core.modes import Mode
from playhead.engine.ledger import Report
from playhead.engine.table import reads_cassette
from playhead.engine.takes import Takes
from playhead.errors import UsageError
from playhead.gateway.app import MAX_BODY, create_app
from playhead.gateway.serving import GRACE_SECONDS, check_binding, is_loopback, open_port, serve, url_of
from playhead.gateway.upstreams import DEFAULT

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@click.command("serve")
@click.option("--cassette", type=click.Path(path_type=Path), help="The cassette of requests that name none.")
@click.option("--cassettes", type=click.Path(path_type=Path), help="The folder of cassettes that requests name.")
@click.option("--mode", help="replay, once, record-missing, record or live. [default: PLAYHEAD_MODE, or replay]")
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="NAME=ADDRESS",
    help="Who answers for a vendor: an address, stub, cycling-stub, or module:attribute. Without NAME= for all others.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port; 0: any.")
@click.option("--token-env", metavar="NAME", help="The variable with the token that every request must hold.")
@click.option("--allow-host", "hosts", multiple=True, help="A further name that the gateway is reached by.")
@click.option("--allow-origin", "origins", multiple=True, help="A web page's origin that may come in (CORS).")
@click.option(
    "--takes",
    default=Takes.SEQUENCE.value,
    show_default=True,
    type=click.Choice([policy.value for policy in Takes]),
    help="The order several takes are played in.",
)
@click.option("--seed", default=0, help="The seed of a shuffle.")
@click.option("--pace", default=0.0, help="0 plays streams at once, 1 as they were recorded.")
@click.option("--max-body", default=MAX_BODY, show_default=True, type=click.IntRange(1), help="Bytes of a request.")
@click.option("--grace", default=GRACE_SECONDS, show_default=True, help="Seconds that calls may take to end.")
@click.option("--strict", is_flag=True, help="End with 4 where a call was refused or a recorded one not played.")
def command(
    *,
    mode: str | None,
    upstreams: tuple[str, ...],
    host: str,
    port: int,
    token_env: str | None,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    grace: int,
    strict: bool,
    **options: Any,
) -> None:
    """
    Replay, or record, for clients in any language.

    Point a client's base URL here. In replay, the default, nothing goes out: what has no recording is refused with
    422, in the vendor's own words for errors. Stop it with Ctrl-C or SIGTERM; what was recorded is sealed then.
    """
    token = _read_token(token_env)
    check_binding(host, token)
    names = (*_LOOPBACK_NAMES, host, *hosts) if is_loopback(host) else hosts or None
    gateway = create_app(
        mode=mode, upstreams=dict(map(read_upstream, upstreams)), token=token, hosts=names, origins=origins,
        on_refused=_tell_refused, **options,
    )  # fmt: skip
    listening = open_port(host, port)
    listening.listen(1024)

    def tell_ready() -> None:
        say(f"serving on {url_of(listening)} in mode {gateway.sessions.mode.value}; Ctrl-C ends")
        sys.stdout.flush()

    serve(gateway, listening, grace=grace, on_ready=tell_ready)
    reports = gateway.reports()
    for report in reports:
        note(_line(report))
    for fault in gateway.faults:
        show_error(fault)
    if gateway.faults:
        raise SystemExit(exit_code_of(gateway.faults[0]))
    if strict and any(map(_is_off, reports)):
        raise SystemExit(ExitCode.REFUSED)


def read_upstream(text: str) -> tuple[str, Any]:
    """
    Read ``NAME=ADDRESS``, or an address alone, or a provider's.

    Raises:
        UsageError: It is none of them.
    """
    name, equals, what = text.partition("=")
    if not equals or "://" in name:
        name, what = DEFAULT, text
    if not name or not what:
        raise UsageError(f"{text!r} is no upstream", hint="--upstream openai=https://api.openai.com/v1")
    if what.startswith(("http://", "https://")):
        return name, what
    if what in ("stub", "cycling-stub") or (":" in what and "//" not in what):
        return name, choose_provider(what, base_url=None, model=None, key=None)
    raise UsageError(
        f"{what!r} is no upstream's address", hint="http://..., https://..., stub, cycling-stub or module:attribute"
    )


def _read_token(name: str | None) -> str | None:
    if name is None:
        return None
    token = os.environ.get(name)
    if not token:
        raise UsageError(f"the variable {name!r} holds no token", hint=f"export {name}=...")
    return token


def _tell_refused(text: str) -> None:
    note(f"refused: {printable(text)}")


def _line(report: Report) -> str:
    parts = [f"{report.cassette}: {plural(report.played, 'call')} played"]
    parts += [f"{report.recorded:,} recorded"] if report.recorded else []
    parts += [f"{report.live:,} live"] if report.live else []
    parts += [f"{report.refused:,} refused"] if report.refused else []
    parts += [f"{report.unplayed:,} not played"] if _unplayed(report) else []
    return ", ".join(parts)


def _unplayed(report: Report) -> int:
    return report.unplayed if reads_cassette(Mode(report.mode)) else 0


def _is_off(report: Report) -> bool:
    return bool(report.refused or _unplayed(report))
