"""
What of vcrpy's configuration a cassette of our own honours; what it cannot honour is refused, with what to do instead.

Requests and answers pass through the suite's hooks as vcrpy builds them: filters, ``before_record_request`` and
``before_record_response``. What is matched is what our cassettes match: all a request says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from playhead.core.wire import Answer
from playhead.errors import UsageError
from playhead.wire.exchange import Sent

_LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - names that vcrpy leaves alone; nothing is bound

_OF_ENTRIES = ("before_save_interaction", "after_load_interaction", "filter_sensitive_data")
_HONOURED = frozenset(
    {
        *("record_mode", "match_on", "additional_matchers", "allow_playback_repeats", "record_on_exception"),
        *("filter_headers", "filter_query_parameters", "filter_post_data_parameters"),
        *("filter_nested_post_data_parameters", "before_record", "before_record_request", "before_record_response"),
        *("decode_compressed_response", "ignore_hosts", "ignore_localhost", "allowed_hosts", "serializer"),
        *("drop_unused_requests", "custom_patches", "skip_patchers", "persister", "inject_cassette", *_OF_ENTRIES),
    }
)
"""Keywords that are known; ``allowed_hosts`` is that of the network."""


class Terms(NamedTuple):
    """
    What a configuration comes to.

    Attributes:
        change_sent: Changes a request before it is matched and stored.
        change_answer: Changes an answer before it is stored.
        ignore_hosts: Hosts whose traffic passes by.
        repeats: Whether the first answer to a request is given for ever.
    """

    change_sent: Callable[[Any], Any] | None = None
    change_answer: Callable[[Answer], Answer] | None = None
    ignore_hosts: tuple[str, ...] = ()
    repeats: bool = False


def terms_of(keywords: Mapping[str, Any], config: pytest.Config) -> Terms:
    """
    Weigh a test's configuration and the suite's hook.

    Args:
        keywords: The configuration of the test.
        config: The run's.

    Raises:
        pytest.UsageError: Something of it cannot be honoured.
    """
    unknown = sorted(keywords.keys() - _HONOURED)
    if unknown:
        raise pytest.UsageError(
            f"the configuration of vcr has no {unknown[0]!r}\nhint: it has {', '.join(sorted(_HONOURED))}"
        )
    hooked = bool(config.hook.pytest_recording_configure.get_hookimpls())
    if not hooked and keywords.keys() <= {"record_mode", "allow_playback_repeats", "record_on_exception"}:
        return Terms(
            repeats=bool(keywords.get("allow_playback_repeats"))
        )  # vcrpy need not be imported, which takes 0.4 s
    return _weighed(keywords, config)


def _weighed(keywords: Mapping[str, Any], config: pytest.Config) -> Terms:
    import vcr
    from vcr import matchers
    from vcr.serializers import jsonserializer, yamlserializer

    made: Any = vcr.VCR()
    made.backend = "cassette"
    persister = made.persister
    config.hook.pytest_recording_configure(config=config, vcr=made)
    merged: dict[str, Any] = made.get_merged_config(path="-", **{**keywords, "record_mode": "none"})
    known: Any = matchers
    matched = (known.method, known.uri, known.scheme, known.host, known.port, known.path, known.query)
    for matcher in merged["match_on"]:
        if matcher not in (*matched, known.body, known.raw_body):
            name = getattr(matcher, "__qualname__", repr(matcher))
            raise _refused(
                f"the matcher {name!r}",
                "all a request says is matched, headers left out; loosen it by the fixture playhead_matching, or "
                "register it and name it in match_on where vcr.backend == 'yaml' alone",
            )
    if merged["serializer"] not in (yamlserializer, jsonserializer):
        raise _refused(
            "a serializer of the suite's own",
            "cassettes are written in Playhead's format; register it where vcr.backend == 'yaml' alone, and change "
            "what is recorded by before_record_request and before_record_response",
        )
    if merged["persister"] is not persister:
        raise _refused("a persister of the suite's own", "register it where vcr.backend == 'yaml' alone")
    for name in (*_OF_ENTRIES, "custom_patches", "skip_patchers", "drop_unused_requests", "inject"):
        if merged.get(name):
            raise _refused(f"{name}", _INSTEAD.get(name, "leave it out where vcr.backend == 'cassette'"))
    return Terms(
        change_sent=_change_sent(merged["before_record_request"]) if _changes_requests(keywords, made) else None,
        change_answer=_change_answer(merged["before_record_response"]) if _changes_answers(keywords, made) else None,
        ignore_hosts=_ignored(keywords, made),
        repeats=bool(merged["allow_playback_repeats"]),
    )


_INSTEAD = {
    "filter_sensitive_data": "secrets are redacted; add your own by the fixture playhead_redactor",
    "before_save_interaction": "use before_record_request and before_record_response",
    "drop_unused_requests": "--record-mode=all records a cassette anew",
}


def _refused(what: str, instead: str) -> pytest.UsageError:
    return pytest.UsageError(
        f"{what} cannot be honoured by cassettes of Playhead's\n"
        f"hint: {instead}; or keep the suite on vcrpy's cassettes (vcr-backend = 'yaml')"
    )


def _changes_requests(keywords: Mapping[str, Any], made: Any) -> bool:
    # Request headers are not stored, so that filter_headers alone has nothing to do.
    names = ("filter_query_parameters", "filter_post_data_parameters", "before_record_request", "before_record")
    return any(keywords.get(name, getattr(made, name, None)) for name in names)


def _changes_answers(keywords: Mapping[str, Any], made: Any) -> bool:
    names = ("before_record_response", "decode_compressed_response")
    return any(keywords.get(name, getattr(made, name, None)) for name in names)


def _ignored(keywords: Mapping[str, Any], made: Any) -> tuple[str, ...]:
    hosts: tuple[Any, ...] = tuple(keywords.get("ignore_hosts", made.ignore_hosts))
    for host in hosts:
        if not isinstance(host, str):
            raise _refused(f"the expression {host!r} in ignore_hosts", "name the hosts: 'name' or '*.name'")
    return (*hosts, *(_LOCAL if keywords.get("ignore_localhost", made.ignore_localhost) else ()))


def _change_sent(function: Callable[[Any], Any]) -> Callable[[Any], Sent]:
    import vcr.request

    request_of: Any = vcr.request.Request

    def change(sent: Any) -> Sent:
        headers = {"content-type": sent.content_type} if sent.content_type else {}
        changed = function(request_of(sent.method, sent.url, sent.body or None, headers))
        if changed is None:
            address = sent.url.partition("?")[0]
            raise UsageError(
                f"before_record_request gave None for {sent.method} {address}, so that it would go out",
                hint="name the host in ignore_hosts",
            )
        uri: str = changed.uri
        parts = urlsplit(uri)
        body = changed.body or b""
        return Sent(
            method=changed.method.upper(),
            url=parts._replace(fragment="").geturl(),
            path=parts.path or "/",
            query=parts.query,
            body=body.encode() if isinstance(body, str) else bytes(body),
            content_type=sent.content_type,
        )

    return change


def _change_answer(function: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        headers: dict[str, list[str]] = {}
        for name, value in answer.headers:
            headers.setdefault(name, []).append(value)
        body = answer.content()
        given = {
            "status": {"code": answer.status, "message": answer.reason},
            "headers": headers,
            "body": {"string": body},
        }
        changed = function(given)
        if changed is None:
            raise UsageError(
                "before_record_response gave None, and an answer that is not stored could not be replayed",
                hint="name the host in ignore_hosts, or return the answer",
            )
        said = changed["body"]["string"]
        said = said.encode() if isinstance(said, str) else bytes(said)
        return answer._replace(
            status=changed["status"]["code"],
            reason=changed["status"]["message"] or "",
            headers=tuple((name, value) for name, values in changed["headers"].items() for value in values),
            pieces=answer.pieces if said == body else (said,) if said else (),
        )

    return change
