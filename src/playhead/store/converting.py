"""Converting a cassette from one profile to the other, with nothing lost."""

from __future__ import annotations

from pathlib import Path

from playhead.errors import UsageError
from playhead.format.assembly import assemble, whole_entries
from playhead.store.cassette import Cassette, located, open_cassette
from playhead.store.files import check_target
from playhead.store.sealing import is_text, lock_for, write_assembly


def convert(source: Path, target: Path, *, overwrite: bool = False) -> Cassette:
    """
    Write a cassette anew in the profile the target's name asks for; the digest stays the same.

    Args:
        source: The cassette.
        target: The new file; a name that ends in ``.json`` is text.
        overwrite: Whether a file at the target may be replaced.

    Raises:
        UsageError: Something stands at the target.
        CassetteError: The source does not hold.
        RecordingError: The target cannot be written.
    """
    if target.exists() and not overwrite:
        raise UsageError(f"{str(target)!r} is there already", hint="remove it, or name another target")
    check_target(target)
    cassette = open_cassette(source)
    with located(source):
        assembly = assemble(whole_entries(cassette.reader), passing=is_text(target))
    with lock_for(target):
        write_assembly(target, assembly)
    return open_cassette(target)
