"""Sealed files put together by hand, for tests of what a writer would not write."""

from __future__ import annotations

from collections.abc import Callable

from playhead.format.compression import Packer
from playhead.format.entries import Entry
from playhead.format.numbers import NO_DICTIONARY
from playhead.format.sealed import EvidenceDigest, Frame, SealedReader, write_sealed


def written(
    entries: list[Entry],
    *,
    dictionary_id: int = NO_DICTIONARY,
    dictionary: bytes = b"",
    pack: Callable[[bytes], bytes] | None = None,
    digest: bytes | None = None,
    segments: bytes = b"",
) -> bytes:
    """
    Write entries as they are and in the order given, nothing split, chosen or checked.

    Args:
        entries: What goes in; their bytes need not be calls if a digest is given.
        dictionary_id: The id the file names.
        dictionary: What the frames are made with.
        pack: Makes a frame, if not the usual way.
        digest: The digest in the footer; computed where it is not given.
        segments: The encoded segment table.
    """
    known = EvidenceDigest()
    if digest is None:
        for entry in entries:
            known.add(entry.key, entry.n, entry.data)
        digest = known.digest()
    pack = pack or Packer(dictionary).pack
    pieces: list[bytes] = []
    write_sealed(
        pieces.append,
        [Frame(entry.key, entry.n, pack(entry.data)) for entry in entries],
        dictionary_id=dictionary_id,
        dictionary=dictionary,
        digest=lambda: digest,
        segments=segments,
    )
    return b"".join(pieces)


def digest_of(reader: SealedReader) -> bytes:
    """Compute a file's evidence digest from its entries."""
    digest = EvidenceDigest()
    for row in reader.rows():
        digest.add(row.key, row.n, reader.entry(row))
    return digest.digest()
