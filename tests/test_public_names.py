"""What ``import playhead`` gives: exactly the public names, and nothing loaded before it is used."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import playhead
from playhead import errors

# What users and the systems Playhead serves rely on; a name may be added, and none may go.
REQUIRED = {
    "AsyncVendorProvider",
    "VendorProvider",
    "CassetteMixin",
    "Comparison",
    "DriftWarning",
    "Fault",
    "FaultKind",
    "FaultRule",
    "GoldenReport",
    "GoldenRequest",
    "Matching",
    "StabilityReport",
    "SyntheticWarning",
    "VirtualClock",
    "assert_no_drift",
    "block_network",
    "capture",
    "compare",
    "measure_stability",
    "read_requests",
    "run_golden",
    "surroundings",
    "transport",
    *("AsyncInferenceProvider", "AsyncOpenAICompatibleProvider", "Cassette", "Completion", "CompletionRequest"),
    *("CyclingStubInferenceProvider", "Evidence", "Failure", "Family", "InferenceProvider", "Interaction", "LLMError"),
    *("ManualClock", "Mode", "OpenAICompatibleProvider", "Origin", "Redactor", "Session", "Stream"),
    *("StubInferenceProvider", "Takes", "ToolCall", "Usage", "open_cassette", "record", "replay", "use_cassette"),
}
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.PlayheadError) and value.__module__ == errors.__name__
}
# What a program may already have, or must not pay for: every distribution we depend on or serve.
THIRD_PARTIES = (
    *("anyio", "attrs", "click", "filelock", "gguf", "httpcore", "httpx", "hypothesis", "msgspec", "numpy", "pytest"),
    *("requests", "rich", "starlette", "stamina", "tenacity", "vcr", "xllamacpp", "yaml", "zstandard"),
)


def test_the_public_names_are_these() -> None:
    """``__all__`` is the required names and all errors, sorted, each once."""
    assert set(playhead.__all__) == REQUIRED | ERRORS
    assert playhead.__all__ == sorted(set(playhead.__all__))


@pytest.mark.parametrize("name", sorted(REQUIRED | ERRORS))
def test_every_public_name_is_there(name: str) -> None:
    """Each name can be had as an attribute, is listed, and is the same the second time."""
    value = getattr(playhead, name)
    assert getattr(playhead, name) is value
    assert name in dir(playhead)
    assert callable(value) or inspect.ismodule(value)


@pytest.mark.parametrize("name", sorted(REQUIRED | ERRORS))
def test_every_public_name_says_what_it_is(name: str) -> None:
    """Each name has a docstring of its own."""
    assert (getattr(playhead, name).__doc__ or "").strip()


def test_every_error_is_one_of_ours() -> None:
    """Each error derives from the root, and the two that have a standard library's meaning from that too."""
    for name in ERRORS:
        assert issubclass(getattr(playhead, name), playhead.PlayheadError)
    assert playhead.LLMError is playhead.InferenceProviderError
    assert issubclass(playhead.UsageError, ValueError)
    assert issubclass(playhead.MissingDependencyError, ImportError)


def test_other_names_are_not_there() -> None:
    """A name that does not exist is an ``AttributeError`` that names it, so that ``hasattr`` works."""
    assert not hasattr(playhead, "no_such_name")
    with pytest.raises(AttributeError, match=r"module 'playhead' has no attribute 'no_such_name'"):
        playhead.no_such_name  # noqa: B018 - reading it is the test


def in_fresh_process(code: str) -> object:
    """Give what some code prints as JSON in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
    # -S -E would hide the packages; -X importtime would slow; a plain process is what a user has.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, env=environment, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


LOADED = f"""
import json, sys
before = set(sys.modules)
import playhead
after = {{name.partition('.')[0] for name in set(sys.modules) - before}}
print(json.dumps([sorted(after & set({THIRD_PARTIES!r})), sorted(n for n in sys.modules if n.startswith('playhead'))]))
"""


def test_importing_costs_next_to_nothing() -> None:
    """``import playhead`` loads no third party, and nothing of ours but the package itself."""
    assert in_fresh_process(LOADED) == [[], ["playhead"]]


def test_a_star_import_gives_every_name() -> None:
    """``from playhead import *`` works and gives exactly the public names."""
    shown = "print(json.dumps(sorted(name for name in dir() if name[0] != '_' and name != 'json')))"
    assert in_fresh_process(f"import json\nfrom playhead import *\n{shown}") == playhead.__all__


REPLAYING = """
import json, sys, playhead
with playhead.replay(sys.argv[1] if len(sys.argv) > 1 else PATH, name="p") as provider:
    provider.complete(playhead.CompletionRequest("a"))
loaded = {name.partition('.')[0] for name in sys.modules}
print(json.dumps(sorted(loaded & {"httpx", "httpcore", "openai", "anthropic", "click", "rich", "stamina", "pytest"})))
"""


def test_replaying_needs_no_http_library(tmp_path: Path) -> None:
    """A process that only replays loads neither an HTTP library nor an SDK nor a terminal library."""
    path = tmp_path / "a.cassette"
    with playhead.record(playhead.StubInferenceProvider(), path, name="p") as provider:
        provider.complete(playhead.CompletionRequest("a"))
    assert in_fresh_process(REPLAYING.replace("PATH", repr(str(path)))) == []
