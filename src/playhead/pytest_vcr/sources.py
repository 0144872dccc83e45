"""Where the calls of a test are: in a cassette of ours, or still in a file of vcrpy's, which is read where it is."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from playhead.interchange.placing import OWN_ENDINGS, SOURCE_ENDINGS
from playhead.pytest_vcr.marks import Wish, each_path
from playhead.store.cassette import Cassette, open_cassette

_VERSION = "1"
"""Counts up when files of vcrpy's are imported differently: what was kept of an earlier import is not used then."""

MOST = 120
"""Characters of a cassette's name: its journal's is 90 longer, and file systems end at 255 bytes."""


class Source(NamedTuple):
    """
    A file that holds calls of a test.

    Attributes:
        path: The file.
        is_ours: Whether it is a cassette of our own.
    """

    path: Path
    is_ours: bool


def own_target(wish: Wish) -> Path:
    """Give the path of the test's own cassette, whether it is there or not."""
    found = _ours(wish.path)
    if found is not None:
        return found
    folder, name = os.path.split(_stem(wish.path))
    if len(name) > MOST:
        name = f"{name[: MOST - 20]}-{sha256(name.encode()).hexdigest()[:16]}"
    return Path(folder, name + OWN_ENDINGS[0])


def sources_of(wish: Wish) -> list[Source]:
    """Give the files with the calls of a test, its own first; those that are not there are left out."""
    found: list[Source] = []
    own = own_target(wish)
    if own.exists():
        found.append(Source(own, is_ours=True))
    for number, path in enumerate(each_path(wish)):
        ours = _ours(path)
        if ours is not None:
            if ours != own:
                found.append(Source(ours, is_ours=True))
        elif os.path.exists(path) and (number or not found):  # noqa: PTH110
            found.append(Source(Path(path), is_ours=path.endswith(OWN_ENDINGS)))
    return found


def opened(source: Source, config: pytest.Config) -> Cassette:
    """
    Open a source for reading.

    Raises:
        CassetteError: It cannot be read.
        pytest.UsageError: It is a file of vcrpy's, and not all of it can be carried over.
    """
    return open_cassette(source.path if source.is_ours else imported(source.path, config))


def imported(path: Path, config: pytest.Config) -> Path:
    """
    Import a file of vcrpy's; what it came to is kept in pytest's cache for the next run.

    Raises:
        pytest.UsageError: Not all of it can be carried over.
    """
    digest = sha256(_VERSION.encode() + path.read_bytes()).hexdigest()
    kept = _cache(config) / f"{digest}.cassette"
    if kept.exists():
        return kept
    from playhead.interchange.importing import import_files  # a third of a second that converted suites need not spend

    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        report = import_files([path], Path(folder), one="one").files[0]
        if report.error is not None or report.left_out:
            reason = report.error or f"number {report.left_out[0].number}: {report.left_out[0].reason}"
            hint = report.hint or "record it again, or keep the suite on vcrpy's cassettes (vcr-backend = 'yaml')"
            raise pytest.UsageError(f"{str(path)!r} cannot be read as a whole: {reason}\nhint: {hint}")
        # Workers of one run may do so side by side; each puts the same thing in its place.
        Path(folder, "one.cassette").replace(kept)
    return kept


_FOLDER = pytest.StashKey[Path]()


def _cache(config: pytest.Config) -> Path:
    known = config.stash.get(_FOLDER, None)
    if known is None:
        cache: pytest.Cache | None = getattr(config, "cache", None)
        if cache is not None:
            known = cache.mkdir("playhead-vcr")
        else:
            # With -p no:cacheprovider each run imports anew.
            folder = tempfile.TemporaryDirectory(prefix="playhead-vcr-")
            config.add_cleanup(folder.cleanup)
            known = Path(folder.name)
        config.stash[_FOLDER] = known
    return known


def _ours(path: str) -> Path | None:
    """Give the cassette that a file of vcrpy's was converted to, where there is one."""
    for stem in (_stem(path), path):
        for ending in OWN_ENDINGS:
            # os.path, which takes a name that is too long for a file for one that is not there.
            if os.path.exists(stem + ending):  # noqa: PTH110
                return Path(stem + ending)
    return None


def _stem(path: str) -> str:
    ending = next((one for one in (*SOURCE_ENDINGS, *OWN_ENDINGS) if path.endswith(one)), "")
    return path[: len(path) - len(ending)]
