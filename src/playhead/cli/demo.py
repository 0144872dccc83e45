"""``playhead demo``: a real model, recorded and replayed, with the proof."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import click

from playhead.cli.demo_parts import (
    QUESTIONS,
    TAKES,
    TEMPERATURE,
    Heard,
    Proof,
    Sizes,
    measure,
    prove_demo,
    record_demo,
)
from playhead.cli.exit_codes import ExitCode
from playhead.cli.group import paint
from playhead.cli.output import one_line, plural, say, size_text, time_text
from playhead.errors import NetworkBlocked, ProviderError
from playhead.harness.golden_report import GoldenReport
from playhead.providers.tiny_server import TinyServer, missing_dependency
from playhead.sessions.network import block_network

NAME = "demo"
FILE = "demo.cassette"
_LABEL = 9
_WIDTH = 60


@click.command("demo")
@click.option("--stub", is_flag=True, help="Record from the cycling stub: no server, no extra install.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Keep the cassette in this folder.")
def command(*, stub: bool, out: Path | None) -> None:
    """
    Record a real llama.cpp server, shut the network, replay, and prove that nothing differs.

    Ends with 0 only where every text, token count, model and stream boundary came back equal.
    """
    missing = None if stub else missing_dependency()
    if missing is not None:
        say(f"{missing} is not installed (pip install 'playhead[demo]'), so this is the stub instead of a real model")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="playhead-demo-"))) if out is None else out
        path = folder / FILE
        holds = _run(path, real=not stub and missing is None)
        _part(
            "next", f"playhead show {path}" if out is not None else "playhead demo --out .; playhead show demo.cassette"
        )
    if not holds:
        raise SystemExit(ExitCode.FOUND)


def _run(path: Path, *, real: bool) -> bool:
    with _real_model() if real else _stub() as (provider, address, words):
        _part("model", words)
        report, heard = record_demo(provider, path, name=NAME)
    if not report.sealed or report.failed:
        raise ProviderError(f"{report.failed} of {report.called} calls of the demo failed: {report.failures[:1]!r}")
    _show_recording(report, heard)
    with block_network() as blocked:
        _try_connection(address)
        _part("network", "shut" + (", and the server stopped" if real else "") + "; a connection was tried and refused")
        proof = prove_demo(path, heard, name=NAME)
        reached = len(blocked.attempts) - 1
    _show_proof(proof, report, real=real)
    _show_sizes(measure(path), path)
    return proof.holds and not reached


@contextmanager
def _real_model() -> Generator[tuple[Any, tuple[str, int], str]]:
    from playhead.providers.openai_compatible import OpenAICompatibleProvider

    with TinyServer() as server, OpenAICompatibleProvider(server.base_url, model=server.model) as provider:
        parts = urlsplit(server.base_url)
        words = f"a real llama.cpp server at {server.base_url}, temperature {TEMPERATURE:g}"
        yield provider, (parts.hostname or "", parts.port or 0), words


@contextmanager
def _stub() -> Generator[tuple[Any, tuple[str, int], str]]:
    from playhead.providers.stub import CyclingStubInferenceProvider

    # 192.0.2.0/24 is kept free for documentation (RFC 5737); nothing is sent there in any case.
    yield (
        CyclingStubInferenceProvider(),
        ("192.0.2.1", 80),
        "the cycling stub: three answers in turn, no model and no install",
    )


def _try_connection(address: tuple[str, int]) -> None:
    """
    Make sure that the network is shut.

    Raises:
        ProviderError: It is not.
    """
    try:
        socket.create_connection(address, timeout=1).close()
    except NetworkBlocked:
        return
    except OSError:
        pass
    raise ProviderError("the network could not be shut")


def _show_recording(report: GoldenReport, heard: list[Heard]) -> None:
    calls = f"{plural(report.called, 'call')} ({len(QUESTIONS)} questions and 1 stream, {TAKES} takes each)"
    _part("record", f"{calls} in {time_text(report.seconds * 1000)}, {plural(report.tokens, 'token')}")
    say()
    texts = [one.answer.text for one in heard if one.answer is not None and one.request.prompt == QUESTIONS[0]]
    _part("", f'"{QUESTIONS[0]}"')
    for take, text in enumerate(texts):
        _part("", f"  take {take}  {one_line(text, _WIDTH)}")
    different = len(set(texts))
    _part("", f"one question, {different} different answers" if different > 1 else "one question, one answer")
    say()


def _show_proof(proof: Proof, report: GoldenReport, *, real: bool) -> None:
    recorded = report.seconds * 1000
    faster = recorded / proof.milliseconds if proof.milliseconds else 0.0
    speed = f", {faster:,.0f} times as fast" if faster >= 2 else ""
    _part("replay", f"{plural(proof.calls, 'call')} in {time_text(proof.milliseconds)}{speed}: no server, no key")
    for check in proof.checks:
        equal = check.equal == check.of > 0
        _part("", paint(f"  {check.equal:>2} of {check.of:>2} equal  {check.what}", fg="green" if equal else "red"))
    if real:
        saved = time_text(max(0.0, recorded - proof.milliseconds))
        _part("saves", f"{saved} and {plural(report.tokens, 'token')} in every run from now on")


def _show_sizes(sizes: Sizes, path: Path) -> None:
    say()
    rows = [(sizes.cassette, path.name), (sizes.json, "the same calls as JSON files")]
    rows += [(sizes.yaml, "the same calls as YAML")] if sizes.yaml is not None else []
    for number, (size, what) in enumerate(rows):
        times = f"{size / sizes.cassette:.1f} times as much" if number else ""
        _part("" if number else "size", f"{size_text(size):>8}  {what:<29} {times}".rstrip())
    say()


def _part(label: str, text: str) -> None:
    say(f"{paint(f'{label:<{_LABEL}}', bold=True) if label else ' ' * _LABEL}{text}")
