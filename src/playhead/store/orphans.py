"""
Cassettes that no test claims: the list a run of a test suite leaves, and their removal.

Only what stands in the list is removed, and only while it is what the run saw: a file that was recorded anew since is
no orphan any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from playhead.errors import UsageError

LIST_NAME = ".playhead-orphans.json"
FORMAT = "playhead-orphans"
VERSION = 1
CASSETTES = (".cassette", ".cassette.json")
_APART = (".failed.cassette", ".failed.cassette.json", ".refresh.cassette")


class Orphan(msgspec.Struct, frozen=True):
    """
    A cassette that no test claims.

    Attributes:
        path: Its path from the list's folder, with ``/``.
        size: Its size in bytes.
        sha256: The digest of its bytes, in hexadecimal.
    """

    path: str
    size: int
    sha256: str


class OrphanList(msgspec.Struct, frozen=True):
    """What a list file holds."""

    format: str
    version: int
    orphans: tuple[Orphan, ...]


class Removal(NamedTuple):
    """
    What becomes of a listed file.

    Attributes:
        orphan: The file as it was listed.
        path: Where it is.
        reason: Why it stays; ``None`` where it goes.
    """

    orphan: Orphan
    path: Path
    reason: str | None


def unclaimed(folders: Iterable[Path], claims: Iterable[Path]) -> Iterator[Path]:
    """Give the cassettes in folders and below that are not among the claimed ones; those of failed tests are none."""
    claimed = set(claims)
    seen: set[Path] = set()
    for folder in sorted(set(folders)):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            wanted = path.name.endswith(CASSETTES) and not path.name.endswith(_APART)
            if wanted and path not in claimed and path not in seen and path.is_file():
                seen.add(path)
                yield path


def write_list(folder: Path, paths: Iterable[Path]) -> tuple[Orphan, ...]:
    """
    Write the list of a folder.

    Raises:
        OSError: It cannot be written, or a cassette cannot be read.
    """
    orphans = tuple(_described(path, folder) for path in paths)
    content = msgspec.json.format(msgspec.json.encode(OrphanList(FORMAT, VERSION, orphans)), indent=1)
    (folder / LIST_NAME).write_bytes(content + b"\n")
    return orphans


def _described(path: Path, folder: Path) -> Orphan:
    data = path.read_bytes()
    return Orphan(path.relative_to(folder).as_posix(), len(data), sha256(data).hexdigest())


def read_list(folder: Path) -> tuple[Orphan, ...]:
    """
    Read the list of a folder.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    place = folder / LIST_NAME
    hint = "run the whole suite with --playhead-orphans first; it writes the list into the root of the run"
    try:
        found = msgspec.json.decode(place.read_bytes(), type=OrphanList)
    except OSError as error:
        raise UsageError(f"there is no list of orphans {str(place)!r}", hint=hint) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise UsageError(f"{str(place)!r} is no list of orphans: {error}", hint=hint) from error
    if found.format != FORMAT or found.version != VERSION:
        raise UsageError(f"{str(place)!r} is of another version", hint=hint)
    return found.orphans


def removals(folder: Path) -> list[Removal]:
    """
    Say what becomes of each listed file.

    Raises:
        UsageError: There is no list.
    """
    return [_removal(orphan, folder) for orphan in read_list(folder)]


def _removal(orphan: Orphan, folder: Path) -> Removal:
    path = folder / orphan.path
    return Removal(orphan, path, _reason_to_stay(orphan, path, folder))


def _reason_to_stay(orphan: Orphan, path: Path, folder: Path) -> str | None:
    if not path.resolve().is_relative_to(folder.resolve()):
        return "it is outside of the folder"
    if not orphan.path.endswith(CASSETTES):
        return "it is no cassette"
    if path.is_symlink() or not path.is_file():
        return "it is gone" if not path.is_symlink() else "it is a symbolic link"
    if sha256(path.read_bytes()).hexdigest() != orphan.sha256:
        return "it has changed since the list was made"
    return None


def remove(removal: Removal, folder: Path) -> None:
    """Remove a listed cassette, and the folders it leaves empty."""
    removal.path.unlink()
    above: Any = removal.path.parent
    while above != folder and above.is_relative_to(folder) and not any(above.iterdir()):
        above.rmdir()
        above = above.parent
