"""The fifth provider system as a user of it writes it: a backend plugin, the package that ships it, and its workers."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parents[2] / "src"
SEED = Path(__file__).parents[3] / "shared" / "seeds"

PLUGIN = '''
"""The backend of Acme: nothing of its SDK is imported before a worker is wanted."""

from playhead.compat.pipelex import (
    PLUGIN_API_VERSION,
    InferenceBackend,
    InferenceFamily,
    InferenceModelSpec,
    InferenceWorkerAbstract,
    ModelHandle,
    ModelListingUnsupportedError,
    PluginRegistrar,
    ReportingProtocol,
    SdkClientRegistry,
    require_sdk,
)


def make_acme_worker(
    *,
    inference_model: InferenceModelSpec,
    backend: InferenceBackend,
    sdk_clients: SdkClientRegistry,
    reporting_delegate: ReportingProtocol | None,
) -> InferenceWorkerAbstract:
    require_sdk(spec="acme", extra="acme", msg="Models of Acme need its SDK.")
    from acme import AcmeClient

    from acme_pkg.worker import AcmeLLMWorker

    handle = ModelHandle.make_for_inference_model(inference_model=inference_model)
    client = sdk_clients.get_or_create(handle=handle, build=lambda: AcmeClient(api_key=backend.api_key))
    return AcmeLLMWorker(client=client, inference_model=inference_model, reporting_delegate=reporting_delegate)


async def list_acme_models(*, sdk: str, backend_name: str, backend: InferenceBackend, flat: bool, any_listed: bool):
    if backend.endpoint is not None:
        raise ModelListingUnsupportedError(sdk=sdk)
    require_sdk(spec="acme", extra="acme", msg="Models of Acme need its SDK.")
    from acme import MODELS

    for model in MODELS:
        print(model if flat else f"{backend_name}: {model}")


class AcmePlugin:
    name = "acme"
    targets_api = PLUGIN_API_VERSION

    def register(self, registrar: PluginRegistrar) -> None:
        registrar.add_inference_backend(family=InferenceFamily.LLM, sdk="acme", make_worker=make_acme_worker)
        registrar.add_model_lister(sdk="acme", lister=list_acme_models)
'''

WORKER = """
from playhead.compat.pipelex import LLMWorkerAbstract


class AcmeLLMWorker(LLMWorkerAbstract):
    def __init__(self, *, client, inference_model, reporting_delegate):
        super().__init__(inference_model, reporting_delegate)
        self.client = client

    async def gen_text(self, job):
        text = self.client.say(self.inference_model.model_id, job)
        if self.reporting_delegate is not None:
            self.reporting_delegate.report_inference_job(job)
        return text
"""

OTHERS = '''
"""The other shapes that an entry point may have."""

from acme_pkg.plugin import AcmePlugin, make_acme_worker
from playhead.compat.pipelex import PLUGIN_API_VERSION, InferenceFamily


class Named:
    targets_api = PLUGIN_API_VERSION

    def __init__(self, name):
        self.name = name

    def register(self, registrar):
        registrar.add_inference_backend(family=InferenceFamily.LLM, sdk=self.name, make_worker=make_acme_worker)


class Callable(Named):
    def __call__(self):
        raise AssertionError("a plugin that can be called is no factory")


INSTANCE = Named("instance")
CALLABLE = Callable("callable")
OTHER_NAME = Named("inner-name")


def make():
    return Named("function")


class WirePlugin:
    """A wire format of Acme's own, which is OpenAI's at another path."""

    name = "acme-wire"
    targets_api = PLUGIN_API_VERSION

    def register(self, registrar):
        from playhead.dialects.openai_chat import DIALECTS

        registrar.add_dialect(
            DIALECTS[0]._replace(
                provider="acme", operation="say", claims=lambda asked: asked.path == "/acme/say"
            )
        )
'''

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-plugins"
version = "1.2.3"

[project.entry-points."playhead.plugins"]
acme = "acme_pkg.plugin:AcmePlugin"
instance = "acme_pkg.others:INSTANCE"
callable = "acme_pkg.others:CALLABLE"
function = "acme_pkg.others:make"
outer-name = "acme_pkg.others:OTHER_NAME"
acme-wire = "acme_pkg.others:WirePlugin"

[tool.hatch.build.targets.wheel]
packages = ["acme_pkg"]
"""

BROKEN_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "broken-plugin"
version = "0.1"

[project.entry-points."playhead.plugins"]
broken = "broken_pkg:Plugin"

[tool.hatch.build.targets.wheel]
packages = ["broken_pkg"]
"""

SDK = '''
"""What stands for the SDK of Acme."""

MODELS = ["acme-large", "acme-small"]


class AcmeClient:
    def __init__(self, api_key):
        self.api_key = api_key

    def say(self, model, job):
        return f"{model} with {self.api_key} says {job}"
'''


def install(source: Path, target: Path, files: Mapping[str, str]) -> Path:
    """Build a distribution of these files and install it into a folder, as pip does for a user."""
    for program in ("pip", "hatchling"):
        if importlib.util.find_spec(program) is None:
            pytest.skip(f"{program} is not installed")
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    words = "install --no-index --no-build-isolation --no-deps --no-compile --disable-pip-version-check --quiet"
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words.split(), "--target", str(target), str(source)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_ROOT_USER_ACTION": "ignore"},
    )
    assert done.returncode == 0, done.stderr
    return target


def run_python(code: str, *, paths: tuple[Path, ...], cwd: Path, **environment: str) -> Any:
    """Run some code in a process of its own and give the JSON that it prints last."""
    done = run_command("-c", code, paths=paths, cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def run_command(
    *arguments: str, paths: tuple[Path, ...], cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with Playhead and these folders on its path."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (SOURCES, *paths))), "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@dataclasses.dataclass
class Job:
    """What a worker is given."""

    prompt: str
    job_metadata: dict[str, str] = dataclasses.field(default_factory=dict[str, str])


@dataclasses.dataclass
class Image:
    """What an image worker gives."""

    data: bytes
    mime: str


@dataclasses.dataclass
class Page:
    """What an extraction gives of a page."""

    number: int
    text: str
    images: list[Image]


@dataclasses.dataclass
class Sourced:
    """What a search gives."""

    answer: str
    sources: tuple[dict[str, str], ...]


@dataclasses.dataclass
class Vendor:
    """What is asked for as an object."""

    name: str
    employees: int
