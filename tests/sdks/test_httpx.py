"""httpx by itself: whatever HTTP has, and a vendor's protocol spoken by hand."""

from __future__ import annotations

import pytest

from tests.sdks.cases import NOT_HERE
from tests.sdks.httpx_rows import table
from tests.sdks.prover import StreamingProver

SDK = table(pytest.importorskip("httpx", reason=NOT_HERE))


class TestHttpx(StreamingProver):
    """Every row of the table."""

    sdk = SDK
