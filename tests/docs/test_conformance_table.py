"""The page of the five systems lists every behaviour, and each is proven by tests that are there."""

from __future__ import annotations

import re

from tools import conformance_table

PAGE = conformance_table.PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([A-Z]{2}-\d\d) \| (.*) \| (.*) \| (.*) \|$", re.MULTILINE)


def test_each_behaviour_is_proven() -> None:
    """Every id has at least one test, no test names one that does not exist, and the page has no other result."""
    proven = {proof.id for proof in conformance_table.proofs()}
    assert proven == set(conformance_table.ids())
    assert [row[0] for row in ROW.findall(PAGE)] == conformance_table.ids()
    assert {row[3] for row in ROW.findall(PAGE)} == {"passed"}


def test_the_page_is_up_to_date() -> None:
    """What the page says of each behaviour, and of where it is tested, is what the tests say now."""
    found = conformance_table.proofs()
    passed = {(proof.file, proof.test): "passed" for proof in found}
    tables = conformance_table.table(found, passed)
    assert conformance_table.renewed(PAGE, tables) == PAGE, "run make conformance"


def test_a_behaviour_without_a_test_shows() -> None:
    """What is not proven, failed or was skipped is said, not left out."""
    (proof, *_) = conformance_table.proofs()
    key = (proof.file, proof.test)
    assert "| not proven |" in conformance_table.table([], {})
    for result in ("failed", "skipped: no server"):
        assert f"| {result} |" in conformance_table.table([proof], {key: result})
    assert "| not run |" in conformance_table.table([proof], {})
