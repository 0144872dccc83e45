"""
A process that records what it is told to: one JSON array a line in, one JSON value a line out.

``["open", PATH, MODE]``, ``["call", PROMPT, ANSWER, START_NS]``, ``["burst", WHO, COUNT]``, ``["close"]``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import playhead


class Told:
    """Answers with what it was told last."""

    text = ""

    def complete(self, request: playhead.CompletionRequest) -> playhead.Completion:
        """Answer."""
        return playhead.Completion(self.text, model="m")


class Worker:
    """One session after the other."""

    def __init__(self) -> None:
        self.clock = playhead.ManualClock()
        self.provider = Told()
        self.session: playhead.Session | None = None
        self.wrapped: Any = None

    def open(self, path: str, mode: str) -> str:
        """Open a session with a clock that stands still."""
        self.session = playhead.use_cassette(path, mode=mode, clock=self.clock).open()
        self.wrapped = self.session.wrap(self.provider, name="told")
        return "open"

    def call(self, prompt: str, answer: str, start_ns: int) -> str:
        """Record one call that starts at a given time."""
        self.clock.now_ns = start_ns
        self.provider.text = answer
        return str(self.wrapped.complete(playhead.CompletionRequest(prompt)).text)

    def burst(self, who: str, count: int) -> int:
        """Record as fast as it goes: half of it what all ask, half what only this process asks."""
        for number in range(count):
            self.clock.now_ns += 1
            self.provider.text = f"{who} {number}"
            prompt = f"common {number}" if number % 2 else f"own {who} {number}"
            self.wrapped.complete(playhead.CompletionRequest(prompt))
        return count

    def close(self) -> dict[str, Any]:
        """End the session and say what became of its calls."""
        assert self.session is not None
        self.session.close()
        sealed = self.session.sealed
        assert sealed is not None
        return {"written": sealed.written, "calls": sealed.calls, "waiting": len(sealed.waiting)}


def main() -> None:
    """Do what is said until nothing more is."""
    worker = Worker()
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(worker, verb)(*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
