"""Settings that every test shares."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Derandomised and without a database: a failure on one machine is a failure on all, and nothing is written.
settings.register_profile(
    "playhead",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("playhead")
