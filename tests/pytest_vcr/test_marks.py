"""What marks and the configuration come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.pytest_vcr.marks import check_network_mark, each_path, merged, own_name, wish_of


def _mark(*args: object, **kwargs: object) -> pytest.Mark:
    return pytest.Mark("vcr", args, kwargs, _ispytest=True)


def test_the_nearest_mark_wins() -> None:
    """A mark wins over those further out, and all over the configuration, which stays as it was."""
    config = {"match_on": ["body"], "filter_headers": ["a"], "inner": {"list": [1]}}
    found = merged(config, [_mark(match_on=["near"]), _mark(match_on=["far"], serializer="json")])
    assert found == {"match_on": ["near"], "filter_headers": ["a"], "serializer": "json", "inner": {"list": [1]}}
    found["inner"]["list"].append(2)
    assert config["inner"] == {"list": [1]}


@pytest.mark.parametrize("config", [None, [], "match_on"])
def test_a_configuration_that_is_none(config: object) -> None:
    """A fixture that forgot to return is told so."""
    with pytest.raises(pytest.UsageError, match="vcr_config must give a dict"):
        merged(config, [])


def test_paths() -> None:
    """The own cassette comes first, further ones in the order of the marks, each once, absolute ones as they are."""
    absolute = str(Path("x.yaml").absolute())
    wish = wish_of("own", "folder", "none", [_mark("b.yaml", absolute), _mark("b.yaml", "own.yaml")], {})
    assert list(each_path(wish)) == [
        str(Path("folder", "own.yaml")),
        str(Path("folder", "b.yaml")),
        absolute,
    ]


@pytest.mark.parametrize(
    ("serializer", "name", "path"),
    [
        (None, "a", "a.yaml"),
        (None, "a.yaml", "a.yaml"),
        ("json", "a", "a.json"),
        ("json", "a.yaml", "a.yaml.json"),
        ("own", "a", "a.own"),
    ],
)
def test_endings(serializer: str | None, name: str, path: str) -> None:
    """A cassette's file ends in its serializer's name, once."""
    config = {} if serializer is None else {"serializer": serializer}
    assert wish_of(name, "", "none", [], config).path == path


def test_modes() -> None:
    """The configuration wins over the mode of the run, and a mark over both."""
    assert wish_of("a", "", "once", [], {}).mode == "once"
    assert wish_of("a", "", "once", [], {"record_mode": "none"}).mode == "none"
    assert wish_of("a", "", "once", [_mark(record_mode="all")], {"record_mode": "none"}).mode == "all"


@pytest.mark.parametrize("mode", ["sometimes", "", None, 1])
def test_no_such_mode(mode: object) -> None:
    """A mode that is misspelt is told with those there are."""
    with pytest.raises(pytest.UsageError, match="is no record mode\nhint: one of once, new_episodes"):
        wish_of("a", "", "none", [], {"record_mode": mode})


def test_long_names() -> None:
    """A name no file can have is cut and ends in a digest of the whole."""
    wish = wish_of("x" * 300, "", "none", [], {})
    assert len(wish.name) + len(".yaml") == 255
    assert wish.name.startswith("x" * 100)
    assert wish.name[-35:-32] == "..."
    assert wish.name != wish_of("x" * 301, "", "none", [], {}).name


def test_own_name() -> None:
    """Characters that some file system forbids are replaced."""

    class TestIt:
        pass

    assert own_name(None, "test[a/b:c]") == "test[a-b-c]"
    assert own_name(TestIt, "test['\"|\\?*%<>]") == "TestIt.test[---------]"


@pytest.mark.parametrize(("args", "kwargs"), [(("x",), {}), ((), {"hosts": []}), ((1,), {"allowed_hosts": []})])
def test_wrong_network_mark(args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    """A wrong mark is told with what it takes."""
    wrong = r"^Invalid arguments to `block_network`: .*\nhint: it takes allowed_hosts=\[\.\.\.\] and nothing else"
    with pytest.raises(pytest.UsageError, match=wrong):
        check_network_mark(pytest.Mark("block_network", args, kwargs, _ispytest=True))


@pytest.mark.parametrize("kwargs", [{}, {"allowed_hosts": ["a"]}])
def test_network_mark(kwargs: dict[str, object]) -> None:
    """The one argument may be left out."""
    check_network_mark(pytest.Mark("block_network", (), kwargs, _ispytest=True))
