"""What a session is opened with: the argument, else the environment, else the default."""

from __future__ import annotations

import pytest

from playhead import Mode, UsageError
from playhead.sessions.settings import EnvironmentSecrets, SessionOptions, effective_mode


@pytest.mark.parametrize(
    ("argument", "variable", "expected"),
    [
        (None, None, Mode.REPLAY),
        (None, "", Mode.REPLAY),
        (None, "record", Mode.RECORD),
        (None, "RECORD_MISSING", Mode.RECORD_MISSING),
        ("live", "record", Mode.LIVE),
        (Mode.ONCE, "record", Mode.ONCE),
        ("none", None, Mode.REPLAY),
        ("all", None, Mode.RECORD),
    ],
)
def test_the_argument_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, argument: Mode | str | None, variable: str | None, expected: Mode
) -> None:
    """A mode that is given wins, then ``PLAYHEAD_MODE``, then replay."""
    monkeypatch.delenv("PLAYHEAD_MODE", raising=False)
    if variable is not None:
        monkeypatch.setenv("PLAYHEAD_MODE", variable)
    assert effective_mode(argument) is expected


def test_a_wrong_word_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt ``PLAYHEAD_MODE`` is not taken for the default."""
    monkeypatch.setenv("PLAYHEAD_MODE", "recrod")
    with pytest.raises(UsageError, match="unknown mode 'recrod'"):
        effective_mode(None)


def test_values_of_variables_named_like_secrets_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values of ``*_KEY``, ``*_TOKEN``, ``*_SECRET`` and ``*_PASSWORD`` count, in any case; short ones do not."""
    for name, value in {
        "PLAYTEST_API_KEY": "value-of-key",
        "playtest_token": "value-of-token",
        "PLAYTEST_SECRET": "value-of-secret",
        "PLAYTEST_PASSWORD": "value-of-password",
        "PLAYTEST_DEBUG_TOKEN": "1",
        "PLAYTEST_KEYBOARD": "value-of-keyboard",
        "PLAYTEST_TOKEN_COUNT": "value-of-count",
    }.items():
        monkeypatch.setenv(name, value)
    values = EnvironmentSecrets().values()
    found = {value for value in values if value.startswith("value-of-")}
    assert found == {"value-of-key", "value-of-token", "value-of-secret", "value-of-password"}
    assert "1" not in values


def test_the_environment_is_kept_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is set or changed later counts from then on; while nothing changes the same set is given."""
    secrets = EnvironmentSecrets()
    before = secrets.values()
    assert secrets.values() is before
    for value in ("first-of-the-values", "second-of-the-values"):
        monkeypatch.setenv("PLAYTEST_API_KEY", value)
        assert value in secrets.values()
    monkeypatch.delenv("PLAYTEST_API_KEY")
    assert secrets.values() == before


def test_the_wire_is_on_and_the_network_shut_by_default() -> None:
    """A session catches HTTP clients, shuts the network while it replays, skips waits, and lets no host by."""
    options = SessionOptions()
    assert (options.wire, options.guard, options.skip_waits) == (True, True, True)
    assert (options.ignore_hosts, options.allowed_hosts) == ((), ())
