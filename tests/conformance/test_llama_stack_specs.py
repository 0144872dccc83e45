"""The third provider system, LS-08, LS-09, LS-11: providers by specification, in the box and from elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.llama_stack import KEY, StackServer, every_call

from playhead.compat.llama_stack import available_providers, make_provider, provider_spec
from playhead.providers.llama_stack.run_config import references
from playhead.providers.llama_stack.specs import sample_config

EXTERNAL = {
    "acme_plugin.py": """
from playhead.compat.llama_stack import remote_provider_spec

class Plugin:
    name = "acme"
    targets_api = 1

    def register(self, registrar):
        registrar.add_provider_spec(remote_provider_spec(
            "acme", module="acme_adapter", config_class="acme_config.AcmeConfig", pip_packages=["acme-sdk>=2"],
        ))
""",
    "acme_config.py": """
class AcmeConfig:
    def __init__(self, *, base_url, api_key=""):
        self.base_url, self.api_key = base_url, api_key

    @classmethod
    def sample_run_config(cls):
        return {"base_url": "${env.ACME_URL:=https://acme.example/v1}", "api_key": "${env.ACME_API_KEY:=}"}
""",
    "acme_adapter.py": """
from playhead.compat.llama_stack import OpenAIMixin

class Acme(OpenAIMixin):
    def __init__(self, config):
        self.config = config

    def get_api_key(self):
        return self.config.api_key

    def get_base_url(self):
        return self.config.base_url

async def get_adapter_impl(config, deps):
    return Acme(config)
""",
    "acme-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n",
    "acme-1.0.dist-info/entry_points.txt": "[playhead.plugins]\nacme = acme_plugin:Plugin\n",
}

BLOCKER = """
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"acme_adapter", "acme_config", "acme_sdk", "openai", "httpx2"} or name in {
            "playhead.providers.llama_stack.remote", "playhead.providers.llama_stack.inline_stub",
            "playhead.providers.llama_stack.configs",
        }:
            raise AssertionError(f"{name} was imported")

sys.meta_path.insert(0, Blocker())
from playhead.compat.llama_stack import available_providers
for spec in available_providers():
    print(spec.provider_type, *spec.pip_packages)
"""


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """Install a distribution with a provider of its own into a folder."""
    folder = tmp_path / "site"
    for name, text in EXTERNAL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def server() -> Iterator[StackServer]:
    """Start a server."""
    with StackServer() as started:
        yield started


def in_process(code: str, path: Path) -> str:
    """Run code in a process that has a folder's distributions, and give what it prints."""
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"],
        capture_output=True, text=True, check=False, cwd=path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_ls_08_listing_imports_no_provider(external: Path) -> None:
    """Remote and inline providers are listed with their packages while every module of theirs is blocked."""
    lines = in_process(BLOCKER, external).splitlines()
    listed = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}
    assert listed["remote::openai"] == "openai"
    assert listed["remote::acme"] == "acme-sdk>=2"
    assert listed["inline::stub"] == ""


def test_ls_09_an_external_provider_is_found(external: Path) -> None:
    """An installed distribution's provider stands beside those in the box, and is made as they are."""
    code = """
import asyncio
from playhead.compat.llama_stack import make_provider, provider_spec
made = asyncio.run(make_provider(provider_spec("remote::acme"), {"base_url": "http://h/v1", "api_key": ""}))
print(type(made).__name__, made.get_base_url())
"""
    assert in_process(code, external) == "Acme http://h/v1\n"


async def test_ls_09_providers_come_in_the_box(server: StackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A remote provider in the box is made from its sample and asks the server that a variable names."""
    assert {"remote::openai", "remote::ollama", "inline::stub"} <= {
        spec.provider_type for spec in available_providers()
    }
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    provider = await make_provider(provider_spec("remote::openai"))
    assert (await every_call(provider))["there"] is True
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    await provider.aclose()


def test_ls_11_samples_hold_references_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample names variables; what they hold is in none."""
    for spec in available_providers():
        for name in references(sample_config(spec)):
            monkeypatch.setenv(name, KEY)
        assert KEY not in json.dumps(sample_config(spec))
        assert references(sample_config(spec))
