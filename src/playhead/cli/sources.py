"""The requests a command line names: a file, or standard input."""

from __future__ import annotations

import sys

from playhead.harness.golden_requests import GoldenRequest, parse_requests, read_requests


def read_source(source: str) -> list[GoldenRequest]:
    """
    Read requests from a file, or from standard input where the name is ``-``.

    Raises:
        UsageError: Lines are not requests, or there are none.
    """
    if source == "-":
        return parse_requests(sys.stdin.buffer.read(), source="standard input")
    return read_requests(source)
