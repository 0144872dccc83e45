"""JSON values side by side: every difference by its path, its shape told from its values, vectors by their angle."""

from __future__ import annotations

import array
import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.engine.comparison_values import ABSENT, MIN_VECTOR, Place, as_vector, cosine_of, places

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ({"a": 1}, {"a": 2}, [Place("a", "1", "2", False)]),
        ({"a": 1}, {"a": "1"}, [Place("a", "1", '"1"', True)]),
        ({"a": 1}, {"a": None}, [Place("a", "1", "null", True)]),
        ({"a": True}, {"a": 1}, [Place("a", "true", "1", True)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [Place("a.b[1]", "2", "3", False)]),
        ([1], [1, {"x": 2}], [Place("[1]", ABSENT, '{"x":2}', True)]),
        ([1, 2], [1], [Place("[1]", "2", ABSENT, True)]),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [Place("a", "1", ABSENT, True), Place("c", ABSENT, "3", True)]),
        ("x", "y", [Place("$", '"x"', '"y"', False)]),
        (math.nan, math.nan, []),
        ({"id": 1, "a": {"id": 2}}, {"id": 3, "a": {"id": 4}}, []),
    ],
)
def test_a_difference_is_named_by_path_and_kind(old: Any, new: Any, wanted: list[Place]) -> None:
    """Keys, types and lengths are the shape; a text, number or truth value in its place is not."""
    assert list(places(old, new, ignoring={"id"})) == wanted


@given(JSON, JSON)
def test_values_without_a_difference_are_equal(old: Any, new: Any) -> None:
    """Nothing that differs is passed over, and nothing is made up."""
    found = list(places(old, new))
    same = json.dumps(_plain(old), sort_keys=True) == json.dumps(_plain(new), sort_keys=True)
    assert (not found) == same
    assert not list(places(old, old))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value == int(value):
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=MIN_VECTOR, max_size=40))
def test_a_vector_has_a_cosine_of_one_with_itself_and_its_multiples(vector: list[float]) -> None:
    """The angle says how far two embeddings are apart, whatever their length."""
    found = cosine_of(vector, [value * 3 for value in vector])
    assert found is None if not any(vector) else found == pytest.approx(1.0)


def test_a_cosine_neither_overflows_nor_is_made_up() -> None:
    """Huge values have an angle; a vector of zeros has none."""
    assert cosine_of([1e300] * 16, [1e300] * 16) == pytest.approx(1.0)
    assert cosine_of([1.0] * 16, [-1.0] * 16) == pytest.approx(-1.0)
    assert cosine_of([0.0] * 16, [1.0] * 16) is None


def test_vectors_are_compared_as_such_however_they_are_written() -> None:
    """A list of numbers and single precision in base64, as OpenAI's SDK asks for it, mean the same."""
    vector = [round(math.sin(n), 3) for n in range(32)]
    other = [*vector[:-1], 0.75]
    packed, also = (base64.b64encode(array.array("f", one).tobytes()).decode() for one in (vector, other))
    for old, new in ((vector, other), (packed, also)):
        (place,) = places({"embedding": old}, {"embedding": new})
        assert place.path == "embedding"
        assert not place.shape
        assert place.cosine is not None
        assert 0.9 < place.cosine < 1
        assert place.old.startswith("32 numbers [0, 0.841, ")
    (place,) = places(vector, vector[:-1])
    assert place.shape, "another dimension is another shape"


@pytest.mark.parametrize(
    "value", ["word " * 40, "x" * 88, base64.b64encode(bytes(range(256))).decode(), [1.0] * 15, ["1"] * 16]
)
def test_what_is_no_vector_is_none(value: Any) -> None:
    """A long text, an image or a short list is compared as what it is."""
    assert as_vector(value) is None
