"""``playhead stats``: a cassette in numbers."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from playhead.cli.output import plural, printable, say, say_json, size_text, time_text
from playhead.core.model import Stream
from playhead.core.names import CAPTURED_PROVIDER
from playhead.store.cassette import Cassette, open_cassette


@click.command("stats")
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, cassette: Path, as_json: bool) -> None:
    """Show sizes, tokens, models, failures and latencies of CASSETTE."""
    facts = gather(open_cassette(cassette), cassette.stat().st_size)
    if as_json:
        say_json(facts)
        return
    for label, text in _lines(facts):
        say(f"{label:<11}{text}")


def gather(cassette: Cassette, size: int) -> dict[str, Any]:
    """
    Count what a cassette holds.

    Args:
        cassette: The cassette.
        size: Bytes of its file.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("providers", "models", "origins", "families")}
    takes: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    latencies: list[int] = []
    streams = pieces = unreported = 0
    failures: Counter[str] = Counter()
    captured = 0
    for interaction in cassette:
        if interaction.provider == CAPTURED_PROVIDER:
            captured += 1
            continue
        evidence = interaction.evidence
        counts["providers"][interaction.provider] += 1
        counts["models"][evidence.model or interaction.request.model or "(none named)"] += 1
        counts["origins"][interaction.origin.value] += 1
        counts["families"][interaction.request.family.value] += 1
        takes[interaction.fingerprint] += 1
        latencies += [interaction.latency_ms] if interaction.latency_ms else []
        if evidence.failure is not None:
            failures[evidence.failure.type.rpartition(".")[2]] += 1
        elif evidence.usage.reported:
            for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
                tokens[name] += evidence.usage[name]
        else:
            unreported += 1
        if isinstance(interaction.outcome, Stream):
            streams += 1
            pieces += len(interaction.outcome.pieces())
    return {
        "path": str(cassette.path),
        "profile": cassette.profile,
        "digest": cassette.digest,
        "calls": len(cassette) - captured,
        "requests": len(takes),
        "most_takes": max(takes.values(), default=0),
        "size": size,
        "json_size": sum(len(entry.data) + 1 for entry in cassette.entries()),
        **{name: dict(sorted(counter.items())) for name, counter in counts.items()},
        "failures": dict(sorted(failures.items())),
        "streams": streams,
        "stream_pieces": pieces,
        "tokens": {name: tokens[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")},
        "calls_without_token_counts": unreported,
        "captured": captured,
        "latency_ms": _latency(latencies),
    }


def _latency(values: list[int]) -> dict[str, Any]:
    if not values:
        return {"measured": 0, "median": 0, "longest": 0, "total": 0}
    return {
        "measured": len(values),
        "median": round(statistics.median(values)),
        "longest": max(values),
        "total": sum(values),
    }


def _lines(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ratio = facts["json_size"] / facts["size"] if facts["size"] else 0.0
    tokens, latency = facts["tokens"], facts["latency_ms"]
    yield "cassette", f"{facts['path']} ({facts['profile']})"
    yield "digest", facts["digest"]
    most = f", up to {facts['most_takes']} takes" if facts["most_takes"] > 1 else ""
    yield "calls", f"{facts['calls']:,} of {plural(facts['requests'], 'request')}{most}"
    if facts["captured"]:
        yield "captured", f"{plural(facts['captured'], 'call')} of functions"
    yield "size", f"{size_text(facts['size'])}; as JSON {size_text(facts['json_size'])}, {ratio:.1f} times as much"
    unknown = facts["calls_without_token_counts"]
    lacking = f"; not given for {plural(unknown, 'call')}" if unknown else ""
    split = f"{tokens['prompt_tokens']:,} asked, {tokens['completion_tokens']:,} answered"
    yield "tokens", f"{tokens['total_tokens']:,} ({split}){lacking}"
    for label in ("providers", "models", "origins", "families"):
        yield label, _counted(facts[label])
    yield "failures", _counted(facts["failures"]) if facts["failures"] else "none"
    if facts["streams"]:
        yield "streams", f"{facts['streams']:,} in {plural(facts['stream_pieces'], 'piece')}"
    if latency["measured"]:
        times = f"median {time_text(latency['median'])}, longest {time_text(latency['longest'])}"
        yield "latency", f"{times}, together {time_text(latency['total'])}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{printable(name)} {count:,}" for name, count in counts.items()) or "-"
