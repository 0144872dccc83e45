"""
Record ``cassettes/`` from the real model server.

    make goldens

A call whose evidence did not change keeps its entry, so a file changes only where an answer did.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import playhead
from playhead.providers.tiny_server import TinyServer
from tools.golden_scenarios import MODEL, PROVIDER, SCENARIOS, WIRE_SCENARIOS

FOLDER = Path(__file__).parents[1] / "cassettes"


def main() -> None:
    """Record every scenario."""
    for scenario in SCENARIOS:
        with TinyServer(tool_calling=scenario.tool_calling, embeddings=scenario.embeddings) as server:
            provider = playhead.OpenAICompatibleProvider(server.base_url, model=MODEL, name=PROVIDER)
            with playhead.record(provider, FOLDER / scenario.file, name=PROVIDER) as recorded:
                scenario.play(recorded)
            provider.close()
        print(playhead.open_cassette(FOLDER / scenario.file))
    for wire in WIRE_SCENARIOS:
        with TinyServer(embeddings=wire.embeddings) as server, playhead.use_cassette(FOLDER / wire.file, mode="record"):
            wire.play(server.base_url)
        print(playhead.open_cassette(FOLDER / wire.file))


if __name__ == "__main__":
    main()
