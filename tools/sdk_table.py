"""
Write ``docs/reference/sdks.md`` from the tables that tests/sdks proves and the versions that are installed.

    make sdk-table

It runs where the SDKs are, in .venv-sdk; a test there holds the page up to date.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.sdks.cases import Case, Sdk
from tests.sdks.prover import Prover, StreamingProver, rows

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "sdks.md"

TABLES = (
    *("openai", "anthropic", "google_genai", "mistralai", "cohere", "groq", "ollama", "huggingface_hub"),
    *("boto3_bedrock", "httpx", "httpx2", "requests", "aiohttp", "urllib_request", "httplib2"),
)
"""The files of tests, in the page's order."""

START, END = "<!-- sdks -->\n", "<!-- /sdks -->"

FAULTS = {
    "4xx": ("error", "bad request"),
    "429": ("rate limit", "status 429"),
    "5xx": ("server error", "status 500"),
    "time-out": ("time-out",),
    "broken connection": ("dropped",),
}
"""What goes wrong, and how the names of the rows about it begin."""

WHOLE = ("chat", "tools", "structured", "responses", "generate", "embeddings", "models", "rerank", "token count")
"""What a call without a stream may be for, in the page's order."""


def main() -> None:
    """Write the page."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(page: str) -> str:
    """Give the page with its table made anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{table()}{END}{after}"


def table() -> str:
    """Give the table."""
    head = ["SDK", "version", "HTTP stack", "sync", "async", "stream", "errors", "evidence", "tested against", "rows"]
    lines = [head, ["---"] * len(head), *(row(name) for name in TABLES)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def row(name: str) -> list[str]:
    """Give an SDK's line."""
    prover = prover_of(name)
    sdk = prover.sdk
    return [
        f"`{sdk.name}`" if sdk.server.__name__ != "BedrockServer" else f"`{sdk.name}` (Bedrock)",
        version(sdk.distribution) if sdk.distribution else "Python's own",
        sdk.stack,
        features(case for case in sdk.cases if not case.is_async),
        features(case for case in sdk.cases if case.is_async),
        streaming(prover),
        faults(sdk),
        evidence(sdk),
        "llama.cpp server, loopback server" if sdk.real_url is not None else "loopback server",
        str(len(rows(sdk, "row"))),
    ]


def prover_of(name: str) -> type[Prover]:
    """Give the class of tests in a file."""
    module = importlib.import_module(f"tests.sdks.test_{name}")
    found: type[Prover] = next(value for key, value in vars(module).items() if key.startswith("Test"))
    return found


def features(cases: Iterable[Case]) -> str:
    """Give what calls without streams are for."""
    found = {case.feature.partition(",")[0] for case in cases if not case.is_stream}
    named = [name for name in WHOLE if name in found]
    return ", ".join(named) or ("yes" if found else "-")


def streaming(prover: type[Prover]) -> str:
    """Say how streams come to the caller while they are recorded, in which kinds of calls."""
    kinds = {"async" if case.is_async else "sync" for case in prover.sdk.cases if case.is_stream}
    how = "piece by piece" if issubclass(prover, StreamingProver) else "whole"
    return f"{', '.join(sorted(kinds, reverse=True))}; {how}" if kinds else "-"


def faults(sdk: Sdk) -> str:
    """Give what goes wrong."""
    found = [words for words, starts in FAULTS.items() if any(case.feature.startswith(starts) for case in sdk.cases)]
    # Each plain chat is tried in vain too, in test_in_a_session.py.
    return ", ".join([*found, *(["refused connection"] if any(case.feature == "chat" for case in sdk.cases) else [])])


def evidence(sdk: Sdk) -> str:
    """Say whose answers the recordings prove."""
    return f"as `{sdk.provider}`" if any(case.proves is not None for case in sdk.cases) else "-"


if __name__ == "__main__":
    main()
