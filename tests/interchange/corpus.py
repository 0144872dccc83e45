"""Where the real recordings are, and a reason to skip where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the recordings in ../shared/corpus")


def files(kind: str, pattern: str) -> list[Path]:
    """Give the files of a kind, none where there is no corpus."""
    return sorted((CORPUS / kind).rglob(pattern))


def label(path: Path) -> str:
    """Give a short name of a file for the test's id."""
    return f"{path.parent.name}/{path.stem[:60]}"
