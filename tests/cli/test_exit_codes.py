"""Exit codes: one number for each kind of ending, and a meaning for each number."""

from __future__ import annotations

import pytest

from playhead import errors
from playhead.cli.exit_codes import MEANINGS, ExitCode, exit_code_of
from playhead.errors import PlayheadError


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UsageError", 2),
        ("InferenceProviderError", 5),
        ("ProviderError", 5),
        ("RateLimitError", 5),
        ("PermanentError", 5),
        ("ReplayRefused", 4),
        ("NoMatch", 4),
        ("Exhausted", 4),
        ("NetworkBlocked", 4),
        ("CassetteError", 3),
        ("CassetteMissing", 3),
        ("NotACassette", 3),
        ("UnsupportedVersion", 3),
        ("CassetteDamaged", 3),
        ("LimitExceeded", 3),
        ("RecordingError", 5),
        ("SecretFound", 5),
        ("PluginError", 5),
        ("PluginApiVersionMismatchError", 5),
        ("BrokenPluginError", 5),
        ("CoreUnconditionalPluginDisabledError", 5),
        ("DuplicateContributionError", 5),
        ("DuplicateInferenceBackendError", 5),
        ("DuplicateModelListerError", 5),
        ("InferenceBackendNotFoundError", 5),
        ("ModelListingUnsupportedError", 5),
        ("MissingDependencyError", 5),
        ("PlayheadError", 1),
    ],
)
def test_every_error_has_its_code(name: str, code: int) -> None:
    """A script can tell by the number what kind of trouble there was."""
    assert exit_code_of(getattr(errors, name)("text")) == code


def test_no_error_is_forgotten() -> None:
    """The table above names every class of the tree, so a new one has to be decided."""
    marks = test_every_error_has_its_code.pytestmark  # type: ignore[attr-defined]
    named = {case[0] for case in marks[0].args[1]}
    known = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, PlayheadError)
    }
    assert named == known - {"LLMError"}


def test_every_code_has_a_meaning() -> None:
    """What is returned is documented."""
    assert set(MEANINGS) == set(ExitCode)
