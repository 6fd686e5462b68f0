"""SimPy: one process a CPU, one timeout an operation, a Resource as the lock."""

from __future__ import annotations

import simpy
from common import CPUS, HOLD_NS, LOCAL_OPERATIONS, gaps_ns, run_as_program


def simulate(rounds: int) -> int:
    environment = simpy.Environment()
    lock = simpy.Resource(environment, capacity=1)

    def work(cpu: int):
        gaps = gaps_ns(cpu)
        for _ in range(rounds):
            for _ in range(LOCAL_OPERATIONS):
                yield environment.timeout(next(gaps))
            with lock.request() as request:
                yield request
                yield environment.timeout(HOLD_NS)

    for cpu in range(CPUS):
        environment.process(work(cpu))
    environment.run()
    return int(environment.now)


run_as_program(simulate)
