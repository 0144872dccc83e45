"""Which files a command line means: cassettes named, and those in folders named."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from playhead.errors import CassetteMissing, UsageError
from playhead.store.journals import is_journal

ENDINGS = (".cassette", ".cassette.json")


def find_files(paths: Iterable[Path], *, journals: bool = False) -> list[Path]:
    """
    Give the files named, and every cassette in the folders named and below; hidden folders are passed over.

    Args:
        paths: Files and folders; none is the current folder.
        journals: Whether journals count too.

    Raises:
        CassetteMissing: There is nothing at a path.
    """
    found: dict[Path, None] = {}
    for path in tuple(paths) or (Path(),):
        if path.is_dir():
            found.update(dict.fromkeys(_in_folder(path, journals=journals)))
        elif path.exists() or path.is_symlink():
            found[path] = None
        else:
            raise CassetteMissing("there is no such file or folder", path=path)
    return list(found)


def need_files(paths: tuple[Path, ...], *, journals: bool = False) -> list[Path]:
    """
    Give the files as ``find_files`` does; to check nothing is not to find nothing wrong.

    Raises:
        UsageError: There are none.
        CassetteMissing: There is nothing at a path.
    """
    found = find_files(paths, journals=journals)
    if not found:
        shown = ", ".join(repr(str(path)) for path in paths) or "this folder"
        raise UsageError(f"there are no cassettes in {shown}", hint=f"their names end in {' or '.join(ENDINGS)}")
    return found


def _in_folder(folder: Path, *, journals: bool) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if name.endswith(ENDINGS) or (journals and is_journal(path)):
                yield path
