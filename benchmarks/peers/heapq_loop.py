"""A bare loop over heapq: one event an operation, and nothing else."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

from common import CPUS, HOLD_NS, LOCAL_OPERATIONS, gaps_ns, run_as_program


def simulate(rounds: int) -> int:
    gaps = [gaps_ns(cpu) for cpu in range(CPUS)]
    done = [0] * CPUS
    left = [LOCAL_OPERATIONS] * CPUS
    waiting: deque[int] = deque()
    holder = -1
    now = sequence = 0
    events: list[tuple[int, int, int]] = []
    for cpu in range(CPUS):
        heappush(events, (next(gaps[cpu]), sequence := sequence + 1, cpu))
    while events:
        now, _, cpu = heappop(events)
        if cpu == holder:
            done[cpu] += 1
            left[cpu] = LOCAL_OPERATIONS
            holder = waiting.popleft() if waiting else -1
            if holder >= 0:
                heappush(events, (now + HOLD_NS, sequence := sequence + 1, holder))
            if done[cpu] < rounds:
                heappush(events, (now + next(gaps[cpu]), sequence := sequence + 1, cpu))
            continue
        left[cpu] -= 1
        if left[cpu]:
            heappush(events, (now + next(gaps[cpu]), sequence := sequence + 1, cpu))
        elif holder < 0:
            holder = cpu
            heappush(events, (now + HOLD_NS, sequence := sequence + 1, cpu))
        else:
            waiting.append(cpu)
    return now


run_as_program(simulate)
