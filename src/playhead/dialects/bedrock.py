"""Amazon Bedrock's runtime: conversations in its own words, and models in their makers' words."""

from __future__ import annotations

from playhead.dialects.bedrock_converse import CONVERSE, CONVERSE_STREAM
from playhead.dialects.bedrock_invoke import INVOKE, INVOKE_STREAM
from playhead.dialects.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (CONVERSE, CONVERSE_STREAM, INVOKE, INVOKE_STREAM)
"""All of Bedrock's."""
