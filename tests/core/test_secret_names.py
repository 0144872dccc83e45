"""Names that announce a credential, and values that look like one."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.secret_names import (
    ENDINGS,
    LIKELY_NAMES,
    MASK,
    PARAMETER_ENDINGS,
    PARAMETER_NAMES,
    SURE_NAMES,
    Names,
    Strength,
    check_name,
    fold_name,
    is_issued,
    is_masked,
    is_parameter,
    is_placeholder,
    is_random,
    is_reference,
    is_secret_under,
    last_words,
)
from playhead.errors import UsageError

from .fake_keys import PARTS


def words(text: str) -> list[str]:
    """Give the words of a table."""
    return text.split()


SURE = words("""
    authorization Proxy-Authorization api_key apikey apiKey APIKey x-api-key api-key X-Goog-Api-Key
    access_key secret_access_key aws_secret_access_key client_secret password passwd dbPassword
    userpassword cookie Set-Cookie access_token accessToken refresh_token id_token session_token
    private_key webhook_secret secret_key OPENAI_API_KEY HF_TOKEN SLACK_BOT_TOKEN APP_SECRET DB_PASSWORD
    OPENAI_API_KEY_2 api_key1 X-Vault-Token x-amz-security-token Ocp-Apim-Subscription-Key myapikey
""")
LIKELY = words("""
    token secret auth Token my-secret userToken x-token bearer credential credentials
""")
WEAK = words("""
    mistral_key openaiKey some-key
""")
NONE = words("""
    prompt_tokens max_tokens token_count tokens_used total_tokens completion_tokens tokens key KEY keys
    monkey turkey author authority secretary tokenizer page_token next_page_token nextPageToken
    EOS_TOKEN MAX_TOKEN stop_token cache_key prompt_cache_key primary_key public_key idempotency_key
    signature name model secrets passwords id password_hint api_key_id oauth 1 _ - ключ
""")


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        *((name, Strength.SURE) for name in SURE),
        *((name, Strength.LIKELY) for name in LIKELY),
        *((name, Strength.WEAK) for name in WEAK),
        *((name, Strength.NONE) for name in (*NONE, "", " ", "\ud800", "x" * 10_000, "token" + "x" * 100)),
    ],
)
def test_strength(name: str, strength: Strength) -> None:
    """Each name has the strength of the table, whatever its case and marks; counts and cursors have none."""
    assert Names().strength(name) is strength


def test_a_users_names_add_to_the_built_in_ones() -> None:
    """A further name is sure in any spelling, takes no built-in name away, and can make a plain key one."""
    names = Names(["X-Team-Pass", "oauth2", "key"])
    assert {names.strength(name) for name in ("x_team_pass", "XTEAMPASS", "x-team-pass", "OAuth2", "key", "Key")} == {
        Strength.SURE
    }
    assert names.strength("password") is Strength.SURE
    assert names.strength("team_pass") is Strength.NONE
    assert names.strength("oauth") is Strength.NONE


@pytest.mark.parametrize("name", ["", "a" * 65, "a=b", "a:b", 'a"b', "-a", "a\n", "ключ", "a/b", " a"])
def test_bad_names_are_refused(name: str) -> None:
    """What cannot be a header's or key's name is a wrong use, with the rule as the next step."""
    with pytest.raises(UsageError, match="cannot be the name of a credential") as caught:
        check_name(name)
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("words", "quoted", "strength"),
    [
        ("the API key", False, Strength.SURE),
        ("an access token", False, Strength.SURE),
        ("an invalid token", False, Strength.LIKELY),
        ("export HF_TOKEN", False, Strength.SURE),
        ("next page token", False, Strength.NONE),
        ("the key", False, Strength.WEAK),
        ("key", True, Strength.NONE),
        ("a monkey", False, Strength.NONE),
        ("", False, Strength.NONE),
    ],
)
def test_strength_before(words: str, quoted: bool, strength: Strength) -> None:
    """In a text a name may be two words, and a quoted plain key is data."""
    assert Names().strength_before(words, quoted=quoted) is strength


def test_every_name_has_an_ending() -> None:
    """The quick check looks for the endings alone, so each name must have one."""
    assert all(name.encode().endswith(ENDINGS) for name in SURE_NAMES | LIKELY_NAMES)
    assert all(name.encode().endswith(ENDINGS + PARAMETER_ENDINGS) for name in PARAMETER_NAMES)


@given(st.text(max_size=70))
def test_a_name_with_strength_ends_in_an_ending(name: str) -> None:
    """A name that has any strength ends, without marks and digits, in one of the endings."""
    names = Names(["key", "oauth2"])
    if names.strength(name) is not Strength.NONE:
        tail = name.encode("utf-8", "surrogatepass").lower().translate(None, b"-_. 0123456789")
        assert tail.endswith(names.endings)


@given(st.text(max_size=70))
def test_folding_is_stable(name: str) -> None:
    """Folding a folded name changes nothing, and a name has at most four last words."""
    assert fold_name(fold_name(name)) == fold_name(name)
    assert len(last_words(name)) <= 4


@pytest.mark.parametrize(
    "name", ["key", "api_key", "access_token", "sig", "X-Amz-Signature", "X-Amz-Credential", "token"]
)
def test_parameters(name: str) -> None:
    """In a URL these carry a credential."""
    assert is_parameter(name, Names())


@pytest.mark.parametrize("name", ["q", "page_token", "cache_key", "max_tokens", "api-version", "signed", ""])
def test_other_parameters(name: str) -> None:
    """In a URL these carry none."""
    assert not is_parameter(name, Names())
    assert is_parameter("q", Names(["q"]))


@pytest.mark.parametrize("text", [MASK, "***", "", "  ", f"Bearer {MASK}", f" {MASK} ", "\u2022\u2022"])
def test_masked(text: str) -> None:
    """A mask, alone or behind its scheme, hides what there was."""
    assert is_masked(text)
    assert not is_secret_under(Strength.SURE, text)


@pytest.mark.parametrize("text", [f"{MASK}x", "Bearer", "*x", f"{MASK} and more"])
def test_not_masked(text: str) -> None:
    """Anything beside a mask may be the credential itself."""
    assert not is_masked(text)
    assert is_secret_under(Strength.SURE, text)


@pytest.mark.parametrize("text", ["env:OPENAI_API_KEY", "vault:secret/openai#api_key", "keyring:a/b", "file:/run/key"])
def test_references(text: str) -> None:
    """The name of the place where a secret is kept may be stored."""
    assert is_reference(text)
    assert not is_secret_under(Strength.SURE, text)


@pytest.mark.parametrize("text", ["env:", "env:a b", "vault:", "environment:X", "env:X\n", "http://x"])
def test_no_references(text: str) -> None:
    """Nothing else passes for a reference."""
    assert not is_reference(text)


@pytest.mark.parametrize(
    "text",
    words("""
        None null string <key> <your-key> ${KEY} $API_KEY $api_key {{key}} {key} YOUR_API_KEY your-key *** xxx ... %s
        %(key)s EMPTY ollama not-needed
    """),
)
def test_placeholders(text: str) -> None:
    """What prose and code write in a credential's place is none."""
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["Pa$sword1", "$ecret123", "{", "a{b}c", "hunter2", "x1", "nullable", "my-key-1"])
def test_no_placeholders(text: str) -> None:
    """A value that merely contains such a mark may be a credential."""
    assert not is_placeholder(text)


@pytest.mark.parametrize("text", [PARTS["mixed"], PARTS["eight"], PARTS["hex"], str(uuid.UUID(int=7**40))])
def test_issued(text: str) -> None:
    """Unbroken parts that mix letters and digits look issued by a machine."""
    assert is_issued(text, 8)


@pytest.mark.parametrize(
    "text", ["gpt-4o-2024-08-06", "claude-3-5-sonnet-20241022", "1234567890", "internationalization", "a1", "x.y1", ""]
)
def test_not_issued(text: str) -> None:
    """Words, numbers, versions and models do not."""
    assert not is_issued(text, 8)


@pytest.mark.parametrize(
    ("text", "random"),
    [
        (PARTS["mixed"], True),
        (PARTS["mixed"].lower(), True),
        (PARTS["hex"], False),
        (PARTS["hex"].upper(), False),
        (PARTS["mixed"][:19], False),
        ("a" * 40, False),
        ("user:" + PARTS["eight"], False),
    ],
)
def test_random(text: str, random: bool) -> None:
    """A bare key of 32 characters can be nothing else; a digest, a word or a short value can."""
    assert is_random(text) is random
