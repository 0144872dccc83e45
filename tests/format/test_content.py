"""Content encodings undone: what a client would read is read, nothing blows up, nothing raises."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from playhead.format.content import MAX_CONTENT, decode_content

LONG = "".join(random.Random(7).choices("abcdefgh \n", k=300_000)).encode()
TEXT = LONG[:40_000]


def bare_deflate(data: bytes) -> bytes:
    """Compress without the head and the checksum of zlib, as some servers do."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    """Compress as a server does: with a checksum, and without a size where it streams."""
    packer = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compressobj()
    return packer.compress(data) + packer.flush()


def brotli(data: bytes) -> bytes:
    """Compress by brotli, where a package for it is there."""
    return bytes(pytest.importorskip("brotli", reason="brotli is not installed").compress(data, quality=5))


ENCODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "zstd": ("zstd", zstd),
    "br": ("br", brotli),
    "identity": ("identity", bytes),
}
COMPRESSING = [name for name in ENCODINGS if name != "identity"]


def encoded(name: str, data: bytes) -> tuple[str, bytes]:
    """Give the header's value and the bytes."""
    header, encode = ENCODINGS[name]
    return header, encode(data)


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("data", [b"x", TEXT, b"\0" * 100_000], ids=["short", "text", "zeros"])
def test_each_encoding_is_undone(name: str, data: bytes) -> None:
    """What was encoded comes back, whatever the case of the header's words."""
    header, sent = encoded(name, data)
    assert decode_content(header, sent) == data
    assert decode_content(f" {header.upper()} ", sent) == data


@pytest.mark.parametrize("header", [None, "", "identity", " , "])
@given(data=st.binary(max_size=20))
def test_what_is_not_encoded_stays(header: str | None, data: bytes) -> None:
    """Without an encoding the very bytes come back."""
    assert decode_content(header, data) is data


@pytest.mark.parametrize("header", ["compress", "gzip, aws-chunked", "foo", "\ud800", "gzip;q=1"])
def test_an_unknown_encoding_is_not_understood(header: str) -> None:
    """What nobody here can read gives ``None``."""
    assert decode_content(header, gzip.compress(b"x")) is None


@given(st.lists(st.sampled_from(["gzip", "deflate", "bare deflate", "zstd", "identity"]), max_size=4))
def test_several_encodings_are_undone_the_last_one_first(names: list[str]) -> None:
    """The header names encodings in the order they were applied."""
    data, headers = TEXT[:500], []
    for name in names:
        header, data = encoded(name, data)
        headers.append(header)
    assert decode_content(",".join(headers), data) == TEXT[:500]


def test_members_and_frames_follow_one_another() -> None:
    """A server that compresses chunk by chunk sends several members or frames, which read as one text."""
    parts = [TEXT[:5000], b"", b"middle", TEXT[5000:]]
    assert decode_content("gzip", b"".join(map(gzip.compress, parts))) == b"".join(parts)
    assert decode_content("zstd", b"".join(map(zstd, parts))) == b"".join(parts)


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 600, b"garbage" * 50])
def test_padding_after_the_end_is_passed_over(padding: bytes) -> None:
    """Clients read a compressed body to its end mark and no further, so what they see is seen."""
    assert decode_content("gzip", gzip.compress(TEXT) + padding) == TEXT
    assert decode_content("deflate", zlib.compress(TEXT) + padding) == TEXT
    assert decode_content("deflate", bare_deflate(TEXT) + padding) == TEXT


@pytest.mark.parametrize("name", COMPRESSING)
def test_of_a_body_that_was_cut_off_the_start_is_read(name: str) -> None:
    """A stream that its consumer left gives what came, never more, and more of it the later it was left."""
    header, sent = encoded(name, LONG)
    lengths = []
    for end in [*range(40), *range(40, len(sent), 4999), len(sent)]:
        found = decode_content(header, sent[:end])
        assert found is not None
        assert LONG.startswith(found)
        lengths.append(len(found))
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(LONG)
    assert any(0 < length < len(LONG) for length in lengths)


@pytest.mark.parametrize("name", COMPRESSING)
def test_the_limit_is_exact(name: str) -> None:
    """A body that comes to the limit is read, one that comes to a byte more is not."""
    header, sent = encoded(name, TEXT)
    assert decode_content(header, sent, limit=len(TEXT)) == TEXT
    for limit in (len(TEXT) - 1, 1, 0):
        assert decode_content(header, sent, limit=limit) is None


BOMB = 64 * 1024 * 1024


@pytest.mark.parametrize("name", COMPRESSING)
def test_a_bomb_takes_no_memory(name: str) -> None:
    """Kilobytes that stand for megabytes are given up before those are there."""
    header, sent = encoded(name, bytes(BOMB))
    assert len(sent) < BOMB // 500
    tracemalloc.start()
    try:
        assert decode_content(header, sent, limit=100_000) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_a_bomb_in_a_bomb_takes_no_memory() -> None:
    """The limit holds for each of several encodings."""
    assert decode_content("gzip, gzip", gzip.compress(gzip.compress(bytes(BOMB))), limit=100_000) is None


def test_a_great_window_is_refused() -> None:
    """A frame that wants gigabytes for its window is not begun with."""
    # RFC 8878, 3.1.1: no single segment, no checksum; a window descriptor of 2^41 bytes.
    assert decode_content("zstd", b"\x28\xb5\x2f\xfd\x00\xf8" + b"\x01\x00\x00") is None


def test_very_many_members_are_read_in_time() -> None:
    """Members of nothing, one after another, cost what their bytes cost."""
    sent = gzip.compress(b"") * 20_000 + gzip.compress(b"x")
    assert decode_content("gzip", sent) == b"x"


@pytest.mark.parametrize("name", COMPRESSING)
def test_damage_never_raises(name: str) -> None:
    """With any byte of the body changed it gives bytes or ``None``."""
    header, sent = encoded(name, TEXT[:300])
    for at in range(len(sent)):
        for flip in (1, 0x80, 0xFF):
            damaged = sent[:at] + bytes([sent[at] ^ flip]) + sent[at + 1 :]
            assert isinstance(decode_content(header, damaged), bytes | None)


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_damage_under_a_checksum_is_not_understood(name: str) -> None:
    """Where the encoding has a checksum, content that does not fit it is no content."""
    header, sent = encoded(name, TEXT)
    middle = len(sent) // 2
    assert decode_content(header, sent[:middle] + bytes([sent[middle] ^ 1]) + sent[middle + 1 :]) is None


@given(st.sampled_from(["gzip", "deflate", "zstd", "br", "gzip, zstd"]), st.binary(max_size=60))
def test_any_bytes_under_any_header(header: str, data: bytes) -> None:
    """Bytes that are nothing of the kind give bytes or ``None``, and nothing is raised."""
    assert isinstance(decode_content(header, data), bytes | None)


def test_without_a_package_brotli_is_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no package can read it, the body is kept and not understood."""
    for name in ("brotli", "brotlicffi"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    assert decode_content("br", b"\x0b\x00\x80x\x03") is None


class _Old:
    """A decoder of an earlier brotli, which takes no limit."""

    def __init__(self) -> None:
        self.given = 0

    def process(self, data: bytes) -> bytes:
        """Give a megabyte for each few bytes."""
        self.given += len(data)
        return bytes(1 << 20)

    def is_finished(self) -> bool:
        """Never end."""
        return False


def test_an_old_brotli_is_given_a_few_bytes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package takes no limit, little goes in before what came out is looked at."""
    decoder = _Old()
    module = type("module", (), {"Decompressor": lambda: decoder, "error": ValueError})
    monkeypatch.setitem(__import__("sys").modules, "brotli", module)
    assert decode_content("br", bytes(10_000), limit=1000) is None
    assert decoder.given < 100


def test_the_default_limit_is_generous() -> None:
    """Bodies of models' answers, images too, are far below it."""
    assert MAX_CONTENT >= 64 * 1024 * 1024
