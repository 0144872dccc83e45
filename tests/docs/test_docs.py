"""The pages hold: every block runs, every link leads somewhere, and what they take from the code is the code's."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from playhead.providers.tiny_server import TinyServer, missing_dependency
from tests.docs.blocks import blocks_in, pages, prose_of

ROOT = Path(__file__).parents[2]
PAGES = pages(ROOT)
OFFLINE = Path(__file__).parent / "offline"

SERVER_VARIABLE = "OPENAI_BASE_URL"
"""Pages that name it are run against a real server on this machine."""

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"#+ +(.*)")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _needs_server(page: Path) -> bool:
    text = page.read_text(encoding="utf-8")
    return SERVER_VARIABLE in text or "$ playhead demo\n" in text


def needs_sdks(page: Path) -> bool:
    """Tell whether a page shows a vendor's SDK; such pages run in the environment that has them (``tests/sdks``)."""
    return re.search(r"^(import|from) (openai|anthropic)\b", page.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _skip_without_sdks(page: Path) -> None:
    if needs_sdks(page) and importlib.util.find_spec("openai") is None:
        pytest.skip("shows an SDK that is not installed here: tests/sdks/test_docs.py runs it in .venv-sdk")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Start the real server, once for this worker."""
    missing = missing_dependency()
    if missing is not None:
        pytest.skip(f"{missing} is not installed")
    with TinyServer() as started:
        yield started.base_url


def _environment(folder: Path) -> dict[str, str]:
    """Give what a reader's shell would have, and nothing of ours."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": f"{OFFLINE}{os.pathsep}{ROOT}",
        "PYTHONWARNINGS": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "playhead.pytest_plugin.plugin,playhead.pytest_vcr.plugin",
        "PYTEST_ADDOPTS": "-p no:cacheprovider -p playhead.pytest_plugin.plugin",
        "OPENAI_API_KEY": "sesame-sesame-sesame",
    }


def run_page(page: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a page in a process of its own, in a folder."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.docs.runner", str(page)],
        cwd=folder,
        env={**_environment(folder), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("page", [page for page in PAGES if not _needs_server(page)], ids=_name)
def test_every_block_of_a_page_holds(page: Path, tmp_path: Path) -> None:
    """What a page says runs, and prints what the page says it prints."""
    _skip_without_sdks(page)
    done = run_page(page, tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.real_server
@pytest.mark.parametrize("page", [page for page in PAGES if _needs_server(page)], ids=_name)
def test_every_block_of_a_page_with_a_server_holds(page: Path, tmp_path: Path, server: str) -> None:
    """The same for pages that call a model server."""
    _skip_without_sdks(page)
    done = run_page(page, tmp_path, **{SERVER_VARIABLE: server})
    assert done.returncode == 0, done.stdout


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    """A block that is not run is an exception with a reason; a new one is added here on purpose."""
    found = [
        (_name(page), block.line, reason)
        for page in PAGES
        for block in blocks_in(page.read_text(encoding="utf-8"))
        if (reason := block.note("not-run")) is not None
    ]
    assert all(reason for _, _, reason in found), found
    assert len(found) <= NOT_RUN, found


NOT_RUN = 2
"""How many blocks may go without being run."""


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """A link names a file that exists and, after ``#``, a heading in it."""
    dead: list[str] = []
    for target in _LINK.findall(prose_of(page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        if not place.exists() or (heading and heading not in _anchors(place)):
            dead.append(target)
    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_between_pages_stay_inside_the_docs(page: Path) -> None:
    """A page of ``docs/`` links to nothing outside it: the rendered pages would lead nowhere."""
    if page.parent == ROOT:
        return
    for target in _LINK.findall(prose_of(page.read_text(encoding="utf-8"))):
        if "://" not in target:
            assert (page.parent / target.partition("#")[0]).resolve().is_relative_to(ROOT / "docs"), target


def _anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub and MyST make them."""
    headings = (_HEADING.match(line) for line in page.read_text(encoding="utf-8").splitlines())
    return {re.sub(r"[^\w\- ]", "", found.group(1).lower()).replace(" ", "-") for found in headings if found}


def test_every_page_is_within_reach() -> None:
    """Every page of ``docs/`` is linked from its index, so that none is written for nobody."""
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in _LINK.findall(index.read_text(encoding="utf-8"))}
    written = {page for page in (ROOT / "docs").rglob("*.md") if page != index}
    assert not written - linked - set((ROOT / "docs" / "decisions").glob("*.md"))
