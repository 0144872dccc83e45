"""Which format a file is in, found by what it holds."""

from __future__ import annotations

import contextlib
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import UsageError
from playhead.interchange import reading
from playhead.interchange.reading import NO_RECORDING, UNREADABLE, read_source
from playhead.interchange.yaml_reading import yaml_library

yaml = yaml_library("to test it")

VCR: dict[str, Any] = {
    "version": 1,
    "interactions": [
        {
            "request": {"method": "GET", "uri": "https://h/", "body": None, "headers": {}},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "hi"}},
        }
    ],
}
STACK = {"request": {"url": "http://h/v1/x", "method": "POST", "body": {}}, "response": {"body": {"a": 1}}}
HAR = {"log": {"version": "1.2", "entries": [{"request": {"url": "http://h/"}, "response": {"status": 200}}]}}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (yaml.safe_dump(VCR).encode(), "vcr"),
        (json.dumps(VCR).encode(), "vcr"),
        (yaml.safe_dump(VCR, default_flow_style=True).encode(), "vcr"),
        (b"\xef\xbb\xbf" + json.dumps(HAR).encode(), "har"),
        (json.dumps(HAR).encode("utf-16"), "har"),
        (json.dumps(HAR).replace("200", 'NaN, "status": 200').encode(), "har"),
        (json.dumps(STACK).encode(), "llama-stack"),
        (yaml.safe_dump(STACK).encode(), "llama-stack"),
        (yaml.safe_dump(VCR).encode("utf-16"), "vcr"),
        (b"\xef\xbb\xbf" + yaml.safe_dump(VCR).replace("\n", "\r\n").encode(), "vcr"),
        (b"# a comment\n---\n" + yaml.safe_dump(VCR).encode() + b"...\n", "vcr"),
        (gzip.compress(yaml.safe_dump(VCR).encode(), mtime=0), "vcr"),
        (gzip.compress(b"", mtime=0) + gzip.compress(json.dumps(HAR).encode(), mtime=0) + b"\x00" * 8, "har"),
    ],
)
def test_the_format_is_found_by_the_content(data: bytes, expected: str) -> None:
    """The name says nothing: JSON or YAML, with or without a byte order mark, flow style, UTF-16, NaN, gzip."""
    found = read_source(data, "some.txt")
    assert found.format == expected
    assert len(found.items) == 1


def test_a_format_may_be_demanded() -> None:
    """Then any other is an error that names both."""
    data = json.dumps(HAR).encode()
    assert read_source(data, "x", "har").format == "har"
    with pytest.raises(UsageError, match=r"'x' is no recording of vcr\n") as caught:
        read_source(data, "x", "vcr")
    assert caught.value.error_code == NO_RECORDING


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", UNREADABLE),
        (b" \n", UNREADABLE),
        (b"\x89PNG\r\n\x1a\n\x00\x00", UNREADABLE),
        (b"PK\x03\x04\x00\x00", UNREADABLE),
        (b'{"log": {"entries": [', UNREADABLE),
        (b"[" * 10_000, UNREADABLE),
        (b"interactions:\n- request: {a: 'b\n", UNREADABLE),
        (b"{}", NO_RECORDING),
        (b"# words\n", NO_RECORDING),
        (b"name: ci\non: push\n", NO_RECORDING),
    ],
)
def test_what_cannot_be_imported_says_why(data: bytes, code: str) -> None:
    """The message names the file; the code tells a file that is cut off from one that is something else."""
    with pytest.raises(UsageError, match=r"'a/b\.yaml' is ") as caught:
        read_source(data, "a/b.yaml")
    assert caught.value.error_code == code


def test_a_file_over_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its values would take several times as much memory."""
    monkeypatch.setattr(reading, "MAX_SOURCE", 10)
    with pytest.raises(UsageError, match="over the limit of 10"):
        read_source(b"a: 12345678", "x")


WHOLE = [yaml.safe_dump(VCR).encode(), json.dumps(STACK).encode(), json.dumps(HAR).encode()]


@given(st.sampled_from(WHOLE), st.integers(0, 300), st.integers(0, 300), st.binary(max_size=3))
def test_a_damaged_file_is_read_or_refused(data: bytes, start: int, end: int, between: bytes) -> None:
    """Cut off or with other bytes inside, it is items or an error of ours; nothing else comes out."""
    damaged = data[: min(start, end)] + between + data[max(start, end) :]
    with contextlib.suppress(UsageError):
        assert read_source(damaged, "x").items is not None


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """So is what never was a recording."""
    with contextlib.suppress(UsageError):
        read_source(data, "x")


def test_a_gzipped_file_is_whole_or_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was cut off, damaged, or stands for more than may be read is told, and so is what to do."""
    packed = gzip.compress(json.dumps(VCR).encode(), mtime=0)
    for damaged in (packed[:-1], packed[:20], packed[:10], b"\x1f\x8b", b"\x1f\x8b\x00"):
        with pytest.raises(UsageError, match="'x' is not whole gzip") as caught:
            read_source(damaged, "x")
        assert caught.value.error_code == UNREADABLE
        assert caught.value.hint
    monkeypatch.setattr(reading, "MAX_SOURCE", 1000)
    with pytest.raises(UsageError, match="over the limit of 1000"):
        read_source(gzip.compress(b"a" * 1_000_000, mtime=0), "x")


@pytest.mark.parametrize(
    ("data", "fault", "hint"),
    [
        (json.dumps(STACK).encode() + b"\n" + json.dumps(STACK).encode(), "not whole JSON", "fetch"),
        (yaml.safe_dump(VCR).encode() + b"---\n" + yaml.safe_dump(VCR).encode(), "several documents", "fetch"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS", "git lfs pull"),
    ],
)
def test_what_is_not_read_says_what_to_do(data: bytes, fault: str, hint: str) -> None:
    """Nothing of a file is dropped because something else stands before it."""
    with pytest.raises(UsageError, match=fault) as caught:
        read_source(data, "x")
    assert hint in (caught.value.hint or "")
