"""
Kill recording processes at random moments, recover, and count.

    python tests/reliability/kill_many.py --kills 100

Each round starts one to three processes with one to four threads each, all of which record into one cassette, kills
them with SIGKILL, and reads their journals. What was acknowledged must be there; beyond it, at most the one call
that each thread had in flight may be. The counts are printed as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import playhead
from playhead.store.journals import State, journal_paths, read_journal
from playhead.store.sealing import seal

CHILD = Path(__file__).with_name("kill_child.py")

Acknowledged = dict[tuple[str, str], int]
"""The last number that each thread of each process said was recorded."""


class Process:
    """A recording process and what it acknowledged."""

    def __init__(self, path: Path, mode: str, name: str, threads: int) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(playhead.__file__).parents[1])}
        command = [sys.executable, str(CHILD), str(path), mode, name, str(threads)]
        self.name = name
        self.lines: list[bytes] = []
        self.spoke = threading.Event()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            self.spoke.set()

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.send_signal(signal.SIGKILL)

    def wait(self) -> None:
        """Wait for its end and for all that it said."""
        code = self._process.wait(30)
        self._reader.join(30)
        if code != -signal.SIGKILL:
            raise RuntimeError(f"a recording process ended by itself, with {code}")

    def acknowledged(self) -> Acknowledged:
        """Give what it said; a line without its end was not said."""
        found: Acknowledged = {}
        for line in self.lines:
            if line.endswith(b"\n"):
                thread, number = line.decode().split()
                found[self.name, thread] = int(number)
        return found


def one_kill(folder: Path, chance: random.Random) -> Counter[str]:
    """Record, kill, recover; give the counts of one round."""
    path = folder / "killed.cassette"
    mode = chance.choice(["record", "record-missing"])
    golden = mode == "record-missing" and chance.random() < 0.5
    if golden:
        with playhead.record(playhead.StubInferenceProvider("golden"), path) as provider:
            provider.complete(playhead.CompletionRequest("golden"))
    processes = [Process(path, mode, f"p{number}", chance.randint(1, 4)) for number in range(chance.randint(1, 3))]
    if chance.random() < 0.9:
        processes[0].spoke.wait(30)
        time.sleep(chance.random() * 0.08)
    else:
        time.sleep(chance.random() * 0.3)
    for process in processes:
        process.kill()
    acknowledged: Acknowledged = {}
    for process in processes:
        process.wait()
        acknowledged.update(process.acknowledged())
    return judge(path, acknowledged, golden=golden)


def judge(path: Path, acknowledged: Acknowledged, *, golden: bool) -> Counter[str]:
    """Compare what was acknowledged with what the journals hold and what is sealed of them."""
    counts: Counter[str] = Counter(kills=1)
    in_journals: Counter[str] = Counter()
    for journal in journal_paths(path):
        content = read_journal(journal)
        counts["alive_after_death"] += content.state is not State.CRASHED
        counts["torn_tails"] += sum(1 for torn in content.torn if torn.last)
        counts["torn_inside"] += sum(1 for torn in content.torn if not torn.last)
        in_journals.update(who_of(call.entry.data) for call in content.calls)
    expected = {f"{name} {thread} {n}" for (name, thread), last in acknowledged.items() for n in range(last + 1)}
    seal(path, scan=lambda _: (), adopt_crashed=True)
    sealed: Counter[str] = Counter()
    if path.exists():
        entries = list(playhead.open_cassette(path))
        sealed.update(str(entry.request.context["who"]) for entry in entries if "who" in entry.request.context)
        counts["golden_lost"] += golden and not any(entry.request.prompt == "golden" for entry in entries)
        for entry in entries:
            counts["mixed"] += not entry.evidence.text.startswith(str(entry.request.context.get("who", "golden")))
    counts["acknowledged"] += len(expected)
    counts["recovered"] += sealed.total()
    counts["lost"] += len(expected - sealed.keys()) + len(expected - in_journals.keys())
    counts["twice"] += sum(1 for count in sealed.values() if count != 1)
    counts["foreign"] += sum(1 for who in sealed.keys() - expected if not in_flight(who, acknowledged))
    counts["not_as_in_the_journals"] += sealed != in_journals
    counts["journals_left"] += len(journal_paths(path))
    return counts


def who_of(entry: bytes) -> str:
    """Give who asked for a journal's call."""
    return str(json.loads(entry)["call"]["request"]["context"]["who"])


def in_flight(who: str, acknowledged: Acknowledged) -> bool:
    """Tell whether a call is the one that its thread had not yet acknowledged."""
    name, thread, number = who.split()
    return int(number) == acknowledged.get((name, thread), -1) + 1


FAULTS = (
    *("alive_after_death", "torn_inside", "golden_lost", "mixed", "lost", "twice", "foreign"),
    *("not_as_in_the_journals", "journals_left"),
)


def main() -> int:
    """Kill as often as asked, print the counts, and fail if anything was lost or appeared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    counts: Counter[str] = Counter(dict.fromkeys(("kills", "acknowledged", "recovered", "torn_tails", *FAULTS), 0))
    for _ in range(options.kills):
        with tempfile.TemporaryDirectory() as folder:
            counts.update(one_kill(Path(folder), chance))
    sys.stdout.write(json.dumps(counts) + "\n")
    return 1 if any(counts[fault] for fault in FAULTS) else 0


if __name__ == "__main__":
    sys.exit(main())
