"""What of vcrpy's configuration our cassettes honour, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from playhead.core.wire import Answer
from playhead.errors import UsageError
from playhead.pytest_vcr import hooks
from playhead.pytest_vcr.terms import Terms, terms_of
from playhead.wire.exchange import Sent

pytest_plugins = ("pytester",)

SENT = Sent("POST", "http://one.test/a?key=secret&b=c", "/a", "key=secret&b=c", b'{"a": 1}', "application/json")


class _Hook:
    """A suite's conftest."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def pytest_recording_configure(self, config: pytest.Config, vcr: Any) -> None:
        self._function(vcr)


@pytest.fixture
def config(pytester: pytest.Pytester) -> pytest.Config:
    """A configuration with the hook."""
    made = pytester.parseconfig("-p", "no:playhead_vcr", "-p", "no:cassetter")
    made.pluginmanager.add_hookspecs(hooks)
    return made


def test_nothing_said(config: pytest.Config) -> None:
    """Nothing is changed."""
    assert terms_of({"record_mode": "once"}, config) == Terms()
    assert terms_of({"allow_playback_repeats": True}, config) == Terms(repeats=True)
    assert terms_of({"filter_headers": ["authorization"], "match_on": ["method", "body"]}, config) == Terms()


def test_filters_and_hooks_of_requests(config: pytest.Config) -> None:
    """Filters and hooks change what is matched and stored of a request, in vcrpy's order."""

    def scrub(request: Any) -> Any:
        request.body = request.body.replace(b"1", b"2")
        return request

    keywords = {
        "filter_query_parameters": ["key"],
        "filter_post_data_parameters": ["x"],
        "before_record_request": scrub,
    }
    change = terms_of(keywords, config).change_sent
    assert change is not None
    changed = change(SENT)
    assert (changed.url, changed.path, changed.query) == ("http://one.test/a?b=c", "/a", "b=c")
    assert json.loads(changed.body) == {"a": 2}
    assert (changed.method, changed.content_type) == ("POST", "application/json")


def test_hooks_set_on_the_object(config: pytest.Config) -> None:
    """What the suite's hook sets counts like the configuration, which wins; it can ask for the backend."""
    seen: list[str] = []

    def configure(vcr: Any) -> None:
        seen.append(vcr.backend)
        vcr.before_record_request = lambda request: request
        vcr.ignore_hosts = ["telemetry.test"]
        vcr.register_serializer("unused", object())
        vcr.register_matcher("unused", lambda one, other: None)

    config.pluginmanager.register(_Hook(configure))
    terms = terms_of({"ignore_localhost": True}, config)
    assert seen == ["cassette"]
    assert terms.change_sent is not None
    assert terms.change_answer is None
    assert terms.ignore_hosts == ("telemetry.test", "localhost", "127.0.0.1", "0.0.0.0", "::1")


def test_hooks_of_answers(config: pytest.Config) -> None:
    """A hook changes what is stored of an answer; one whose body it leaves alone keeps its pieces."""

    def hook(response: dict[str, Any]) -> dict[str, Any]:
        response["headers"].pop("x-secret")
        if response["body"]["string"] == b"secret":
            response["body"]["string"] = "HIDDEN"
        return response

    change = terms_of({"before_record_response": hook}, config).change_answer
    assert change is not None
    headers = (("x-secret", "s"), ("a", "1"), ("a", "2"))
    changed = change(Answer(200, headers, (b"sec", b"ret")))
    assert (changed.headers, changed.pieces, changed.status) == ((("a", "1"), ("a", "2")), (b"HIDDEN",), 200)
    assert change(Answer(200, headers, (b"o", b"k"))).pieces == (b"o", b"k")


def test_hooks_that_leave_calls_out(config: pytest.Config) -> None:
    """With vcrpy such a request goes out to the network: here it is an error that says what to do."""
    terms = terms_of({"before_record_request": lambda _: None, "before_record_response": lambda _: None}, config)
    assert terms.change_sent is not None
    assert terms.change_answer is not None
    with pytest.raises(
        UsageError, match=r"gave None for POST http://one.test/a, .*\nhint: name the host in ignore_hosts"
    ):
        terms.change_sent(SENT)
    with pytest.raises(UsageError, match="gave None"):
        terms.change_answer(Answer(200))


@pytest.mark.parametrize(
    ("keywords", "what"),
    [
        ({"match_on": ["headers"]}, "the matcher 'headers'"),
        ({"filter_sensitive_data": [("<KEY>", "k")]}, "filter_sensitive_data"),
        ({"before_save_interaction": print}, "before_save_interaction"),
        ({"after_load_interaction": print}, "after_load_interaction"),
        ({"drop_unused_requests": True}, "drop_unused_requests"),
        ({"custom_patches": ((json, "x", 1),)}, "custom_patches"),
        ({"skip_patchers": ("httpx",)}, "skip_patchers"),
        ({"inject_cassette": True}, "inject"),
        ({"persister": object()}, "a persister of the suite's own"),
        ({"ignore_hosts": [re.compile("a.*")]}, "the expression re.compile"),
    ],
)
def test_refused(config: pytest.Config, keywords: dict[str, Any], what: str) -> None:
    """What cannot be honoured is never ignored in silence."""
    with pytest.raises(
        pytest.UsageError, match=rf"^{re.escape(what)}.* cannot be honoured .*\nhint: .*vcr-backend = 'yaml'"
    ):
        terms_of(keywords, config)


@pytest.mark.parametrize(
    ("configure", "what"),
    [
        (lambda vcr: vcr.register_serializer("yaml", object()), "a serializer of the suite's own"),
        (lambda vcr: vcr.register_persister(object()), "a persister of the suite's own"),
        (lambda vcr: vcr.register_matcher("method", test_refused), "the matcher 'test_refused'"),
    ],
)
def test_refused_of_the_hook(config: pytest.Config, configure: Any, what: str) -> None:
    """Nor is what the suite's hook puts in place of something."""
    config.pluginmanager.register(_Hook(configure))
    with pytest.raises(pytest.UsageError, match=rf"^{what} cannot be honoured .*\nhint: .*vcr\.backend == 'yaml'"):
        terms_of({}, config)


def test_unknown_keyword(config: pytest.Config) -> None:
    """A keyword that is misspelt is told; vcrpy takes it and does nothing."""
    with pytest.raises(pytest.UsageError, match="has no 'filter_header'\nhint: it has additional_matchers"):
        terms_of({"filter_header": ["a"]}, config)
