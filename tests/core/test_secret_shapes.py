"""Credentials known by their shape."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core import secret_shapes as shapes
from playhead.core.secret_shapes import SHAPES, Span

from .fake_keys import fill

EXAMPLES = {
    "sk-key": [
        "sk-{mixed}",
        "sk-proj-{mixed}",
        "sk-ant-api03-{mixed}",
        "sk_live_{mixed}",
        "sk-{lower}",
        "sk-test-{eight}-x",
    ],
    "github-token": ["ghp_{mixed}{six}", "gho_{mixed}", "ghu_{mixed}", "ghs_{mixed}", "ghr_{mixed}"],
    "github-fine-grained-token": ["github_pat_{mixed}_{mixed}"],
    "google-api-key": ["AIza{mixed}-_x"],
    "google-oauth-token": ["ya29.{mixed}-{mixed}"],
    "slack-token": ["xoxb-{digits}-{mixed}", "xoxp-{digits}-{mixed}", "xoxa-{digits}-x", "xoxo-{digits}"],
    "groq-key": ["gsk_{mixed}{mixed}"],
    "aws-access-key-id": ["AKIA{capitals}", "ASIA{capitals}"],
    "gitlab-token": ["glpat-{mixed}"],
    "hugging-face-token": ["hf_{mixed}"],
    "replicate-token": ["r8_{mixed}"],
    "xai-key": ["xai-{mixed}"],
    "perplexity-key": ["pplx-{mixed}"],
    "nvidia-key": ["nvapi-{mixed}-{mixed}"],
    "together-key": ["tgp_v1_{mixed}"],
    "langsmith-key": ["lsv2_pt_{mixed}_{six}"],
    "vault-token": ["hvs.{mixed}"],
    "databricks-token": ["dapi{hex}"],
    "npm-token": ["npm_{mixed}{six}"],
    "pypi-token": ["pypi-{mixed}-{mixed}"],
    "stripe-secret": ["whsec_{mixed}", "rk_live_{mixed}"],
    "jwt": ["eyJ{jwt_head}.eyJ{jwt_body}.{mixed}", "eyJ{jwt_head}.eyJ{jwt_body}"],
}
ALL_EXAMPLES = [(rule, text) for rule, texts in EXAMPLES.items() for text in texts]

PROSE = [
    "monkey", "turkey", "key=abc", "key:value", "the secret sauce", "token limit", "bearer of bad news",
    "basic understanding", "Basic authentication", "basic research", "risk-averse-and-hedged-positions-2024",
    "task_management_and_something_more_2", "sk-learn-contrib-something-long", "sk-", "sk-1234", "hf_transfer",
    "AKIA", "ASIA PACIFIC GROWTH 12345", "Bearer token", "bearer authentication", "Bearer $OPENAI_API_KEY",
    "the token gpt-4o-mini-2024-07-18", "a secret claude-3-5-sonnet-20241022", "eyJhbGciOiJub25lIn0",
    "http://localhost:8080/@scope/package", "mail a@b.example or see https://b.example/x:1",
    "chatcmpl-{mixed}", "call_{mixed}", "resp_{hex}{hex}", "msg_01{mixed}", "toolu_01{mixed}", "fp_44709d6fcb", "{hex}",
    "----- BEGIN PRIVATE KEY", "starts with {dashes}BEGIN PRIVATE KEY{dashes} if it is one",
]  # fmt: skip


def spans(text: str) -> list[Span]:
    """Give what all rules of the module find."""
    rules = (shapes.token_spans, shapes.scheme_spans, shapes.userinfo_spans, shapes.pem_spans)
    return sorted(span for rule in rules for span in rule(text))


def test_the_table_is_complete() -> None:
    """Each shape has an example here, and its marks consist of characters that the quick check looks for."""
    assert [shape.name for shape in SHAPES] == list(EXAMPLES)
    marks = [mark for shape in SHAPES for mark in shape.prefixes]
    assert len(set(marks)) == len(marks)
    assert set("".join(marks)) <= set(shapes.RUN_CHARACTERS)


@pytest.mark.parametrize(("rule", "text"), ALL_EXAMPLES)
@pytest.mark.parametrize(
    "around", ["%s", "a %s b", "(%s)", '{"k":"%s"}', "\u043a%s\u043a", "\n%s\n", "\ud800%s", "x=%s&y"]
)
def test_tokens_are_found_to_their_ends(rule: str, text: str, around: str) -> None:
    """Each token is found by its rule, from its mark to its end, between any neighbours but letters and digits."""
    token = fill(text)
    start = around.index("%s")
    assert list(shapes.token_spans(around % token)) == [(start, start + len(token), rule)]


@pytest.mark.parametrize(("rule", "text"), ALL_EXAMPLES)
@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\u001b", "\\x1b", "%20", "\x1b[31m", "\x1b[0m", "\\\\n"])
def test_letters_of_an_escape_do_not_hide_a_token(rule: str, text: str, escape: str) -> None:
    """A token behind an escape is found although a letter or digit stands before it."""
    token = fill(text)
    assert list(shapes.token_spans(escape + token)) == [(len(escape), len(escape + token), rule)]


@pytest.mark.parametrize(("rule", "text"), ALL_EXAMPLES)
def test_the_middle_of_a_word_is_no_token(rule: str, text: str) -> None:
    """Behind a letter or a digit no mark counts, so random base64 is safe."""
    assert not list(shapes.token_spans("a" + fill(text)))
    assert not list(shapes.token_spans("7" + fill(text)))


@pytest.mark.parametrize(("rule", "text"), ALL_EXAMPLES)
def test_the_quick_check_lets_no_token_pass(rule: str, text: str) -> None:
    """Wherever a token is found, its run of key characters is at least 16 long and the check reports it."""
    token = fill(text)
    for before in ("", " ", "\\n", "%20", "\x1b[31m", "\u043a", "a-", "x" * 40 + "/"):
        data = (before + token).encode()
        runs = [run.span() for run in re.finditer(rb"[A-Za-z0-9_.+/=~-]{16,}", data)]
        assert any(shapes.may_hold_token(data, *run) for run in runs)


@pytest.mark.parametrize("text", PROSE)
def test_prose_and_ids_survive(text: str) -> None:
    """Words, models, ids of calls and digests are no credentials."""
    assert spans(fill(text)) == []


@given(st.uuids(version=4), st.binary(max_size=64))
def test_uuids_and_digests_survive(value: uuid.UUID, data: bytes) -> None:
    """No uuid and no digest is ever taken for a credential."""
    digest = hashlib.sha256(data).hexdigest()
    assert spans(f"{value} {digest} req_{value.hex} sha256:{digest}") == []


def test_random_base64_survives() -> None:
    """Base64 of an image is left alone; a chance hit would need a rare mark at a boundary with the right length."""
    data = random.Random(7).randbytes(200_000)
    assert spans("data:image/png;base64," + base64.b64encode(data).decode()) == []


def test_a_long_token_is_masked_to_its_end() -> None:
    """A token longer than what is judged is found as a whole."""
    token = "sk-" + "aB3" * 1000
    assert list(shapes.token_spans(f"{token} x")) == [(0, len(token), "sk-key")]


@pytest.mark.parametrize(
    ("before", "secret", "after", "rule"),
    [
        ("Bearer ", "{mixed}", "", "bearer-credential"),
        ("BEARER  ", "{mixed}", " x", "bearer-credential"),
        ("got bearer ", "{lower}", ".", "bearer-credential"),
        ("Bearer ", "{six}.{six}.{six}/{six}+{six}==", "", "bearer-credential"),
        ("\u043aBearer ", "{mixed}", "\u043a", "bearer-credential"),
        ("\\nBearer ", "{mixed}", "", "bearer-credential"),
        ("Basic ", "{basic}", "", "basic-credential"),
        ("basic ", "{basic_long}", '"', "basic-credential"),
        ("BASIC ", "{basic_long}", "", "basic-credential"),
        ("token ", "{mixed}", "", "token-credential"),
        ("the secret ", "{mixed}", ", ", "secret-credential"),
        ("postgres://user:", "{short}", "@host/db", "url-password"),
        ("https://:", "{short}", "@host", "url-password"),
        ("redis://u:", "a:b", "@host", "url-password"),
        ("https://", "{mixed}", "@host", "url-password"),
    ],
)
def test_contexts(before: str, secret: str, after: str, rule: str) -> None:
    """What a scheme or a URL announces is found, without what announces it."""
    secret = fill(secret)
    start = len(before)
    assert (start, start + len(secret), rule) in spans(before + secret + after)


@pytest.mark.parametrize("text", ["xBearer {mixed}", "http://{user}:{password}@host", "a://u:$PASS@h", "a://u:@h"])
def test_no_contexts(text: str) -> None:
    """A longer word is no scheme, and a template holds no password."""
    assert spans(fill(text)) == []


@pytest.mark.parametrize(
    "block",
    [
        "{dashes}BEGIN PRIVATE KEY{dashes}\nMIIE{mixed}\n{mixed}==\n{dashes}END PRIVATE KEY{dashes}",
        "{dashes}BEGIN RSA PRIVATE KEY{dashes}\\nMIIE{mixed}\\n{dashes}END RSA PRIVATE KEY{dashes}",
        "{dashes}BEGIN PGP PRIVATE KEY BLOCK{dashes}\nVersion: x\n\n{mixed}\n{dashes}END PGP PRIVATE KEY BLOCK{dashes}",
        "{dashes}BEGIN OPENSSH PRIVATE KEY{dashes} {mixed} {mixed}",
        "{dashes}BEGIN EC PRIVATE KEY{dashes}\n{mixed}\n{mixed}",
    ],
)
def test_private_keys(block: str) -> None:
    """A PEM block goes as a whole, with real or escaped line ends, also when it was cut off."""
    text = fill(f'a="{block}" b')
    assert list(shapes.pem_spans(text)) == [(3, 3 + len(fill(block)), "private-key")]


@given(st.text(alphabet=string.ascii_letters + string.digits + "+/=-_", max_size=24))
def test_basic_is_user_and_password(value: str) -> None:
    """Only base64 of printable text with a colon is a Basic credential."""
    if shapes.is_basic(value):
        data = value.rstrip("=").replace("-", "+").replace("_", "/")
        assert b":" in base64.b64decode(data + "=" * (-len(data) % 4))


@given(st.text(max_size=12), st.text(max_size=12))
def test_basic_credentials_are_found(user: str, password: str) -> None:
    """The header that a client makes of printable names is found."""
    pair = f"{user}:{password}".encode("utf-8", "replace")
    if any(byte < 0x20 or byte == 0x7F for byte in pair) or len(pair) < 3:
        return
    text = f"Basic {base64.b64encode(pair).decode()}"
    assert [(span[0], span[1]) for span in shapes.scheme_spans(text)][:1] == [(6, len(text))]
    assert shapes.may_hold_basic(text.encode())
