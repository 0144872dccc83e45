"""Requests of a golden run: what a line may say, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import CompletionRequest, Family, UsageError
from playhead.harness.golden_requests import GoldenRequest, parse_requests, read_requests, with_defaults


def parse(*lines: str) -> list[GoldenRequest]:
    """Read lines as a file's."""
    return parse_requests("\n".join(lines).encode(), source="requests.jsonl")


def test_a_line_says_everything_a_request_can() -> None:
    """Every field of a request, and whether it is streamed, is read from its line."""
    (one,) = parse(
        '{"messages":[{"role":"user","content":"hi"}],"model":"m","temperature":0.5,"max_tokens":7,'
        '"tools":[{"type":"function"}],"params":{"seed":3},"context":{"case":1},"id":"a","stream":true}'
    )
    assert one == GoldenRequest(
        CompletionRequest(
            messages=({"role": "user", "content": "hi"},),
            model="m",
            temperature=0.5,
            max_tokens=7,
            tools=({"type": "function"},),
            params={"seed": 3},
            context={"case": 1},
            id="a",
        ),
        stream=True,
    )


def test_empty_lines_a_mark_and_windows_line_ends_do_not_matter() -> None:
    """What editors add to a text file changes nothing."""
    data = b'\xef\xbb\xbf{"prompt":"one"}\r\n\r\n   \r\n{"prompt":"two"}'
    assert [one.request.prompt for one in parse_requests(data, source="x")] == ["one", "two"]


def test_an_embedding_is_read_with_its_family() -> None:
    """A request of another family than text needs no prompt."""
    (one,) = parse('{"family":"embedding","params":{"input":["a"]}}')
    assert one.request.family is Family.EMBEDDING


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "truncated"),
        ("[]", "Expected `object`"),
        ('{"prompt":1}', "$.prompt"),
        ('{"prompt":"a","promt":"b"}', "promt"),
        ('{"prompt":""}', "prompt must not be empty"),
        ("{}", "needs a prompt or messages"),
        ('{"prompt":"a","messages":[{}]}', "not both"),
        ('{"messages":[]}', "messages must not be empty"),
        ('{"prompt":"a","temperature":-1}', "temperature"),
        ('{"prompt":"a","max_tokens":1.5}', "$.max_tokens"),
        ('{"prompt":"a","family":"poem"}', "poem"),
        ('{"family":"embedding","params":{"input":["a"]},"stream":true}', "not streamed"),
        ('{"prompt":"a"} {"prompt":"b"}', "trailing"),
    ],
)
def test_a_bad_line_is_named_with_file_number_and_fault(line: str, fault: str) -> None:
    """An error leads to the very line and says what is wrong with it."""
    with pytest.raises(UsageError) as caught:
        parse('{"prompt":"good"}', line)
    assert "requests.jsonl:2: " in caught.value.message
    assert fault in caught.value.message


def test_all_bad_lines_are_reported_at_once() -> None:
    """Nobody has to run the command once for each fault."""
    with pytest.raises(UsageError) as caught:
        parse("{", '{"prompt":"good"}', "{}")
    assert caught.value.message.startswith("2 lines are not a request; nothing was called")
    assert [fault.split(":")[1] for fault in caught.value.context["faults"]] == ["1", "3"]


def test_a_file_of_another_kind_does_not_fill_the_screen() -> None:
    """Of very many bad lines the first twenty are shown, and how many more there are."""
    with pytest.raises(UsageError) as caught:
        parse(*["x"] * 50)
    assert len(caught.value.message.splitlines()) == 22
    assert "and 30 more" in caught.value.message


def test_no_requests_at_all_are_an_error() -> None:
    """An empty file is more likely a mistake than a wish."""
    with pytest.raises(UsageError, match="no requests in"):
        parse("", "  ")


def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    """A wrong path is named."""
    with pytest.raises(UsageError, match=r"cannot read the requests .*absent"):
        read_requests(tmp_path / "absent.jsonl")
    good = tmp_path / "good.jsonl"
    good.write_text('{"prompt":"a"}\n')
    assert [one.request.prompt for one in read_requests(good)] == ["a"]


@given(st.binary(max_size=200))
def test_any_bytes_give_requests_or_a_usage_error(data: bytes) -> None:
    """No input makes anything but requests or our error."""
    try:
        found = parse_requests(data, source="x")
    except UsageError:
        return
    assert found


def test_defaults_fill_what_is_lacking_and_nothing_else() -> None:
    """A request keeps what it says itself."""
    requests = parse('{"prompt":"a"}', '{"prompt":"b","model":"own","temperature":0,"max_tokens":1}')
    filled = with_defaults(requests, model="m", temperature=1.0, max_tokens=9)
    assert [(one.request.model, one.request.temperature, one.request.max_tokens) for one in filled] == [
        ("m", 1.0, 9),
        ("own", 0, 1),
    ]


def test_defaults_for_text_do_not_reach_an_embedding() -> None:
    """An embedding has a model, but neither a temperature nor a length."""
    (one,) = with_defaults(
        parse('{"family":"embedding","params":{"input":["a"]}}'), model="m", temperature=1.0, max_tokens=9
    )
    assert (one.request.model, one.request.temperature, one.request.max_tokens) == ("m", None, None)


def test_defaults_are_checked_like_the_fields_they_fill() -> None:
    """A temperature that no request could have is refused."""
    with pytest.raises(UsageError, match="temperature"):
        with_defaults(parse('{"prompt":"a"}'), temperature=-1.0)
