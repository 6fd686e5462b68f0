"""Measures how fast recordings are replayed: events per second of CPU time, on one core.

    python benchmarks/replay.py FOLDER [--mib N] [--repeat N] [--json]

FOLDER is a case (trace.txt and snap0.txt, packed or not). Its text is fed from memory, as often as
fits N MiB, each time to a new replay; reading the snapshot is not measured, unpacking neither. The
best of the repeats is shown, and the worst beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from pcpbench._native import Replay
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.trace.replay.case import find_case, preset_name, read_snapshot
from pcpbench.trace.source import read_chunks

PAGE_BYTES = 4096
CHUNK_BYTES = 1 << 20


def measure(folder: str, *, inputs: str, mib: int) -> dict[str, Any]:
    """Events, bytes and CPU seconds of replaying ``folder`` until ``mib`` MiB are read."""
    presets = {path.stem: load_preset(path) for path in pcpbench_kernels()}
    case = find_case(folder)
    before = read_snapshot(case.before)
    kernel = preset_name(before.release, {name: p.release for name, p in presets.items()})
    policy = dict(list_policy(presets[kernel], PAGE_BYTES))
    text = b"".join(read_chunks(case.text))
    chunks = [text[at : at + CHUNK_BYTES] for at in range(0, len(text), CHUNK_BYTES)]
    events = read = 0
    seconds = 0.0
    while read < mib << 20:
        replay = Replay(policy, before, inputs=inputs, resync=False)
        began = time.process_time()
        for chunk in chunks:
            replay.feed(chunk)
        replay.finish(None)
        seconds += time.process_time() - began
        events += replay.lines
        read += len(text)
    return {"events": events, "bytes": read, "cpu_s": seconds, "events_per_s": events / seconds}


def main() -> int:
    """Prints one line a level of inputs, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--mib", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = {}
    for inputs in ("calls", "order", "facts"):
        runs = [
            measure(arguments.folder, inputs=inputs, mib=arguments.mib)
            for _ in range(arguments.repeat)
        ]
        speeds = sorted(run["events_per_s"] for run in runs)
        found[inputs] = {"best_events_per_s": speeds[-1], "worst_events_per_s": speeds[0]}
    if arguments.json:
        print(json.dumps({"case": str(Path(arguments.folder)), "speeds": found}, indent=2))
    else:
        for inputs, speed in found.items():
            best, worst = (speed[f"{which}_events_per_s"] / 1e6 for which in ("best", "worst"))
            print(f"{inputs:6} {best:5.2f} million events/s (worst {worst:.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
