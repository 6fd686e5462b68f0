"""The common model's numbers, and how a peer is run as a program."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

CPUS = 64
LOCAL_OPERATIONS = 63
HOLD_NS = 500
END_NS_AFTER_20_ROUNDS = 645_776


def gaps_ns(cpu: int) -> Iterator[int]:
    """The gaps before a CPU's operations, in ns, without end."""
    x = (cpu + 1) * 2654435761 % 2**32
    while True:
        x = (1664525 * x + 1013904223) % 2**32
        yield 50 + (x >> 16) % 101


def run_as_program(simulate: Callable[[int], int]) -> None:
    """Runs ``simulate(rounds)``, which gives the end in ns, for the rounds named on the command
    line; prints operations, seconds of CPU time and the end as JSON."""
    rounds = int(sys.argv[1])
    began = time.process_time()
    end_ns = simulate(rounds)
    seconds = time.process_time() - began
    operations = CPUS * rounds * (LOCAL_OPERATIONS + 1)
    print(json.dumps({"operations": operations, "seconds": seconds, "end_ns": end_ns}))
