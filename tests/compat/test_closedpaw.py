"""The module has the system's names, and they are the project's own objects."""

from __future__ import annotations

import subprocess
import sys

from playhead.compat import closedpaw
from playhead.providers.closedpaw.messages import ChatResponse
from playhead.providers.limits import RateLimiter
from playhead.providers.vault import DataVault


def test_the_names() -> None:
    """Each name is there, and the project's own."""
    assert all(hasattr(closedpaw, name) for name in closedpaw.__all__)
    assert closedpaw.RateLimiter is RateLimiter
    assert closedpaw.DataVault is DataVault
    assert closedpaw.ChatResponse is ChatResponse


def test_the_extras_are_not_loaded_before_they_are_used() -> None:
    """A user without them has every provider, and replays without an HTTP library."""
    code = (
        "import sys, playhead.providers.closedpaw.messages as m; assert 'httpx' not in sys.modules;"
        "import playhead.compat.closedpaw; assert not {'cryptography', 'pyrate_limiter'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
