"""
Cassettes of more calls than fit in memory: the sealed file written call by call, the same bytes a seal would write.

The keys are computed first, so that the frames can be written in their order; each call is made twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

from benchmarks.contenders.ours import NAME
from benchmarks.workloads.calls import Call, Calls
from playhead.core.calls import Volatile, compose_call, encode_outcome, outcome_fields, request_fields
from playhead.core.canonical import encode
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Origin
from playhead.core.sketch import sketch
from playhead.format.compression import LARGE_LEVEL, Packer, train_dictionary
from playhead.format.entries import Outline
from playhead.format.numbers import EMBEDDED_DICTIONARY, KEY_LENGTH, PART_N
from playhead.format.parts import split_request
from playhead.format.sealed import EvidenceDigest, Frame, write_sealed
from playhead.format.segments import encode_segments, pack_outline, unpack_outline

_DATE = "2026-11-02"


def _entry(call: Call, key: bytes, request: bytes) -> bytes:
    return compose_call(
        request=request,
        outcome=encode_outcome(outcome_fields(call.completion)),
        provider=NAME,
        origin=Origin.LIVE,
        key=key,
        n=0,
        volatile=Volatile(date=_DATE),
    )


def write_big(path: Path, calls: Calls) -> None:
    """Write a sealed cassette of distinct calls."""
    count = len(calls)
    keys: list[bytes] = []
    outlines = bytearray()
    parts: dict[bytes, bytes] = {}
    samples: list[bytes] = []
    for call in calls:
        found = fingerprint(call.request, NAME)
        keys.append(found.key)
        outlines += pack_outline(Outline(found.segments, sketch(call.request)))
        request, own = split_request(encode(request_fields(call.request)))
        parts.update(own)
        if len(samples) < 2_000:
            samples.append(_entry(call, found.key, request))
    order = array("I", sorted(range(count), key=keys.__getitem__))
    dictionary = train_dictionary(samples)
    assert dictionary
    digest = EvidenceDigest()

    def frames() -> Iterator[Frame]:
        packer = Packer(dictionary, level=LARGE_LEVEL)
        pending = sorted(parts.items(), reverse=True)

        def due(before: bytes) -> Iterator[Frame]:
            while pending and pending[-1][0] < before:
                key, data = pending.pop()
                digest.add(key, PART_N, data)
                yield Frame(key, PART_N, packer.pack(data))

        for index in order:
            key = keys[index]
            yield from due(key[:KEY_LENGTH])
            call = calls[index]
            request, _ = split_request(encode(request_fields(call.request)))
            data = _entry(call, key, request)
            digest.add(key, 0, data)
            yield Frame(key, 0, packer.pack(data))
        yield from due(b"\xff" * 17)

    size = len(outlines) // count  # every call has as many messages
    table = encode_segments(unpack_outline(bytes(outlines[index * size : (index + 1) * size])) for index in order)
    with path.open("wb", buffering=1 << 20) as file:
        write_sealed(
            file.write,
            frames(),
            dictionary_id=EMBEDDED_DICTIONARY,
            dictionary=dictionary,
            digest=digest.digest,
            segments=table,
        )
