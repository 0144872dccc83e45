"""Where a server is and who asks, without a secret showing."""

from __future__ import annotations

import pytest

from playhead.errors import InferenceProviderError, UsageError
from playhead.providers.endpoint import Address, Headers, Key
from playhead.providers.secrets import SecretResolver, resolved_values


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.example/v1", "https://api.example/v1/chat/completions"),
        ("https://api.example/v1/", "https://api.example/v1/chat/completions"),
        ("http://localhost:4000", "http://localhost:4000/chat/completions"),
        ("http://localhost:4000/", "http://localhost:4000/chat/completions"),
        ("https://x.example/d?api-version=2024-06-01", "https://x.example/d/chat/completions?api-version=2024-06-01"),
        ("https://x.example/a%2Fb?q=a%20b&q=#top", "https://x.example/a%2Fb/chat/completions?q=a%20b&q="),
        ("http://[::1]:80/v1", "http://[::1]:80/v1/chat/completions"),
        ("HTTPS://api.example/v1", "https://api.example/v1/chat/completions"),
    ],
)
def test_paths_are_appended(base_url: str, expected: str) -> None:
    """A path goes behind the address's own and before its query, which stays as it is."""
    address = Address(base_url)
    address.check()
    assert address.url("/chat/completions") == expected


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.example/v1",
        "ftp://api.example",
        "file:///etc/hosts",
        "https://",
        "http:/x",
        "//x/y",
        "http://a:b/",
        "http://[x",
    ],
)
def test_other_addresses_are_refused(base_url: str) -> None:
    """What is not http or https with a host is the caller's mistake."""
    with pytest.raises(UsageError, match="not an http or https address"):
        Address(base_url).check()


def test_ek_08_credentials_in_an_address_do_not_show() -> None:
    """Password and key of an address are sent, remembered for redaction, and shown by no repr."""
    address = Address("https://user:addr%2Dpass-1@api.example/v1?key=addr-query-key1&api-version=2024")
    address.check()
    assert "addr-query-key1" in address.url("/x")
    assert {"addr-pass-1", "addr-query-key1"} <= resolved_values()
    for shown in (repr(address), str(address), repr(vars(address))):
        assert "addr-query-key1" not in shown
        assert "addr%2Dpass-1" not in shown
    assert "api.example" in str(address)
    assert "api-version=2024" in str(address)


def key_of(value: str, *, reference: str = "test:place") -> Key:
    """Give a key whose reference stands for the value."""
    return Key(literal=None, reference=reference, resolver=SecretResolver({"test": lambda place: value}))


def test_no_key() -> None:
    """Without a key there is none, and an empty one counts as none."""
    for literal in (None, ""):
        key = Key(literal=literal, reference=None)
        key.check()
        assert key.current() is None
        assert repr(key) == "api_key=None"


@pytest.mark.parametrize("length", [1, 3, 1000])
def test_ek_07_literal_key_does_not_show(length: int) -> None:
    """A literal key of any length is masked, and remembered for redaction."""
    key = Key(literal="q" * length, reference=None)
    key.check()
    assert repr(key) == str(key) == "api_key='***'"
    assert "q" not in repr(vars(key)).replace("reference", "").replace("SecretResolver(schemes=['env', 'file'])", "")
    found = key.current()
    assert found is not None
    assert found.reveal() == "q" * length
    assert found.reveal() in resolved_values()


def test_px_09_a_key_given_as_a_reference_does_not_show() -> None:
    """What was pasted as a reference is masked wherever the key is printed."""
    key = Key(literal=None, reference="sk-pasted-as-reference-0123456789")
    key.check()
    assert repr(key) == "api_key_ref='***'"
    assert "pasted" not in repr(vars(key))


def test_reference_is_shown_and_read_late() -> None:
    """A reference is shown as it is and read by a call only."""
    key = key_of("endpoint-value-1")
    key.check()
    assert repr(key) == "api_key_ref='test:place'"
    assert "endpoint-value-1" not in resolved_values()
    found = key.current()
    assert found is not None
    assert found.reveal() == "endpoint-value-1"
    assert "endpoint-value-1" in resolved_values()


def test_key_and_reference_are_refused_together() -> None:
    """Which of the two is meant cannot be told."""
    with pytest.raises(UsageError, match="both given"):
        Key(literal="a", reference="env:B").check()


@pytest.mark.parametrize("value", ["unsendable key", "unsendable\nkey", "unsendable\n", " unsendable", "unsendableé"])
def test_px_09_a_key_that_cannot_be_sent(value: str) -> None:
    """Such a key is refused before the HTTP library quotes it."""
    with pytest.raises(UsageError, match="cannot be sent") as literal:
        Key(literal=value, reference=None).check()
    with pytest.raises(InferenceProviderError, match=r"'test:place'.*cannot be sent") as referenced:
        key_of(value).current()
    assert referenced.value.error_code == "INFERENCE_PROVIDER_KEY_REFERENCE"
    assert referenced.value.context == {"api_key_ref": "test:place"}
    assert "unsendable" not in str(literal.value) + str(referenced.value)


def test_headers() -> None:
    """Headers are given back, their names shown, and credentials among them remembered."""
    headers = Headers({"api-key": "header-key-1", "X-Team": "header-team", "Authorization": "Bearer header-key-2"})
    headers.check()
    assert {name: value.reveal() for name, value in headers.items()} == {
        "api-key": "header-key-1",
        "X-Team": "header-team",
        "Authorization": "Bearer header-key-2",
    }
    assert repr(headers) == "['Authorization', 'X-Team', 'api-key']"
    assert "header-key" not in repr(vars(headers))
    assert {"header-key-1", "header-key-2"} <= resolved_values()
    assert "header-team" not in resolved_values()


@pytest.mark.parametrize(("name", "value"), [("a b", "x"), ("", "x"), ("a", "x\ny"), ("a", ""), ("a", "é"), ("é", "x")])
def test_headers_that_cannot_be_sent(name: str, value: str) -> None:
    """A header that no server could read is the caller's mistake, and its value is not shown."""
    with pytest.raises(UsageError, match="cannot be sent"):
        Headers({name: value}).check()
