"""The page that lists the SDKs is written from the tables that are proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sdks.cases import NOT_HERE

pytest.importorskip("openai", reason=NOT_HERE)

from tools import sdk_table


def test_the_page_is_what_the_tables_say() -> None:
    """The versions, features and rows on the page are those of this environment and these tests."""
    page = sdk_table.PAGE.read_text(encoding="utf-8")
    assert page == sdk_table.renewed(page), "run make sdk-table"


def test_every_table_is_on_the_page() -> None:
    """An SDK that is proven is listed."""
    files = Path(__file__).parent.glob("test_*.py")
    proven = {path for path in files if "\n    sdk = SDK\n" in path.read_text(encoding="utf-8")}
    assert {path.stem.removeprefix("test_") for path in proven} == set(sdk_table.TABLES)
