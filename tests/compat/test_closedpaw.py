"""The module has the system's names, and they are the project's own objects."""

from __future__ import annotations

import subprocess
import sys

import pytest

from playhead.compat import closedpaw
from playhead.providers import closedpaw as home
from playhead.providers.limits import RateLimiter
from playhead.providers.vault import DataVault


def test_the_names() -> None:
    """Each name is there, and the same where the providers live."""
    assert all(hasattr(closedpaw, name) for name in closedpaw.__all__)
    for name in home.__all__:
        assert getattr(home, name) is getattr(closedpaw, name)
    assert set(closedpaw.__all__) - set(home.__all__) == {"DataVault", "RateLimiter"}
    assert closedpaw.RateLimiter is RateLimiter
    assert closedpaw.DataVault is DataVault
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        home.no_such_name  # noqa: B018 - reading it is the test


def test_the_extras_are_not_loaded_before_they_are_used() -> None:
    """A user without them has every provider, and replays without an HTTP library."""
    code = (
        "import sys, playhead.providers.closedpaw.messages as m; assert 'httpx' not in sys.modules;"
        "import playhead.compat.closedpaw; assert not {'cryptography', 'pyrate_limiter'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
