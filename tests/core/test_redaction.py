"""No secret reaches the disk."""

from __future__ import annotations

import base64
import copy
import enum
import json
import pickle
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import playhead.core
from playhead.core import canonical, secret_cues
from playhead.core.redaction import DEFAULT, Finding, Redactor, find_secrets, redact_text
from playhead.core.secret_names import MASK
from playhead.errors import RecordingError, UsageError

from .fake_keys import PARTS, fill
from .test_secret_assignments import FOUND, SURVIVES
from .test_secret_shapes import ALL_EXAMPLES, PROSE

KEY = "sk-proj-" + PARTS["mixed"]
VALUES = [
    KEY,
    "p\u00e4ss w\u00f6rd!1",
    'q"u\\o\nte',
    PARTS["short"],
    "abc",
    "test",
    PARTS["mixed"][:20],
    '\ud800"mask me"',
]
REDACTORS = {
    "default": DEFAULT,
    "values": DEFAULT.with_values(VALUES),
    "names": Redactor(names=["X-My-Cred", "oauth2", "key"], values=VALUES[:2]),
    "shapes": Redactor(shapes=[r"the (?P<secret>\S+)", "x"]),
}

# --- texts that hold secrets by chance, from the pieces of which they are made

FRAGMENTS = [
    *(fill(text) for _, text in ALL_EXAMPLES), *(mark for mark in ("sk-", "AKIA", "eyJ", "hf_", "AIza")),
    *PARTS.values(), "Bearer ", "basic ", "Basic ", "token ", "api_key", "apiKey", "password", "token",
    "key", "Authorization", "Cookie", "signature", "HF_TOKEN", "x-my-cred", "=", ":", " = ", ": ", '"',
    "'", "`", "\\", "\\n", "\n", " ", MASK, "[RED", "ACTED]", "https://", "user", "@", "host", "?", "&",
    "%20", "\x1b[31m", "(", ")", "{", "}", ",", ";", "*", "None", "the ", "x", "-", "_", "/", "+",
    "\u00e9", "\u043a", "\u212a", "\ud800", "\U0001f600", "1", "12345", "EMPTY", *VALUES,
    *(json.dumps(value)[1:-1] for value in VALUES),
    *(quote(value, safe="", errors="surrogatepass") for value in VALUES),
    *(base64.b64encode(before + value.encode("utf-8", "surrogatepass")).decode()
      for value in VALUES for before in (b"", b"a", b"ab")),
]  # fmt: skip

texts = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join) | st.text(max_size=20)
keys = texts | st.sampled_from(["api_key", "x-my_cred", "OAuth2", "password", "token", "key", "content", "a", "$a", ""])
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.binary(max_size=20)
values = st.recursive(
    texts | scalars | texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
redactors = st.sampled_from(list(REDACTORS.values()))


@settings(max_examples=300)
@given(values, redactors)
def test_what_is_redacted_is_clean_and_stays(value: Any, redactor: Redactor) -> None:
    """After redaction nothing is found, redacting again changes nothing, and a clean value is not copied."""
    before = copy.deepcopy(value)
    redacted = redactor.redact(value)
    assert value == before
    assert find_secrets(redacted, redactor) == []
    assert redactor.redact(redacted) is redacted
    assert (redacted is value) == (not find_secrets(value, redactor))


@settings(max_examples=300)
@given(values, redactors)
def test_the_quick_answer_changes_nothing(value: Any, redactor: Redactor) -> None:
    """Where the bytes say that nothing can match, nothing does, in the value and in its canonical form."""
    data = canonical.encode(value)
    if not redactor.could_match_bytes(data):
        assert redactor.redact(value) is value
        normal = canonical.normalise(value)
        assert redactor.redact(normal) is normal


class _NoCues:
    """Stands for the quick look and lets every rule run."""

    def find(self, data: bytes, *, in_json: bool = False) -> int:
        return secret_cues.ALL


@settings(max_examples=300)
@given(texts, redactors)
def test_the_quick_look_at_a_text_changes_nothing(text: str, redactor: Redactor) -> None:
    """Running every rule on every text finds what running the suspected ones does."""
    thorough = Redactor()
    thorough._search = copy.copy(redactor._search)
    thorough._search._cues = _NoCues()  # type: ignore[assignment]
    assert thorough.redact_text(text) == redactor.redact_text(text)


@given(values, redactors)
def test_the_canonical_form_is_redacted_alike(value: Any, redactor: Redactor) -> None:
    """Redacting before or after the escape forms gives the same bytes; keys that fall together keep their order."""
    assume(MASK + " (2)" not in str(redactor.redact(value)))
    after = redactor.redact(canonical.normalise(value))
    assert canonical.encode_normal(after) == canonical.encode(redactor.redact(value))


@given(st.lists(texts, max_size=6), redactors)
def test_pieces(pieces: list[str], redactor: Redactor) -> None:
    """A text in pieces is masked as the whole is, in as many pieces; clean pieces come back as they are."""
    masked = redactor.redact_pieces(pieces)
    assert "".join(masked) == redactor.redact_text("".join(pieces))
    assert len(masked) == len(pieces)
    assert (masked is pieces) == (redactor.redact_text("".join(pieces)) == "".join(pieces))


def test_a_key_cut_by_a_stream() -> None:
    """A mask stands where the key starts, and the next pieces lose what they hold of it."""
    assert DEFAULT.redact_pieces(["a ", KEY[:5], KEY[5:20], KEY[20:] + " b", " c"]) == ["a ", MASK, "", " b", " c"]


@given(st.sampled_from(VALUES[:4]), st.text(max_size=9), st.text(max_size=9))
def test_a_known_value_is_nowhere(value: str, before: str, after: str) -> None:
    """The literal value is gone from text, keys, JSON in text and bytes, whatever surrounds it."""
    redactor = REDACTORS["values"]
    text = before + value + after
    held = {"a": [text, {text: 1}], "b": json.dumps({"c": text}), "d": text.encode("utf-8", "surrogatepass")}
    assert redactor.could_match_bytes(canonical.encode(held))
    redacted = redactor.redact(held)
    assert value not in redacted["a"][0]
    assert not any(value in key for key in redacted["a"][1])
    assert value not in str(json.loads(redacted["b"]))
    assert value.encode() not in redacted["d"]
    assert value not in str(find_secrets(held, redactor))


# --- texts


@pytest.mark.parametrize("text", [fill(text) for _, text in ALL_EXAMPLES])
def test_shapes_go(text: str) -> None:
    """Each shape is replaced by the mask."""
    assert redact_text(f"failed with {text}.") == f"failed with {MASK}."


@pytest.mark.parametrize("text", [fill(text) for text in FOUND])
def test_assignments_go(text: str) -> None:
    """Each value that a text gives to a name is replaced by the mask; the rest stays."""
    bare = text.replace("<", "").replace(">", "")
    secret = text[text.index("<") + 1 : text.index(">")]
    redacted = redact_text(bare)
    assert secret not in redacted
    assert MASK in redacted
    assert redacted.startswith(text[: text.index("<")])


@pytest.mark.parametrize("text", [fill(text) for text in [*PROSE, *SURVIVES]])
def test_ordinary_texts_stay(text: str) -> None:
    """Prose, code and ids come back as the same object; only a template's filled-in shape would not."""
    assert redact_text(text) is text


def test_values_of_the_function() -> None:
    """The module's function takes the values for one call."""
    assert redact_text("a hunter b", values=["hunter"]) == f"a {MASK} b"
    assert redact_text("a hunter b") == "a hunter b"


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://h/v1?key={short}", f"https://h/v1?key={MASK}"),
        ("https://h/v1?q=1&API-Key=1&x=2#f", f"https://h/v1?q=1&API-Key={MASK}&x=2#f"),
        ("https://h/?access_token=a;sig=b", f"https://h/?access_token={MASK};sig={MASK}"),
        ("https://h/cb#access_token=a&state=b", f"https://h/cb#access_token={MASK}&state=b"),
        (
            "https://h/?X-Amz-Signature=a&X-Amz-Credential=b%2Fc",
            f"https://h/?X-Amz-Signature={MASK}&X-Amz-Credential={MASK}",
        ),
        ("https://h/?api%5Fkey=a", f"https://h/?api%5Fkey={MASK}"),
        ("https://u:{six}@h/", f"https://u:{MASK}@h/"),
        ("https://u:{six}@q@h/", f"https://u:{MASK}@h/"),
        ("//u:{six}@h", f"//u:{MASK}@h"),
        ("https://{mixed}@h/", f"https://{MASK}@h/"),
        ("https://h/sk-{mixed}/x", f"https://h/{MASK}/x"),
        ("https://h/?page_token=a&q=key", None),
        ("https://u@h/p", None),
        ("https://u:@h/p", None),
        ("https://h/a//x:y@z", None),
        ("https://h/?key=&token=[REDACTED]", None),
        ("not a url", None),
        ("", None),
    ],
)
def test_urls(url: str, redacted: str | None) -> None:
    """Passwords and parameters that carry a credential go whatever they look like, once; the rest stays."""
    url = fill(url)
    result = DEFAULT.redact_url(url)
    if redacted is None:
        assert result is url
    else:
        assert result == redacted
        assert DEFAULT.redact_url(result) is result


def test_headers() -> None:
    """Headers that carry a credential are masked, also by a user's name; order, case and repeats stay."""
    pairs = [
        ("Authorization", "Bearer x"), ("X-API-KEY", "a"), ("cookie", "a=b"), ("Set-Cookie", "a"),
        ("set-cookie", "sid=a; Path=/; Secure"), ("set-cookie", f"sid={MASK}; Path=/"), ("set-cookie", f"{KEY}=a"),
        ("x-my-token", "short"), ("Content-Type", "application/json"),
        ("x-ratelimit-remaining-tokens", "9"), ("X-Team", "a"), ("X-Team", "b"),
        ("Location", "https://h/?key=a"), ("x-note", KEY), ("api-key", MASK),
        ("Proxy-Authorization", f"Bearer {MASK}"),
    ]  # fmt: skip
    redacted = Redactor(names=["x_team"]).redact_headers(pairs)
    assert [name for name, _ in redacted] == [name for name, _ in pairs]
    assert [value for _, value in redacted] == [
        MASK, MASK, MASK, MASK, f"sid={MASK}; Path=/; Secure", f"sid={MASK}; Path=/", f"{MASK}={MASK}",
        MASK, "application/json", "9", MASK, MASK, f"https://h/?key={MASK}", MASK,
        MASK, f"Bearer {MASK}",
    ]  # fmt: skip
    assert Redactor(names=["x_team"]).redact_headers(redacted) == redacted


# --- values


class Colour(enum.StrEnum):
    """A text that is not plainly one."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ({"api_key": "x"}, {"api_key": MASK}),
        ({"apiKey": "the one"}, {"apiKey": MASK}),
        ({"password": ["a", "", "b"]}, {"password": [MASK, "", MASK]}),
        ({"password": b"a"}, {"password": MASK.encode()}),
        ({"password": {"$bytes": "YQ=="}}, {"password": {"$bytes": "W1JFREFDVEVEXQ=="}}),
        ({"token": PARTS["eight"], "secret": PARTS["mixed"]}, {"token": MASK, "secret": MASK}),
        ({"mistral_key": PARTS["mixed"]}, {"mistral_key": MASK}),
        ([(KEY, 1), {KEY: KEY}], [(MASK, 1), {MASK: MASK}]),
        ({"a" + KEY: 1, "b": 2}, None),
        ({KEY: 1, KEY + "x": 2}, {MASK: 1, f"{MASK} (2)": 2}),
        ({1: KEY, None: "a"}, {1: MASK, None: "a"}),
        ({"content": [{"text": f"use {KEY}"}]}, {"content": [{"text": f"use {MASK}"}]}),
        (f"x {KEY}".encode(), f"x {MASK}".encode()),
        (bytearray(KEY.encode()), MASK.encode()),
        ({"$map": [["password", "a"], [1, 2]]}, {"$map": [["password", MASK], [1, 2]]}),
        (MappingProxyType({"password": "a"}), {"password": MASK}),
    ],
)
def test_values_are_redacted(value: Any, redacted: Any) -> None:
    """Texts go by name, shape and value, in any place of a value; the shape of the value stays."""
    result = DEFAULT.redact(value)
    if redacted is None:
        assert result is value
    else:
        assert result == redacted
        assert type(result) is type(redacted)


@pytest.mark.parametrize(
    "value",
    [
        {"prompt_tokens": 4, "max_tokens": 4096, "token_count": "many", "tokens": ["api", "key"]},
        {"token": " Hello", "logprob": -0.1, "top_logprobs": [{"token": "user123"}]},
        {"secret": "the secret sauce", "key": PARTS["mixed"], "auth": "basic", "signature": PARTS["mixed"]},
        {"properties": {"password": {"type": "string"}, "api_key": {"type": "string", "description": "the key"}}},
        {"password": None, "api_key": "", "secret_key": 7, "cookie": True},
        {"api_key": "env:OPENAI_API_KEY", "password": "***", "authorization": f"Bearer {MASK}"},
        {"id": "chatcmpl-" + PARTS["mixed"], "call_id": "call_" + PARTS["mixed"], "next_page_token": PARTS["mixed"]},
        {"$bytes": "no base64!"},
        {"$f32": "AAAA"},
        {Colour.RED: Colour.RED},
        [1.5] * 20,
        object(),
        {1, 2},
    ],
)
def test_values_are_left_alone(value: Any) -> None:
    """Counts, texts of models, schemas, references and ids come back as the same object."""
    assert DEFAULT.redact(value) is value
    assert find_secrets(value) == []


def test_the_nesting_is_bounded() -> None:
    """A value deeper than canonical JSON may be is refused, also one that holds itself."""
    deep: Any = KEY
    for _ in range(canonical.MAX_DEPTH):
        deep = [deep]
    assert MASK in str(DEFAULT.redact(deep))
    for value in ([deep], _endless()):
        with pytest.raises(RecordingError, match="nested deeper than 64"):
            DEFAULT.redact(value)
        with pytest.raises(RecordingError, match="nested deeper than 64"):
            find_secrets(value)


def _endless() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


def test_findings_have_paths_and_rules() -> None:
    """A finding tells where and by which rule, in the order of the value, and never shows the secret."""
    redactor = Redactor(values=[PARTS["word"]], shapes=["EMP-[0-9]+"])
    value: Mapping[Any, Any] = {
        "request": {"messages": [{"content": f"{KEY} and {KEY}"}, {"content": "EMP-1"}]},
        "headers": {"x-api-key": "a", "odd key": "Bearer " + PARTS["mixed"]},
        KEY: {"b": PARTS["word"]},
        7: {"u": fill("x://u:{short}@h"), "v": {"$bytes": base64.b64encode(KEY.encode()).decode()}},
    }
    assert find_secrets(value, redactor) == [
        Finding("$.request.messages[0].content", "sk-key"),
        Finding("$.request.messages[1].content", "custom"),
        Finding("$.headers.x-api-key", "name"),
        Finding("$.headers['odd key']", "bearer-credential"),
        Finding("$['[REDACTED]']", "sk-key"),
        Finding("$['[REDACTED]'].b", "value"),
        Finding("$[int].u", "url-password"),
        Finding("$[int].v", "sk-key"),
    ]


# --- the rules


def test_a_users_rules_add() -> None:
    """With further names, shapes and values the built-in rules still work."""
    redactor = Redactor(names=["x-team"], shapes=["EMP-[0-9]+"], values=[PARTS["word"]])
    assert redactor.redact({"X_Team": "a", "password": "a", "t": f"EMP-7 {PARTS['word']} {KEY}"}) == {
        "X_Team": MASK,
        "password": MASK,
        "t": f"{MASK} {MASK} {MASK}",
    }
    with pytest.raises(UsageError):
        Redactor(names=["a=b"])
    with pytest.raises(UsageError):
        Redactor(shapes=["("])


def test_with_values_is_another_redactor() -> None:
    """More values make another redactor; known ones the same; the first never changes."""
    one = Redactor(names=["x-team"])
    two = one.with_values([PARTS["word"]])
    assert two.with_values([PARTS["word"]]) is two
    assert one.with_values(()) is one
    assert two.redact({"x-team": "a", "b": PARTS["word"]}) == {"x-team": MASK, "b": MASK}
    assert one.redact_text(PARTS["word"]) == PARTS["word"]


def test_a_redactor_shows_no_value() -> None:
    """Neither ``repr`` nor ``vars`` gives a known secret away, and a copy in another process works the same."""
    redactor = Redactor(values=[PARTS["word"], "x" * 1000])
    assert PARTS["word"] not in f"{redactor!r} {redactor} {redactor._search.values!r}"
    assert repr(redactor) == "Redactor(0 further shapes, 2 values)"
    with pytest.raises(TypeError):
        vars(redactor)
    assert pickle.loads(pickle.dumps(redactor)).redact_text(PARTS["word"]) == MASK


@pytest.mark.parametrize(
    "piece",
    [
        "token=", "password=", "sk-aaa-", "sk-", "eyJ-", "://a:", '"key":"', "{dashes}BEGIN PRIVATE KEY{dashes}",
        "Bearer ", "asic ", 'password="\\"', "authorization: x=", "abcabc ", MASK, "[REDACTED", "\\", "cookie: a=;",
    ],
)  # fmt: skip
def test_no_text_takes_quadratic_time(piece: str) -> None:
    """Eight times the text takes nowhere near sixty-four times the processor's time."""
    text = fill(piece) * 5000
    assert _seconds(text[:48_000]) < 24 * _seconds(text[:6000]) + 0.05


def _seconds(text: str) -> float:
    spent: list[float] = []
    for _ in range(2):
        start = time.process_time()
        REDACTORS["values"].redact_text(text)
        spent.append(time.process_time() - start)
    return min(spent)


def test_the_sources_hold_no_secret() -> None:
    """No module of the core and no test of redaction holds what redaction would find."""
    here = Path(__file__)
    core = Path(playhead.core.__file__).parent
    for path in (*core.glob("*.py"), *here.parent.glob("test_secret_*.py"), here, here.with_name("fake_keys.py")):
        assert find_secrets({path.name: path.read_text("utf-8")}) == []
