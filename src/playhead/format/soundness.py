"""Whether a cassette holds in every byte."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import msgspec

from playhead.core.canonical import MALFORMED, encode_normal
from playhead.errors import CassetteError
from playhead.format.entries import Entry, Outline, call_entry, fingerprint_of, outline_of, request_bytes, with_request
from playhead.format.numbers import FIRST_RESERVED_N, KEY_LENGTH, PART_N, RULES_N
from playhead.format.parts import join_request, part_value, references
from playhead.format.rules import RULES_KEY, read_rules
from playhead.format.sealed import EvidenceDigest, SealedReader
from playhead.format.segments import pack_outline, unpack_outline


def faults_of(reader: SealedReader) -> Iterator[str]:
    """
    Check every checksum, key, number, reference and digest of a sealed file.

    Yields:
        One line a fault; nothing where the file is sound.
    """
    digest = EvidenceDigest()
    referred: set[bytes] = set()
    parts: set[bytes] = set()
    takes: dict[bytes, int] = {}
    table: list[Outline] = []
    try:
        for row in reader.rows():
            name = _name(row.key, row.n)
            try:
                data = reader.entry(row)
                digest.add(row.key, row.n, data)
                if row.n == RULES_N and row.key == RULES_KEY:
                    read_rules(data)
                elif row.n == PART_N:
                    parts.add(row.key)
                    referred |= references(part_value(data, row.key))
                elif row.n < FIRST_RESERVED_N:
                    outline = yield from _call_faults(reader, Entry(row.key, row.n, data), takes, referred, name)
                    table.append(outline)
                if encode_normal(msgspec.json.decode(data)) != data:
                    yield f"{name}: its bytes are not in canonical form"
            except CassetteError as error:
                yield f"{name}: {error.reason}"
            except MALFORMED as error:
                yield f"{name}: {error}"
        if digest.digest() != reader.digest:
            yield "the evidence digest in the footer is not that of the entries"
        yield from (f"part {key.hex()[:12]}: no call refers to it" for key in sorted(parts - referred))
        known = reader.outlines()
        if known is not None and list(known) != table:
            yield "the segment table is not that of the calls"
    except CassetteError as error:
        yield error.reason


def _name(key: bytes, n: int) -> str:
    short = key.hex()[:12]
    if n < FIRST_RESERVED_N:
        return f"{short} take {n}"
    return "the rules" if n == RULES_N else f"part {short}" if n == PART_N else f"entry {short} of kind {n:#x}"


def _call_faults(
    reader: SealedReader, entry: Entry, takes: dict[bytes, int], referred: set[bytes], name: str
) -> Generator[str, None, Outline]:
    request = request_bytes(entry.data)
    referred |= references(msgspec.json.decode(request))
    whole = with_request(entry.data, join_request(request, reader.part))
    found = call_entry(whole)
    if found.key[:KEY_LENGTH] != entry.key or found.n != entry.n:
        yield f"{name}: the entry says it is {found.key.hex()[:12]} take {found.n}"
    expected = takes.get(entry.key, 0)
    if entry.n != expected:
        yield f"{name}: take {expected} is missing before it"
    takes[entry.key] = entry.n + 1
    if fingerprint_of(whole).key != found.key:
        yield f"{name}: its key is not that of its request"
    return unpack_outline(pack_outline(outline_of(whole)))
