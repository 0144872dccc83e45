"""
Record until killed; say of each call that returned that it did.

Run by ``kill_many.py``. One line on standard output is one acknowledged call, ``thread number``; the line is
written after ``complete`` returned, with one ``write``.
"""

from __future__ import annotations

import os
import sys
import threading

import playhead


class Numbered:
    """Answers with who asked, and filling of a length that differs from call to call."""

    def complete(self, request: playhead.CompletionRequest) -> playhead.Completion:
        """Answer."""
        number = int(request.context["number"])
        # Lengths that no single write is likely to take whole now and then, so that a kill can tear a line.
        filling = "x" * (number * 7919 % 251) * (4096 if number % 17 == 0 else 1)
        return playhead.Completion(f"{request.context['who']} {filling}", model="m")


def work(provider: playhead.InferenceProvider, process: str, thread: int) -> None:
    """Record without end; every third question is asked by all threads and processes alike."""
    number = 0
    while True:
        prompt = f"common {number}" if number % 3 == 0 else f"{process} {thread} {number}"
        context = {"who": f"{process} {thread} {number}", "number": number}
        provider.complete(playhead.CompletionRequest(prompt, context=context))
        os.write(1, f"{thread} {number}\n".encode())
        number += 1


def main() -> None:
    """Record from several threads."""
    path, mode, process, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    session = playhead.use_cassette(path, mode=mode).open()
    provider = session.wrap(Numbered(), name="numbered")
    for thread in range(1, threads):
        threading.Thread(target=work, args=(provider, process, thread), daemon=True).start()
    work(provider, process, 0)


if __name__ == "__main__":
    main()
