"""The rules that loosen a match: what each takes out of a request, and what it must leave in."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.fingerprint import fingerprint
from playhead.core.matching import EXACT, SEGMENTS, VOLATILE, Drift, Matching, segment_name
from playhead.core.model import CompletionRequest
from playhead.errors import UsageError

EXAMPLES = {
    "uuid": ["550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000"],
    "timestamp": [
        *("2026-11-24T15:48:27.899804", "2026-11-24 15:48", "2026-11-24T15:48:27Z", "2026-11-24T15:48:27+01:00"),
        "2026-11-24 15:48:27 UTC",
    ],
    "date": ["2026-11-24"],
    "generated-id": ["call_abcDEF123456", "toolu_01AbCdEfGh", "chatcmpl-B4xyzXYZ99", "msg_0123456789abcdef"],
    "epoch": ["1764000000", "1764000000123", "1764000000.25"],
}
NOT = {
    "uuid": ["550e8400-e29b-41d4-a716-44665544000", "x550e8400-e29b-41d4-a716-446655440000"],
    "timestamp": ["2026-11-24", "12026-11-24T15:48"],
    "date": ["2026-11", "12026-11-24", "2026-11-24-1"],
    "generated-id": ["call_me", "recall_abcDEF123456", "message"],
    "epoch": ["164000000", "17640000001", "3.1764000000"],
}


def request(text: str, **fields: Any) -> CompletionRequest:
    """Give a request whose only message is a text."""
    return CompletionRequest(messages=({"role": "user", "content": text},), **fields)


def key(matching: Matching, asked: CompletionRequest) -> bytes:
    """Give the key of a request under rules."""
    return fingerprint(matching.settle(asked).request, "p").key


def test_every_rule_has_examples() -> None:
    """A rule without an example is not tested."""
    assert VOLATILE.keys() == EXAMPLES.keys() == NOT.keys()


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, found in EXAMPLES.items() for value in found])
def test_a_rule_takes_the_whole_value(rule: str, value: str) -> None:
    """A volatile value becomes one placeholder, in the middle of a text and at its end."""
    found = Matching(volatile=(rule,)).settle(request(f"at {value}, then {value}"))
    assert found.values == (value,)
    assert found.request.messages is not None
    assert found.request.messages[0]["content"] == f"at ⟦{rule} 1⟧, then ⟦{rule} 1⟧"


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, found in NOT.items() for value in found])
def test_a_rule_leaves_what_only_looks_like_it(rule: str, value: str) -> None:
    """What is part of something longer, or too short, is matched as it stands."""
    assert not re.search(VOLATILE[rule], value)


def test_other_values_match_and_other_shapes_do_not() -> None:
    """New ids and times are the same request; one id where there were two is another."""
    rules = Matching(volatile=("uuid",))
    a, b = "550e8400-e29b-41d4-a716-446655440000", "650e8400-e29b-41d4-a716-446655440000"
    assert key(rules, request(f"{a} {b}")) == key(rules, request(f"{b} {a}"))
    assert key(rules, request(f"{a} {a}")) != key(rules, request(f"{a} {b}"))
    assert key(EXACT, request(f"{a} {b}")) != key(EXACT, request(f"{b} {a}"))


def test_a_rule_of_a_users_own_comes_first() -> None:
    """A name and a pattern make a rule; the special ones win over those that come with Playhead."""
    rules = Matching(volatile=("uuid",), patterns={"order-no": r"order [0-9a-f-]+"})
    found = rules.settle(request("order 550e8400-e29b-41d4-a716-446655440000"))
    assert found.names == ("⟦order-no 1⟧",)


def test_a_parameter_is_left_out_and_kept_apart() -> None:
    """An ignored parameter is no part of the match, at any depth; nothing of it is lost."""
    rules = Matching(ignore=("user", "metadata.trace_id", "absent", "seed.deeper"))
    params = {"user": "u1", "seed": 7, "metadata": {"trace_id": "t", "team": "x"}}
    found = rules.settle(request("hi", params=params))
    assert found.request.params == {"seed": 7, "metadata": {"team": "x"}}
    assert found.ignored == {"user": "u1", "metadata.trace_id": "t"}
    assert params["user"] == "u1", "the caller's own object is not changed"


def test_exact_changes_nothing() -> None:
    """Without rules the request itself is matched."""
    asked = request("550e8400-e29b-41d4-a716-446655440000")
    assert EXACT.settle(asked).request is asked
    assert not EXACT.settles
    assert not EXACT.tolerates


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"volatile": ("uuids",)}, "there is no rule 'uuids'"),
        ({"volatile": "uuid"}, "volatile must be a list of names"),
        ({"ignore": "user"}, "ignore must be a list of names"),
        ({"patterns": {"Order": "x"}}, "no name for a rule of your own"),
        ({"patterns": {"uuid": "x"}}, "no name for a rule of your own"),
        ({"patterns": {"a": "("}}, "not a regular expression"),
        ({"patterns": {"a": "x*"}}, "matches an empty text"),
        ({"patterns": {"a": "(?P<b>x)"}}, "named groups"),
        ({"drift": {"prompt": "warn"}}, "there is no segment 'prompt'"),
        ({"drift": {"system": "loose"}}, "'loose' is no policy"),
    ],
)
def test_a_wrong_rule_is_refused(fields: dict[str, Any], says: str) -> None:
    """A rule that means nothing is told when it is written down, with what could have been meant."""
    with pytest.raises(UsageError, match=re.escape(says)):
        Matching(**fields)


def test_policies_go_by_segment() -> None:
    """Each segment has its policy, ``fail`` where nothing is said; every message is of ``messages``."""
    rules = Matching(drift={"system": "warn", "messages": "ignore"})
    policies = {segment_name(index): rules.policy(index) for index in range(9)}
    assert policies == {**dict.fromkeys(SEGMENTS, Drift.FAIL), "system": Drift.WARN, "messages": Drift.IGNORE}


def test_drift_is_no_part_of_a_key() -> None:
    """Two sets of rules that differ in policies alone give the same keys; the order of names means nothing."""
    one = Matching(volatile=("uuid", "date"), drift={"system": "warn"})
    assert one.same_keys(Matching(volatile=("date", "uuid")))
    assert not one.same_keys(Matching(volatile=("uuid",)))
    asked = request("2026-11-24 550e8400-e29b-41d4-a716-446655440000")
    assert key(one, asked) == key(Matching(volatile=("date", "uuid")), asked)


@given(
    st.builds(
        Matching,
        volatile=st.lists(st.sampled_from(sorted(VOLATILE)), unique=True),
        patterns=st.dictionaries(st.sampled_from(["a", "b-c"]), st.sampled_from(["x+", "id[0-9]"])),
        ignore=st.lists(st.sampled_from(["user", "a.b"]), unique=True),
        drift=st.dictionaries(st.sampled_from(SEGMENTS), st.sampled_from([policy.value for policy in Drift])),
    )
)
def test_rules_survive_a_file(rules: Matching) -> None:
    """Rules come back equal from their JSON."""
    assert msgspec.json.decode(msgspec.json.encode(rules), type=Matching) == rules
