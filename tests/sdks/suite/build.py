"""Writes the suite: a test for each recording of the corpus, in modules of the recordings' folders."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "vcr"

HERE = Path(__file__).parent

SETTINGS = """
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""

CONFTEST = '''
import json
import os
import re

import body_serializer
import pytest


def pytest_recording_configure(config, vcr):
    if getattr(vcr, "backend", "yaml") == "yaml":
        vcr.register_serializer("yaml", body_serializer)

    def method(one, other):
        if one.method.upper() != other.method.upper():
            raise AssertionError(f"{one.method} != {other.method}")

    def path(one, other):
        return one.path.partition("#")[0] == other.path.partition("#")[0]

    if getattr(vcr, "backend", "yaml") == "yaml":
        vcr.register_matcher("method", method)
        vcr.register_matcher("path", path)


def scrub(request):
    for name in list(request.headers):
        if re.match(r"(?i)authorization|x-api-key|x-goog-api-key|x-amz-", name):
            request.headers.pop(name)
    return request


@pytest.fixture(scope="module")
def vcr_config():
    return {
        "ignore_localhost": True,
        "filter_headers": ["authorization", "x-api-key", "cookie"],
        "before_record_request": scrub,
        "decode_compressed_response": True,
    }


def pytest_runtest_logreport(report):
    """Keep what became of each phase, and what it took."""
    with open(os.environ["OUTCOMES"], "a") as file:
        file.write(json.dumps([report.nodeid, report.when, report.outcome, report.duration]) + "\\n")


@pytest.fixture(autouse=True)
def all_is_played(vcr):
    yield
    if vcr is not None:
        assert vcr.all_played, f"{vcr.play_count} of {len(vcr)} played"
'''

MODULE = """
import json

import pytest
from senders import send

pytestmark = [pytest.mark.vcr]


def resend(vcr):
    for request, response in zip(list(vcr.requests), list(vcr.responses), strict=True):
        answer = send(request)
        assert answer.status == response["status"]["code"]
        if answer.text and answer.text[:1] in "{[":
            assert json.loads(answer.text) == json.loads(response["body"]["string"])
    assert vcr.play_count == len(vcr)
"""

PLAIN = """

def {name}(vcr):
    resend(vcr)
"""

VARIED = """

@pytest.mark.parametrize("case", {cases!r})
def {name}(vcr, case):
    resend(vcr)
"""

FAILING = """

@pytest.mark.default_cassette({cassette!r})
def test_other_path_{number}(vcr):
    import httpx

    with pytest.raises(Exception, match="(?s)."):
        httpx.post("https://api.openai.com/v1/never", json={{}}, trust_env=False)
    vcr.rewind()
    resend(vcr)


@pytest.mark.default_cassette({cassette!r})
def test_fails_{number}(vcr):
    resend(vcr)
    resend(vcr)


@pytest.mark.default_cassette({cassette!r})
def test_unplayed_{number}(vcr):
    pass
"""


def build(folder: Path) -> int:
    """
    Write the suite into a folder.

    Returns:
        How many recordings it is over.
    """
    shutil.copytree(CORPUS, folder / "cassettes", dirs_exist_ok=True)
    for name in ("senders.py", "body_serializer.py"):
        shutil.copy(HERE / name, folder / name)
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "conftest.py").write_text(CONFTEST)
    count = 0
    for place in sorted(path for path in CORPUS.iterdir() if path.is_dir()):
        names = sorted(path.name.removesuffix(".yaml") for path in place.glob("*.yaml") if ".xai." not in path.name)
        count += len(names)
        (folder / f"{place.name}.py").write_text(MODULE + _tests(names))
    return count


def _tests(names: list[str]) -> str:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        cls, _, test = name.rpartition(".") if re.match(r"Test\w+\.", name) else ("", "", name)
        base, _, case = test.partition("[")
        found[cls, base].append(case.removesuffix("]"))
    text = ""
    classes: defaultdict[str, str] = defaultdict(str)
    for (cls, base), cases in found.items():
        written = VARIED.format(name=base, cases=cases) if cases != [""] else PLAIN.format(name=base)
        if cls:
            classes[cls] += written.replace("(vcr", "(self, vcr").replace("resend(self, vcr)", "resend(vcr)")
        else:
            text += written
    for cls, body in classes.items():
        text += f"\n\nclass {cls}:" + body.replace("\n", "\n    ").rstrip() + "\n"
    return text + FAILING.format(cassette=names[0], number=1)
