"""The request of a recorded call, as it went over the wire."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

import playhead
from playhead.core.evidence import Interaction
from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.wire import Answer
from playhead.interchange.importing import import_files
from playhead.interchange.sending import wired
from playhead.interchange.source import Unusable
from tests.interchange.test_importing import CHAT, call, write


def interaction(tmp_path: Path) -> Interaction:
    """Give a recorded call of OpenAI's chat."""
    import_files([write(tmp_path / "a.yaml", call("hi", "hello"))], tmp_path)
    return next(iter(playhead.open_cassette(tmp_path / "a.cassette")))


def test_a_request_is_written_by_its_dialect(tmp_path: Path) -> None:
    """Method and address as recorded, the body with the values that were sent."""
    found = wired(interaction(tmp_path))
    assert (found.method, found.url, found.content_type) == ("POST", CHAT, "application/json")
    assert json.loads(found.body) == {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def test_plain_http_is_written_as_what_it_is() -> None:
    """A form stays a form, and its address is the recorded one."""
    params = {
        "method": "POST",
        "url": "https://h/x",
        "query": [],
        "content_type": "application/x-www-form-urlencoded",
        "body": {"form": {"a": ["1"]}},
    }
    request = CompletionRequest(
        params=params, family=Family.HTTP, operation="http", context={"method": "PUT", "url": "https://h/y"}
    )
    found = wired(Interaction(request, Completion(), "http", "0" * 64, 0, answer=Answer(200)))
    assert found == ("PUT", "https://h/y", "application/x-www-form-urlencoded", b"a=1")


def test_what_has_no_http_is_left_out(tmp_path: Path) -> None:
    """A call at the provider seam, one of no dialect that is known, and one whose address was not kept."""
    whole = interaction(tmp_path)
    seam = Interaction(CompletionRequest("hi"), Completion("hello"), "stub", "0" * 64, 0)
    request = msgspec.structs.replace(whole.request, operation="unheard.of")
    unknown = msgspec.structs.replace(whole, request=request)
    nowhere = msgspec.structs.replace(whole, request=msgspec.structs.replace(whole.request, context={}))
    for one, reason in ((seam, "provider seam"), (unknown, "nothing here writes"), (nowhere, "the address")):
        with pytest.raises(Unusable, match=reason):
            wired(one)
