"""Recorded calls as a cassette that vcrpy reads."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.wire import Answer, WireError
from playhead.errors import MissingDependencyError
from playhead.interchange import vcr
from playhead.interchange.sending import Wired
from playhead.interchange.source import Exchange, Unusable
from playhead.interchange.vcr_writing import cassette, interaction_of
from playhead.interchange.yaml_reading import read_yaml

ASKED = Wired("POST", "https://h/x", "application/json", b"{}")


def test_an_interaction_is_as_vcrpy_writes_it() -> None:
    """Text where it can be, a list of values a header, the status line."""
    answer = Answer(200, (("A", "1"), ("a", "2")), ("ü".encode(),))
    assert interaction_of(ASKED, answer) == {
        "request": {
            "body": "{}",
            "headers": {"content-type": ["application/json"]},
            "method": "POST",
            "uri": "https://h/x",
        },
        "response": {
            "body": {"string": "ü"},
            "headers": {"A": ["1", "2"]},
            "status": {"code": 200, "message": "OK"},
        },
    }


def test_a_request_without_a_body_has_none() -> None:
    """And no content type."""
    found = interaction_of(ASKED._replace(body=b"", content_type=""), Answer(204))
    assert found["request"] == {"body": None, "headers": {}, "method": "POST", "uri": "https://h/x"}


def test_a_broken_exchange_cannot_be_carried_over() -> None:
    """There is no answer to play."""
    with pytest.raises(Unusable, match=r"broke \(httpx\.ReadTimeout\)"):
        interaction_of(ASKED, Answer(error=WireError("httpx.ReadTimeout", "read-timeout")))


@given(st.binary(max_size=50), st.text(max_size=20).map(str.encode), st.sampled_from([200, 404, 599]))
def test_every_byte_comes_back(asked: bytes, answered: bytes, status: int) -> None:
    """Whatever bodies hold, the file is read back as the same request and answer."""
    answer = Answer(status, (("b", "1"), ("a", "2")), (answered,) if answered else ())
    data = cassette([interaction_of(ASKED._replace(body=asked), answer)])
    (found,) = vcr.read(read_yaml(data))
    assert isinstance(found, Exchange)
    assert found.sent.body == asked
    assert found.answer.content() == answered
    assert found.answer.status == status


def test_without_pyyaml_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for only when YAML is written."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingDependencyError, match="to write YAML"):
        cassette([])
