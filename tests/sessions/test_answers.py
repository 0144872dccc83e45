"""Answers over the wire are stored without secrets, wherever they stand, and otherwise to the byte."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.fake_keys import fill
from tests.strategies import answers

from playhead.core.placeholders import Hiding, bind_text
from playhead.core.redaction import DEFAULT, Redactor
from playhead.core.secret_names import MASK
from playhead.core.wire import Answer, WireError, bind_answer
from playhead.sessions.answers import KnownHeaders, hide_in_answer, redact_answer

KEY = fill("sk-proj-{mixed}")
PLAIN = fill("{mixed}")
"""A secret without a shape of its own, found by name or as a known value."""

KNOWING = Redactor(values=[PLAIN])

PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


def shown(answer: Answer) -> str:
    """Give everything an answer holds, as text."""
    return repr(answer)


@given(answers)
def test_an_answer_without_secrets_is_itself(answer: Answer) -> None:
    """What holds no secret is the very same object, so every byte and every cut stays."""
    assert redact_answer(answer, DEFAULT) is answer


def test_headers_are_known_under_the_rules_they_were_looked_at() -> None:
    """What was clean once need not be looked at again, unless the rules are others or the value is long."""
    one, long = ("Server", "cloudflare"), ("X-Long", "x" * 65)
    known = KnownHeaders(DEFAULT)
    assert known.fresh((one, long)) == (one, long)
    known.add((one, long))
    assert known.under(DEFAULT) is known
    assert known.fresh((one, long, ("server", "cloudflare"), ("Server", "nginx"))) == (
        long,
        ("server", "cloudflare"),
        ("Server", "nginx"),
    )
    assert known.under(KNOWING).fresh((one,)) == (one,)


def test_few_headers_are_kept_in_mind() -> None:
    """Values that never come again do not fill the memory."""
    known = KnownHeaders(DEFAULT)
    for number in range(5000):
        known.add((("X-Request-Id", str(number)),))
    fresh = known.fresh(tuple(("X-Request-Id", str(number)) for number in range(5000)))
    assert 0 < len(fresh) < 5000


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-API-Key", "x-goog-api-key", "Cookie", "Set-Cookie", "Proxy-Authorization", "X-Auth-Token"],
)
def test_headers_that_carry_credentials_are_masked(name: str) -> None:
    """The values go by name, whatever they look like; order, case, and the others stay."""
    headers = (("Date", "today"), (name, "short"), (name.lower(), "a=b; Path=/"), ("X-Request-Id", "r1"))
    found = redact_answer(Answer(200, headers, (b"x",)), DEFAULT)
    # What a client is given to keep, it looks up by name.
    kept = f"a={MASK}; Path=/" if name == "Set-Cookie" else MASK
    assert found.headers == (("Date", "today"), (name, MASK), (name.lower(), kept), ("X-Request-Id", "r1"))
    assert found.pieces == (b"x",)


def test_a_signed_address_in_a_header_is_masked() -> None:
    """A redirect to a signed URL keeps the address and loses what signs it."""
    url = f"https://bucket.example/a?X-Amz-Signature={fill('{hex}')}&part=3"
    found = redact_answer(Answer(302, (("Location", url),)), DEFAULT)
    assert found.headers == (("Location", f"https://bucket.example/a?X-Amz-Signature={MASK}&part=3"),)


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": PLAIN, "expires_in": 3600},
        {"access_token": "abc", "token_type": "Bearer"},
        {"data": [{"client_secret": PLAIN}]},
        {"refresh_token": PLAIN, "note": "gr\u00fc\u00dfe \U0001f600"},
        [{"api_key": "hunter2"}],
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_token_endpoints_lose_their_tokens(body: Any, indent: int | None) -> None:
    """What stands under a name that announces a credential is masked, and the rest has the same values."""
    data = json.dumps(body, indent=indent, ensure_ascii=False).encode()
    found = redact_answer(Answer(200, (("Content-Length", str(len(data))),), (data,)), DEFAULT)
    assert json.loads(found.content()) == DEFAULT.redact(body)
    assert found.header("content-length") == str(len(found.content()))
    assert redact_answer(found, DEFAULT) is found


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([KEY, PLAIN]))
def test_secrets_that_a_cut_runs_through_are_masked(one: int, other: int, secret: str) -> None:
    """Wherever the network cut the bytes, nothing of a secret is left in any piece."""
    data = f"data: hello {secret} world\n\ndata: more\n\n".encode()
    first, second = sorted((one, other))
    pieces = tuple(piece for piece in (data[:first], data[first:second], data[second:]) if piece)
    found = redact_answer(Answer(200, pieces=pieces), KNOWING)
    assert found.content() == f"data: hello {MASK} world\n\ndata: more\n\n".encode()
    assert len(found.pieces) <= len(pieces)


@given(st.lists(st.integers(0, 60), max_size=5))
def test_characters_that_a_cut_runs_through_stay(places: list[int]) -> None:
    """A character of several bytes comes back whole beside a masked secret, wherever it was cut."""
    data = f"gr\u00fc\u00dfe \U0001f600 {KEY} \u20ac\U0001f600\u00e9".encode()
    cuts = [0, *sorted(place % len(data) for place in places), len(data)]
    pieces = tuple(data[a:b] for a, b in itertools.pairwise(cuts))
    assert redact_answer(Answer(200, pieces=pieces), DEFAULT).content() == data.replace(KEY.encode(), MASK.encode())


@given(st.lists(st.integers(0, 200), max_size=4))
@example([14, 15])
def test_json_that_a_cut_runs_through_stays_json(places: list[int]) -> None:
    """JSON cut in the middle of a character is masked as one text and stays JSON."""
    value = {"note": "\u00e9\u20ac\U0001f600" * 4, "access_token": "abc"}
    data = json.dumps(value, ensure_ascii=False).encode()
    cuts = [0, *sorted(place % len(data) for place in places), len(data)]
    pieces = tuple(data[a:b] for a, b in itertools.pairwise(cuts))
    found = redact_answer(Answer(200, pieces=pieces), DEFAULT)
    assert json.loads(found.content()) == {**value, "access_token": MASK}


def test_json_with_a_lone_surrogate_stays_json() -> None:
    """What JSON can only say by an escape is said so again beside a masked secret."""
    data = b'{"note": "\\ud83d", "access_token": "abc", "deep": [{"password": ["x1y2z3w4"]}]}'
    found = redact_answer(Answer(200, pieces=(data,)), DEFAULT)
    assert json.loads(found.content()) == DEFAULT.redact(json.loads(data))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
    ],
)
@pytest.mark.parametrize("secret", [KEY, PLAIN])
def test_secrets_in_compressed_bodies_are_masked(encoding: str, pack: Any, secret: str) -> None:
    """A compressed body that holds a secret is kept without it, uncompressed, and its headers say so."""
    text = f"hello {secret} world"
    data = pack(text.encode())
    headers = (("Content-Encoding", encoding), ("Content-Length", str(len(data))), ("X-A", "1"))
    found = redact_answer(Answer(200, headers, (data[:9], data[9:])), KNOWING)
    wanted = text.replace(secret, MASK).encode()
    assert found.pieces == (wanted,)
    assert found.headers == (("Content-Length", str(len(wanted))), ("X-A", "1"))


def test_compressed_bodies_without_secrets_stay_compressed() -> None:
    """What need not be changed keeps its encoding, its bytes and its cuts."""
    data = gzip.compress(b"hello")
    answer = Answer(200, (("content-encoding", "gzip"),), (data[:9], data[9:]))
    assert redact_answer(answer, KNOWING) is answer


def test_a_cut_off_compressed_body_loses_its_secret() -> None:
    """A stream that its consumer left holds secrets too."""
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(f"hello {KEY} world".encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    found = redact_answer(Answer(200, (("content-encoding", "gzip"),), (data,), left=True), DEFAULT)
    assert found.content() == f"hello {MASK} world".encode()


def test_a_body_whose_encoding_nobody_knows_is_looked_at_as_it_is() -> None:
    """``aws-chunked`` and others leave the bytes as they are; a secret in them is masked."""
    answer = Answer(200, (("content-encoding", "aws-chunked"),), (f"hello {KEY}".encode(),))
    assert redact_answer(answer, DEFAULT).content() == f"hello {MASK}".encode()


def test_secrets_among_bytes_that_are_no_text_are_masked() -> None:
    """A key between bytes that are no UTF-8 goes, the bytes stay."""
    data = b"\xff\xfe " + KEY.encode() + b" \x80"
    assert redact_answer(Answer(200, pieces=(data,)), DEFAULT).content() == b"\xff\xfe " + MASK.encode() + b" \x80"


def test_secrets_in_errors_are_masked() -> None:
    """What a library says of a broken exchange may quote the request."""
    answer = Answer(error=WireError("httpx.ProxyError", "proxy", f"401 for {KEY}"))
    assert redact_answer(answer, DEFAULT) == Answer(error=WireError("httpx.ProxyError", "proxy", f"401 for {MASK}"))


@given(
    st.lists(st.sampled_from(["a", "{", '"', "\u00e9", " ", PLAIN, KEY, '"access_token":"x1y2"']), max_size=8),
    st.lists(st.integers(0, 300), max_size=4),
    st.sampled_from(["", "gzip", "deflate"]),
)
def test_no_secret_is_left_anywhere(words: list[str], places: list[int], encoding: str) -> None:
    """Whatever surrounds a secret and wherever the body is cut, nothing of it is left; masking again does nothing."""
    data = "".join(words).encode()
    data = PACKERS.get(encoding, bytes)(data)
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    pieces = tuple(data[a:b] for a, b in itertools.pairwise(cuts))
    headers = (("content-encoding", encoding), ("x", KEY)) if encoding else (("x", KEY),)
    found = redact_answer(Answer(200, headers, pieces), KNOWING)
    assert KEY not in shown(found)
    assert PLAIN not in shown(found)
    if found.pieces != pieces:
        assert not KNOWING.could_match_bytes(found.content()) or redact_answer(found, KNOWING) == found


# --- placeholders

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@given(st.lists(st.integers(0, 100), max_size=4), st.booleans())
def test_placeholders_stand_where_the_values_stood(places: list[int], packed: bool) -> None:
    """A request's volatile values are hidden in the answer wherever it is cut, and other values bound there again."""
    text = f"event for {UUID}: \u00e9 \u27e6 twice {UUID}"
    data = gzip.compress(text.encode()) if packed else text.encode()
    cuts = [0, *sorted(place % len(data) for place in places), len(data)]
    pieces = tuple(data[a:b] for a, b in itertools.pairwise(cuts))
    answer = Answer(200, (("Content-Encoding", "gzip"),) if packed else (), pieces)
    hidden = hide_in_answer(answer, Hiding([UUID], ["\u27e6uuid 1\u27e7"]))
    assert UUID.encode() not in hidden.content()
    assert bind_text(hidden.content().decode(), [UUID]) == text
    assert bind_answer(hidden, ["other"]).content().decode() == text.replace(UUID, "other")


def test_an_answer_without_the_values_is_itself() -> None:
    """Where none of the values stands nothing changes."""
    answer = Answer(200, (), (b"a", b"b"))
    assert hide_in_answer(answer, Hiding([UUID], ["\u27e6uuid 1\u27e7"])) is answer
