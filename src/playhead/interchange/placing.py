"""Which files are read, and which cassette each becomes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from playhead.errors import UsageError
from playhead.store.journals import is_journal

_PLAIN_ENDINGS = (".yaml", ".yml", ".json", ".har")
SOURCE_ENDINGS = (*_PLAIN_ENDINGS, *(one + ".gz" for one in _PLAIN_ENDINGS))
"""What the names of recordings mostly end in, and the names of cassettes do not keep."""

OWN_ENDINGS = (".cassette", ".cassette.json")


class Found(NamedTuple):
    """
    A file that may be a recording.

    Attributes:
        path: Where it is.
        place: Its path below the root that all the files have in common.
        named: Whether the user named it, rather than a folder it is in.
    """

    path: Path
    place: PurePath
    named: bool


def find_sources(paths: Sequence[Path]) -> list[Found]:
    """
    Give the files named, and every file in the folders named and below, each once.

    Hidden files and folders are passed over, and so are Playhead's own files.

    Raises:
        UsageError: There is nothing at a path.
    """
    roots = [_root(path) for path in paths]
    try:
        common = Path(os.path.commonpath(roots)) if roots else Path()
    except ValueError:  # two drives
        common = Path()
    found: dict[Path, Found] = {}
    for path in paths:
        if path.is_dir():
            for inner in _in_folder(path):
                found.setdefault(inner.absolute(), Found(inner, _below(inner, common), named=False))
        else:
            found[path.absolute()] = Found(path, _below(path, common), named=True)
    return list(found.values())


def _root(path: Path) -> Path:
    if path.is_dir():
        return path.absolute()
    if not path.exists():
        raise UsageError(f"there is no file or folder {str(path)!r}")
    return path.absolute().parent


def _below(path: Path, common: Path) -> PurePath:
    try:
        return PurePath(os.path.normpath(path.absolute())).relative_to(os.path.normpath(common))
    except ValueError:
        return PurePath(path.name)


def _in_folder(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and not name.endswith(OWN_ENDINGS) and not is_journal(path) and path.is_file():
                yield path


def targets(places: Iterable[PurePath], *, text: bool) -> list[PurePath]:
    """
    Give each source's cassette, as a path below the output folder; no two are the same, in any case of letters.

    Args:
        places: The sources' paths below their common root.
        text: Whether the cassettes are written as text.
    """
    ending = ".cassette.json" if text else ".cassette"
    given = list(places)
    short = [place.with_name(_stem(place.name)) for place in given]
    counts = Counter(map(_folded, short))
    taken: set[str] = set()
    found: list[PurePath] = []
    for place, stem in zip(given, short, strict=True):
        # Of a.yaml and a.json neither is more the cassette "a" than the other.
        base = stem if counts[_folded(stem)] == 1 else place
        target = base.with_name(base.name + ending)
        further = 1
        while _folded(target) in taken:
            further += 1
            target = base.with_name(f"{base.name}-{further}{ending}")
        taken.add(_folded(target))
        found.append(target)
    return found


def _folded(place: PurePath) -> str:
    return str(place).casefold()


def _stem(name: str) -> str:
    ending = next((one for one in SOURCE_ENDINGS if name.lower().endswith(one) and len(name) > len(one)), "")
    return name[: len(name) - len(ending)]
