"""Measures the least that two kinds of load cost: programs of the core's allocator without machine.

    python -m benchmarks.bounds [--seconds S]

The programs are bare/*.cpp, compiled here with g++ as one translation unit with the core's parts
that they need. A simulator that knows what each call costs, who meets whom and who may interrupt
whom can come near these figures, not reach them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.compiled import compiled

HERE = Path(__file__).parent
NATIVE = HERE.parent / "native"
PROGRAMS = {"pressure": "pressure.cpp", "zone lock": "zone_lock.cpp"}
NEEDED = ("allocator/*.cpp", "simulation/streams.cpp")


def million_calls_per_s(kind: str, *, seconds: float = 2.0, repeat: int = 1) -> float | None:
    """The best of ``repeat`` runs, in millions of page calls a second of CPU time. None without a
    compiler. Raises CalledProcessError if the program cannot be compiled or fails."""
    sources = [path for pattern in NEEDED for path in sorted(NATIVE.glob(pattern))]
    text = "".join(f'#include "{path}"\n' for path in [*sources, HERE / "bare" / PROGRAMS[kind]])
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, "unit.cpp")
        unit.write_text(text)
        program = compiled(unit, Path(folder), "-DNDEBUG", "-ffp-contract=off", f"-I{NATIVE}")
        if program is None:
            return None
        runs = [
            subprocess.run([program, str(seconds)], check=True, capture_output=True, text=True)
            for _ in range(repeat)
        ]
    return max(float(run.stdout) for run in runs)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU time of each run")
    options = parser.parse_args(arguments)
    for kind in PROGRAMS:
        found = million_calls_per_s(kind, seconds=options.seconds)
        if found is None:
            print("g++ is needed", file=sys.stderr)
            return 1
        print(f"{kind}: at most {found:.1f} M calls/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
