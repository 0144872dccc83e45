"""
Record the cassette of the example anew: ``python -m examples.agent.record``.

With ``OPENAI_API_KEY`` set, a client without the stand-in's transport would record the real model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import httpx2
import openai

import playhead
from examples.agent.agent import Agent
from examples.agent.standin import vendor

CASSETTE = Path(__file__).with_name("agent.cassette")
QUESTION = "What shall I wear in Zürich right now?"


def record(path: Path) -> None:
    """Ask twice, so that there are two takes of each answer."""
    with playhead.use_cassette(path, mode="record") as session:
        through = playhead.transport(session, inner=httpx2.MockTransport(vendor()), library="httpx2")
        with httpx2.Client(transport=through) as http:
            agent = Agent(openai.OpenAI(api_key="none", http_client=http, max_retries=0))
            for _ in range(2):
                agent.advise(QUESTION)


if __name__ == "__main__":
    record(Path(sys.argv[1]) if len(sys.argv) > 1 else CASSETTE)
