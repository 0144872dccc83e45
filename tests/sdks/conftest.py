"""Gives each test of an SDK the rows that it is about, and keeps SDKs from looking around on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.sdks.prover")

from tests.sdks.prover import Prover, rows  # noqa: E402 - its asserts are rewritten

ABOUT = ("row", "varying", "proving", "prompted", "streamed")

_KEPT_OUT = {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "0",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Spread a table over the tests that ask for its rows."""
    if metafunc.cls is None or not issubclass(metafunc.cls, Prover):
        return
    for about in ABOUT:
        if about in metafunc.fixturenames:
            found = rows(metafunc.cls.sdk, about)
            marks = [(pytest.mark.real_server,) if row.real else () for row in found]
            metafunc.parametrize(
                about, [pytest.param(row, id=str(row), marks=mark) for row, mark in zip(found, marks, strict=True)]
            )


@pytest.fixture(scope="session", autouse=True)
def _one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give clients one authority to trust, not 140: none here speaks TLS, and reading them takes 30 ms a client."""
    certifi = pytest.importorskip("certifi")
    end = "-----END CERTIFICATE-----\n"
    first, _, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(end)
    bundle = tmp_path_factory.mktemp("tls") / "one.pem"
    bundle.write_text(first + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(bundle))
        yield


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no configuration of the machine's, no call home."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in _KEPT_OUT.items():
        monkeypatch.setenv(name, value)
