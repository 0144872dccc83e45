"""Credentials that a text gives to a name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.secret_assignments import assigned_spans
from playhead.core.secret_names import MASK, Names

from .fake_keys import fill

FOUND = [
    "api_key=<{eight}>", "api_key=<abcd>", "apikey=<{mixed}>", "api_key:<abcd>", "api_key = '<{eight}>'",
    'api_key="<{word}>",', '"api_key": "<{eight}>"', '{"api_key":"<{word}>"}', "{'password': '<{word}>'}",
    'r = {\\"api_key\\": \\"<{eight}>\\"}', 'x = "{\\\\\\"api_key\\\\\\": \\\\\\"<{eight}>\\\\\\"}"',
    "`api_key`: `<{eight}>`", 'os.environ["API_KEY"] = "<{eight}>"', "x-api-key: <{eight}>",
    "api-key: <{hex}>", "X-Goog-Api-Key: <{eight}>", "**Password:** <{short}>", "**password**: <{short}>",
    "API key: <{eight}{eight}>", "the access token: <{eight}>", "secret_key=<{eight}>",
    "aws_secret_access_key = <{mixed}/{six}+>", "OPENAI_API_KEY=<{eight}>", "export HF_TOKEN=<{eight}>",
    "DB_PASSWORD=<{word}>", "password=<{short}>", "password: <{short}>", "passwd=<{word}>",
    "password=<p@ss!word>", "password: <1234>", "PASSWORD=<{word}>;", "password=<{word}>&x=1",
    "password := <{short}>", 'if password == "<{word}>":',
    'password=f"<{short}>"', "password: <{short}>.", "token=<{six}>", "token: <{eight}>",
    "secret=<{eight}>", "auth=<{eight}>", '"token": "<{eight}>"', "secret: '<{mixed}>'", "key=<{mixed}>",
    "key: <{mixed}>", "mistral_key=<{mixed}>", '"password": "<{quoted}>", "x": 1',
    "Authorization: <{eight}>", "Authorization: Basic <{basic}>", "Authorization: Bearer <{six}>",
    'curl -H "Authorization: Bearer <{six}>"', '{"Authorization":"Bearer <{word}>"}',
    "Authorization: token <{eight}>",
    "authorization: <AWS4-HMAC-SHA256 Credential={six}/x, Signature={hex}>",
    "Proxy-Authorization: Basic <{basic}>", "Authorization: Bearer <{eight}>, and more",
    "Cookie: <session={six}; other=1>", "set-cookie: <a={six}; Path=/>", '"Cookie": "<a={six}>"',
    "https://x.example/v1?key=<{eight}{six}>&q=1", "?api_key=<{word}>", "&sig=<{eight}%2F{six}>",
    "?X-Amz-Signature=<{hex}>", "?token=<{eight}>)", "endpoint;AccountKey=<{mixed}==>",
    "\u043apassword=<{short}>", "password=<p\u00e4ss{six}>", "a=1 b:2 password=<{short}>",
    "password=<{short}> password=<{word}>",
]  # fmt: skip

SURVIVES = [
    "monkey=abc12345", "turkey: abc12345", "key=abc", "key:value", "key: value", "the secret: a sauce",
    "token limit: 4096", "max_tokens: 4096", "max_tokens=4096", "tokens: 12ab34cd", "password = getpass()",
    "password=getpass.getpass(1)", "def tokenise(auth: Auth)", "api_key=os.environ['X']",
    "api_key=config.api_key,", "f(api_key=api_key)", "api_key=my_key", "password: str",
    "password: Optional[str] = None", "password=None", "token: str = field(repr=False)", "token = next(it)",
    "self.token = token", "for key in keys: pass", "key: {hex}{hex}", '"key": "{mixed}"',
    "'key': '{mixed}'", '"key":"{mixed}"', "api_key=${OPENAI_API_KEY}", "api_key=$OPENAI_API_KEY",
    "api_key=<your key>", "api_key=YOUR_API_KEY", 'api_key="YOUR_API_KEY"',
    'password: "Enter your password"', '"password": "string"', '"password": ""', "password=", "password:",
    '"password": {"type": "string"}', '"password": 12345678', '"password":null', "password: case-sensitive",
    "Password: see-the-docs", "password: [1]", "api_key: https://docs.example/v1", "password=***",
    "api_key=not-needed", "Authorization: required for all", "Authorization: Bearer $KEY",
    "Authorization: Bearer <token>", "Authorization:", 'f"Authorization: Bearer {key}"',
    "Authorization: Bearer tokens are sent", "Cookie: chocolate chip", "cookie=",
    "invalid token: expected 3", "page_token={mixed}", "next_page_token: {mixed}", "cache_key={mixed}",
    "public_key={mixed}", "signature: {mixed}", '"signature":"{mixed}"', "sig={mixed}", "?page=2&sort=key",
    "?key=abc", "?token=abc", "?key=name", "auth: enabled", "secret: true", "token count: 128k",
    '{"text":"Passphrase:"},{"type":"x"}', '["password:","user:"]', '{"a":[{"b":"password: "}],"c":"d"}',
    "a key=" + "x" * 40, "SERVER_AUTH = '1.3.6.1.5.5.7.3.1'", "password\n= {short}",
    "password" + " " * 20 + "= {short}", "12:30:45", "a==b", "=", ":", "::", "é=é", "x=1",
]  # fmt: skip


def marked(text: str) -> str:
    """Put what is found in angle brackets; what two places agree on, once."""
    found = {at for start, end, _ in assigned_spans(text, Names()) for at in range(start, end)}
    parts = [
        ("<" if at in found and at - 1 not in found else "")
        + character
        + (">" if at in found and at + 1 not in found else "")
        for at, character in enumerate(text)
    ]
    return "".join(parts)


@pytest.mark.parametrize("text", [fill(text) for text in FOUND])
def test_values_are_found(text: str) -> None:
    """A plausible value of a name that announces a credential is found, exactly and without its quotes."""
    assert marked(text.replace("<", "").replace(">", "")) == text


@pytest.mark.parametrize("text", [fill(text) for text in SURVIVES])
def test_prose_and_code_survive(text: str) -> None:
    """Words, types, variables, calls, placeholders and counts behind the same names are left alone."""
    assert list(assigned_spans(text, Names())) == []


def test_an_arrow() -> None:
    """Ruby's arrow is a mark as well."""
    assert list(assigned_spans(fill('password => "{word}"'), Names())) == [(13, 22, "assignment")]


def test_a_users_name() -> None:
    """A further name makes its value a credential like the built-in ones."""
    names = Names(["X-Team-Pass"])
    assert list(assigned_spans(fill("x_team_pass: {short}"), names)) == [(13, 20, "assignment")]
    assert list(assigned_spans(fill('"X-Team-Pass":"{word}"'), names)) == [(15, 24, "assignment")]


@pytest.mark.parametrize("text", [f"password={MASK}", f'"password": "{MASK}"', f"Authorization: Bearer {MASK}"])
def test_a_mask_before_the_end_of_a_piece(text: str) -> None:
    """What stands before a mask, seen alone, is no credential."""
    assert list(assigned_spans(text.partition(MASK)[0], Names())) == []


@given(st.text(max_size=30))
def test_json_stays_json(value: str) -> None:
    """Masking a text value in JSON leaves valid JSON with the mask in its place, whatever the value holds."""
    text = json.dumps({"a": 1, "password": value, "b": 2})
    spans = sorted(assigned_spans(text, Names()), reverse=True)
    masked = text
    for start, end, _ in spans:
        masked = masked[:start] + MASK + masked[end:]
    assert json.loads(masked) in ({"a": 1, "password": value, "b": 2}, {"a": 1, "password": MASK, "b": 2})


def test_a_long_value_goes_to_its_end() -> None:
    """What is judged is bounded; what is masked is not."""
    value = "a1" * 5000
    assert list(assigned_spans(f"password={value} x", Names())) == [(9, 9 + len(value), "assignment")]
