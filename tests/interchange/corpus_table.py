"""
The table of what became of the real recordings, as ``docs/how-to/import-recordings.md`` shows it.

``python -m tests.interchange.corpus_table`` prints it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import playhead
from playhead.interchange.importing import Imported, import_files
from tests.interchange.corpus import CORPUS

HEAD = ("recordings", "files", "calls", "of a model", "with evidence", "plain HTTP", "recorded errors", "left out")


def table(files: Sequence[Imported]) -> list[str]:
    """Give the lines of the table, a row a folder of the corpus and a row of sums."""
    folders: dict[str, list[Imported]] = {}
    for one in files:
        folders.setdefault(Path(one.path).parent.relative_to(CORPUS).as_posix(), []).append(one)
    rows = [(_shown(name), *_counts(folders[name])) for name in sorted(folders)]
    sums = [sum(int(row[place]) for row in rows) for place in range(1, len(HEAD))]
    lines = [HEAD, ("---", *["--:"] * len(sums)), *rows, ("**all**", *map(str, sums))]
    return [f"| {' | '.join(line)} |" for line in lines]


def _shown(folder: str) -> str:
    kind, _, name = folder.partition("/")
    return f"{'pydantic-ai' if kind == 'vcr' else 'Llama Stack'}, {name.removeprefix('test_').replace('_', ' ')}"


def _counts(files: Sequence[Imported]) -> list[str]:
    calls = [call for one in files for call in playhead.open_cassette(one.cassette or "")]
    return [
        str(number)
        for number in (
            len(files),
            len(calls),
            sum(one.model_calls for one in files),
            sum(one.evidence for one in files),
            sum(one.dialects.get("http", 0) for one in files),
            sum(call.evidence.failure is not None for call in calls),
            sum(len(one.left_out) for one in files),
        )
    ]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write("\n".join(table(import_files([CORPUS], Path(folder)).files)) + "\n")


if __name__ == "__main__":
    main()
