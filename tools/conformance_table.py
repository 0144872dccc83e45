"""
Write ``docs/reference/conformance.md``: every behaviour of the five provider systems, the tests that prove it, and how
those ended.

    make conformance

A test's name has the ids it proves: ``test_px_14_...``, ``test_px_16_px_18_...``. They run in both environments, since
some need the vendors' SDKs; a test holds the page to the tests there are.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "conformance.md"
START, END = "<!-- conformance -->\n", "<!-- /conformance -->"


class System(NamedTuple):
    """A provider system: how its ids begin, how many behaviours it has, and its name."""

    prefix: str
    behaviours: int
    title: str


SYSTEMS = (
    System("PX", 27, "Paxman"),
    System("CP", 21, "ClosedPaw"),
    System("LS", 20, "Llama Stack"),
    System("EK", 15, "ExecutionKit"),
    System("PL", 20, "Pipelex"),
)

_IDS = re.compile(r"(?<=_)(px|cp|ls|ek|pl)_(\d\d)(?=_|$)")


class Proof(NamedTuple):
    """
    A test of a behaviour.

    Attributes:
        id: The behaviour: ``PX-14``.
        file: The test's file, from the root.
        test: The function.
        says: The first sentence of what it says must hold.
    """

    id: str
    file: str
    test: str
    says: str


def proofs() -> list[Proof]:
    """Give every test that names a behaviour, by id, then by file."""
    found = [proof for path in sorted((ROOT / "tests").rglob("test_*.py")) for proof in _in_file(path)]
    return sorted(found, key=lambda proof: (proof.id, "conformance" not in proof.file, proof.file))


def _in_file(path: Path) -> Iterator[Proof]:
    source = path.read_text(encoding="utf-8")
    if not _IDS.search(source):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            says = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
            for prefix, number in _IDS.findall(node.name):
                yield Proof(f"{prefix.upper()}-{number}", str(path.relative_to(ROOT)), node.name, says)


def ids() -> list[str]:
    """Give every behaviour there is."""
    return [f"{system.prefix}-{number:02}" for system in SYSTEMS for number in range(1, system.behaviours + 1)]


def run(found: Iterable[Proof]) -> dict[tuple[str, str], str]:
    """Run the tests where they belong, and give how each ended: ``passed``, ``failed`` or why it was skipped."""
    files = sorted({proof.file for proof in found})
    with_sdks = [file for file in files if file.startswith("tests/sdks")]
    ended = _ended(".venv", [file for file in files if file not in with_sdks])
    return {**ended, **(_ended(".venv-sdk", with_sdks) if with_sdks else {})}


def _ended(environment: str, files: list[str]) -> dict[tuple[str, str], str]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        wanted = " or ".join(f"{system.prefix.lower()}_" for system in SYSTEMS)
        python = str(ROOT / environment / "bin" / "python")
        options = ["-q", "-p", "no:randomly", "-o", "junit_family=xunit1", f"--junitxml={report}", "-k", wanted]
        subprocess.run([python, "-m", "pytest", *options, *files], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        return _read(ElementTree.parse(report).iter("testcase"))


def _read(cases: Iterable[ElementTree.Element]) -> dict[tuple[str, str], str]:
    ended: dict[tuple[str, str], set[str]] = {}
    for case in cases:
        name = (case.get("file") or "", (case.get("name") or "").partition("[")[0])
        ended.setdefault(name, set()).add(_outcome(case))
    return {name: _worst(outcomes) for name, outcomes in ended.items()}


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped")
    return "passed" if skipped is None else f"skipped: {skipped.get('message') or 'no reason'}"


def _worst(outcomes: set[str]) -> str:
    if "failed" in outcomes:
        return "failed"
    return "passed" if "passed" in outcomes else min(outcomes)


def table(found: Iterable[Proof], ended: Mapping[tuple[str, str], str]) -> str:
    """Give the tables, one a system."""
    by_id: dict[str, list[Proof]] = {}
    for proof in found:
        by_id.setdefault(proof.id, []).append(proof)
    lines: list[str] = []
    for system in SYSTEMS:
        lines += [f"\n## {system.title}\n", "| id | what holds | tests | result |", "|---|---|---|---|"]
        for number in range(1, system.behaviours + 1):
            lines.append(_row(f"{system.prefix}-{number:02}", by_id, ended))
    return "\n".join(lines) + "\n\n"


def _row(name: str, by_id: Mapping[str, list[Proof]], ended: Mapping[tuple[str, str], str]) -> str:
    tests = by_id.get(name, [])
    if not tests:
        return f"| {name} | - | none | not proven |"
    results = {ended.get((proof.file, proof.test), "not run") for proof in tests}
    files: dict[str, int] = {}
    for proof in tests:
        files[proof.file] = files.get(proof.file, 0) + 1
    where = ", ".join(f"`{file.removeprefix('tests/')}` ({count})" for file, count in files.items())
    says = tests[0].says.replace("``", "`").replace("|", "\\|")
    return f"| {name} | {says} | {where} | {', '.join(sorted(results))} |"


def renewed(page: str, tables: str) -> str:
    """Give the page with its tables made anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{tables}{END}{after}"


def main() -> int:
    """Run the tests and write the page; the exit code says whether every behaviour is proven."""
    found = proofs()
    tables = table(found, run(found))
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return int("| not proven |" in tables or "failed" in tables)


if __name__ == "__main__":
    sys.exit(main())
