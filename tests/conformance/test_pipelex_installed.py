"""The fifth provider system as it is installed: real distributions, built and found by their entry points."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conformance.pipelex import (
    BROKEN_PROJECT,
    OTHERS,
    PLUGIN,
    PROJECT,
    SDK,
    WORKER,
    install,
    run_command,
    run_python,
)

BLOCKED = ("anthropic", "boto3", "google.genai", "httpx", "httpx2", "mistralai", "ollama", "openai", "requests")


SAY = """
import asyncio, json, sys
from playhead.compat.pipelex import *
registry = InferenceBackendRegistry(build_registrar().inference_backends)
clients = SdkClientRegistry()
told = []
class Reporting:
    def report_inference_job(self, inference_job): told.append(inference_job)
workers = [
    registry.make_worker(
        family=InferenceFamily.LLM,
        inference_model=InferenceModelSpec(name=name, sdk="acme", backend_name="acme-cloud"),
        backend=InferenceBackend("acme-cloud", api_key="sesame"),
        sdk_clients=clients,
        reporting_delegate=Reporting(),
    )
    for name in ("large", "small")
]
said = [asyncio.run(worker.gen_text("hello")) for worker in workers]
print(json.dumps([said, told, len(clients)]))
"""


FOUND = """
import json
from playhead.plugins import build_registrar
print(json.dumps([[one.name, one.status.value, one.origin, one.detail] for one in build_registrar().discovered]))
"""


class Installed(SimpleNamespace):
    """Folders with installed distributions: ``plugins``, ``broken`` and ``sdk``."""

    plugins: Path
    broken: Path
    sdk: Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install real distributions, once for this worker."""
    root = tmp_path_factory.mktemp("acme")
    plugins = {
        "pyproject.toml": PROJECT,
        "acme_pkg/__init__.py": "",
        "acme_pkg/plugin.py": PLUGIN,
        "acme_pkg/worker.py": WORKER,
        "acme_pkg/others.py": OTHERS,
    }
    broken = {"pyproject.toml": BROKEN_PROJECT, "broken_pkg/__init__.py": "import no_such_dependency\n"}
    (root / "sdk").mkdir()
    (root / "sdk" / "acme.py").write_text(SDK)
    return Installed(
        plugins=install(root / "plugins-source", root / "plugins", plugins),
        broken=install(root / "broken-source", root / "broken", broken),
        sdk=root / "sdk",
    )


def test_pl_01_a_plugin_that_is_installed_serves_its_models(installed: Installed, tmp_path: Path) -> None:
    """A package with an entry point, built and installed as any other, makes workers that share a client."""
    said, told, clients = run_python(SAY, paths=(installed.plugins, installed.sdk), cwd=tmp_path)
    assert said == ["large with sesame says hello", "small with sesame says hello"]
    assert told == ["hello", "hello"]
    assert clients == 1


BUILD_BLOCKED = f"""
import json, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in {BLOCKED!r}:
            raise ImportError(f"{{name}} was imported")
sys.meta_path.insert(0, Blocker())
from playhead.compat.pipelex import *
registrar = build_registrar()
served = sorted({{sdk for _, sdk in registrar.inference_backends}})
print(json.dumps([served, sorted(set({BLOCKED!r}) & set(sys.modules))]))
"""


def test_pl_07_building_imports_no_sdk(installed: Installed, tmp_path: Path) -> None:
    """With every SDK and HTTP library out of reach the registry is built whole, installed plugins included."""
    served, loaded = run_python(BUILD_BLOCKED, paths=(installed.plugins,), cwd=tmp_path)
    assert {"acme", "anthropic", "google", "mistral", "ollama", "openai", "stub"} <= set(served)
    assert loaded == []


def test_pl_08_a_missing_sdk_fails_when_a_worker_is_made(installed: Installed, tmp_path: Path) -> None:
    """The plugin is found and registered without its SDK; who uses it is told what to install."""
    assert any(name == "acme" for name, *_ in run_python(FOUND, paths=(installed.plugins,), cwd=tmp_path))
    done = run_command("-c", SAY, paths=(installed.plugins,), cwd=tmp_path)
    assert done.returncode == 1
    assert "MissingDependencyError: 'acme' is not installed: Models of Acme need its SDK." in done.stderr
    assert "pip install 'playhead[acme]'" in done.stderr


def test_pl_10_the_command_lists_and_says_what_cannot_be_listed(installed: Installed, tmp_path: Path) -> None:
    """The lister of an installed plugin shows its models; one that cannot ends with 0; a missing SDK is named."""
    both = (installed.plugins, installed.sdk)
    done = run_command("-m", "playhead", "models", "acme", paths=both, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "acme: acme-large\nacme: acme-small\n"), done.stderr
    done = run_command("-m", "playhead", "models", "acme", "--flat", paths=both, cwd=tmp_path)
    assert done.stdout == "acme-large\nacme-small\n"
    # Its lister cannot list at an address of one's own; another backend has no lister.
    done = run_command("-m", "playhead", "models", "acme", "--base-url", "http://here", paths=both, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "acme: unsupported for listing\n")
    done = run_command("-m", "playhead", "models", "function", paths=both, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "function: unsupported for listing\n")
    done = run_command("-m", "playhead", "models", "acme", paths=(installed.plugins,), cwd=tmp_path)
    assert done.returncode == 5
    assert "pip install 'playhead[acme]'" in done.stderr


def test_pl_11_an_entry_point_gives_a_plugin_or_makes_one(installed: Installed, tmp_path: Path) -> None:
    """A class, a function, an instance, and an instance that happens to be callable, which is not called."""
    found = run_python(FOUND, paths=(installed.plugins,), cwd=tmp_path)
    shown = {name: (status, origin) for name, status, origin, _ in found}
    for name in ("acme", "instance", "callable", "function"):
        assert shown[name] == ("registered", f"entry point '{name}' of acme-plugins 1.2.3")


def test_pl_12_a_plugin_that_cannot_be_loaded_is_broken(installed: Installed, tmp_path: Path) -> None:
    """An installed plugin whose import fails stops the boot by name; it is never skipped in silence."""
    done = run_command("-c", FOUND, paths=(installed.plugins, installed.broken), cwd=tmp_path)
    assert done.returncode == 1
    assert "BrokenPluginError: the plugin 'broken' is broken: it cannot be loaded: ModuleNotFoundError" in done.stderr


def test_pl_13_a_broken_plugin_that_is_disabled_lets_the_rest_start(installed: Installed, tmp_path: Path) -> None:
    """The denylist of ``pyproject.toml`` repairs a start that a broken installed plugin stopped."""
    (tmp_path / "pyproject.toml").write_text('[tool.playhead.plugins]\ndisabled = ["broken", "inner-name"]\n')
    found = run_python(FOUND, paths=(installed.plugins, installed.broken), cwd=tmp_path)
    shown = {name: (status, detail) for name, status, _, detail in found}
    assert shown["broken"] == ("disabled", "named in [tool.playhead.plugins] disabled; not loaded")
    assert shown["inner-name"][0] == "disabled"
    assert shown["acme"][0] == "registered"


def test_pl_16_the_command_shows_every_plugin(installed: Installed, tmp_path: Path) -> None:
    """What each adds, what is disabled and what is broken stand in one table."""
    (tmp_path / "pyproject.toml").write_text('[tool.playhead.plugins]\ndisabled = ["instance", "outer-name"]\n')
    done = run_command("-m", "playhead", "plugins", "list", paths=(installed.plugins, installed.broken), cwd=tmp_path)
    assert done.returncode == 1  # one is broken
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "registered" in rows["acme"]
    assert "llm acme, models of acme" in rows["acme"]
    assert "acme-plugins 1.2.3" in rows["acme"]
    assert "disabled" in rows["instance"]
    assert "disabled" in rows["outer-name"]
    assert "broken" in rows["broken"]
    assert "registered, core" in rows["stub"]
    assert "no_such_dependency" in done.stderr


def test_pl_17_a_plugin_is_on_because_it_is_there(installed: Installed, tmp_path: Path) -> None:
    """There is no list of wanted plugins, and a setting that would be one is refused."""
    assert "acme" in {name for name, *_ in run_python(FOUND, paths=(installed.plugins,), cwd=tmp_path)}
    assert "acme" not in {name for name, *_ in run_python(FOUND, paths=(), cwd=tmp_path)}
    (tmp_path / "pyproject.toml").write_text('[tool.playhead.plugins]\nenabled = ["acme"]\n')
    done = run_command("-m", "playhead", "plugins", "list", paths=(installed.plugins,), cwd=tmp_path)
    assert done.returncode == 2
    assert "no setting 'enabled'" in done.stderr


WIRE = """
import httpx, json, playhead
answer = {"model": "acme-1", "choices": [{"message": {"role": "assistant", "content": "hi"}}]}
body = {"model": "acme-1", "messages": [{"role": "user", "content": "hello"}]}
seen = []
for mode in ("record", "replay"):
    inner = httpx.MockTransport(lambda _: httpx.Response(200, json=answer)) if mode == "record" else None
    with playhead.use_cassette("acme.cassette", mode=mode) as session:
        with httpx.Client(transport=playhead.transport(inner=inner)) as client:
            client.post("http://acme.test/acme/say", json=body).raise_for_status()
    (interaction,) = playhead.open_cassette("acme.cassette")
    seen.append([interaction.provider, interaction.evidence.text, session.report().played])
print(json.dumps(seen))
"""


def test_an_installed_dialect_reads_what_goes_over_the_wire(installed: Installed, tmp_path: Path) -> None:
    """A call in a plugin's own wire format is recorded with its evidence and replayed; without it it is plain HTTP."""
    seen = run_python(WIRE, paths=(installed.plugins,), cwd=tmp_path)
    assert seen == [["acme", "hi", 0], ["acme", "hi", 1]]
    (tmp_path / "without").mkdir()
    seen = run_python(WIRE, paths=(), cwd=tmp_path / "without")
    assert [provider for provider, _, _ in seen] == ["http", "http"]
