"""What the command line's exit codes mean; the one place that says so."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from playhead.errors import (
    CassetteError,
    InferenceProviderError,
    MissingDependencyError,
    PlayheadError,
    PluginError,
    RecordingError,
    ReplayRefused,
    UsageError,
)


class ExitCode(enum.IntEnum):
    """One number for each way a command can end."""

    OK = 0
    FOUND = 1
    USAGE = 2
    CASSETTE = 3
    REFUSED = 4
    PROVIDER = 5
    DRIFTED = 6
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "all went well",
    ExitCode.FOUND: "something was found, or some calls failed",
    ExitCode.USAGE: "the command line, a setting or an input file is wrong; nothing was done",
    ExitCode.CASSETTE: "a cassette is missing, damaged or of a newer version",
    ExitCode.REFUSED: "a replay was refused: nothing recorded for the call",
    ExitCode.PROVIDER: "the provider failed in every call, or recording was not possible",
    ExitCode.DRIFTED: "a fresh recording drifted from its golden by as much as was asked about, or more",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.BROKEN_PIPE: "the reader of the output went away",
}

_BY_CLASS: Mapping[type[PlayheadError], ExitCode] = {
    UsageError: ExitCode.USAGE,
    CassetteError: ExitCode.CASSETTE,
    ReplayRefused: ExitCode.REFUSED,
    InferenceProviderError: ExitCode.PROVIDER,
    RecordingError: ExitCode.PROVIDER,
    PluginError: ExitCode.PROVIDER,
    MissingDependencyError: ExitCode.PROVIDER,
}


def exit_code_of(error: PlayheadError) -> ExitCode:
    """Give the code a command ends with after an error of ours."""
    for cls in type(error).__mro__:
        if cls in _BY_CLASS:
            return _BY_CLASS[cls]
    return ExitCode.FOUND
