"""What the figures were taken on."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import zstandard

_LIBRARIES = ("playhead", "msgspec", "zstandard", "vcrpy", "PyYAML", "cassetter", "diskcache", "httpx", "requests")
_SDK_LIBRARIES = ("httpx2", "openai", "pytest", "pytest-recording", "pytest-xdist")
ROOT = Path(__file__).resolve().parent.parent
_SDK_PYTHON = ROOT / ".venv-sdk" / "bin" / "python"


def sdk_python() -> str | None:
    """Give the interpreter of the environment with the vendors' SDKs, or ``None`` where it was not made."""
    return str(_SDK_PYTHON) if _SDK_PYTHON.exists() else None


def facts() -> dict[str, str]:
    """Give machine, interpreter, libraries and date."""
    found = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libzstd": ".".join(map(str, zstandard.ZSTD_VERSION)),
        "git": _output("git", "--version").removeprefix("git version "),
        "revision": _revision(),
    }
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "from the source tree" if name == "playhead" else "not installed"
    return found | _sdk_versions()


_ASK_VERSIONS = """
import importlib.metadata, sys
have = {one.name.lower(): one.version for one in importlib.metadata.distributions()}
print(*(have.get(name, "none") for name in sys.argv[1:]))
"""


def _sdk_versions() -> dict[str, str]:
    """Give the versions of what the measures in the SDKs' environment use; nothing where there is none."""
    interpreter = sdk_python()
    if interpreter is None:
        return {}
    printed = _output(interpreter, "-c", _ASK_VERSIONS, *_SDK_LIBRARIES).split()
    known = zip(_SDK_LIBRARIES, printed, strict=False)
    return {name: version for name, version in known if version not in ("none", "unknown")}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _revision() -> str:
    revision = _output("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    changed = _output("git", "-C", str(ROOT), "status", "--porcelain", "--", "src")
    return f"{revision} with changes" if changed else revision


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
