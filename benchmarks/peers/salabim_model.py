"""salabim: one component a CPU, one hold an operation, a Resource as the lock."""

from __future__ import annotations

import salabim
from common import CPUS, HOLD_NS, LOCAL_OPERATIONS, gaps_ns, run_as_program

salabim.yieldless(False)


class Worker(salabim.Component):
    def setup(self, cpu: int, rounds: int, lock: salabim.Resource) -> None:
        self.gaps, self.rounds, self.lock = gaps_ns(cpu), rounds, lock

    def process(self):
        for _ in range(self.rounds):
            for _ in range(LOCAL_OPERATIONS):
                yield self.hold(next(self.gaps))
            yield self.request(self.lock)
            yield self.hold(HOLD_NS)
            self.release()


def simulate(rounds: int) -> int:
    environment = salabim.Environment(trace=False)
    lock = salabim.Resource("lock")
    for cpu in range(CPUS):
        Worker(cpu=cpu, rounds=rounds, lock=lock)
    environment.run()
    return int(environment.now())


run_as_program(simulate)
