"""The pages that show a vendor's SDK run here, where the SDKs are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("openai")

from playhead.providers.tiny_server import TinyServer, missing_dependency
from tests.docs.blocks import pages
from tests.docs.test_docs import ROOT, SERVER_VARIABLE, needs_sdks, run_page

PAGES = [page for page in pages(ROOT) if needs_sdks(page)]


def test_there_are_such_pages() -> None:
    """Without one this file would pass for nothing."""
    assert PAGES


@pytest.mark.real_server
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_with_an_sdk_holds(page: Path, tmp_path: Path) -> None:
    """What a page says runs against the real server, and prints what the page says it prints."""
    missing = missing_dependency()
    if missing is not None:
        pytest.skip(f"{missing} is not installed")
    with TinyServer() as server:
        done = run_page(page, tmp_path, **{SERVER_VARIABLE: server.base_url})
    assert done.returncode == 0, done.stdout
