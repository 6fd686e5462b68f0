"""Decides what is measured, with how many repetitions, and to which cost each sample belongs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pcpbench import _native as native
from pcpbench.calibrate.host import Host, HostCpu

MOST_PAIRS_OF_A_KIND = 6
# A share of free memory that may be touched, and what is needed to get past the last cache.
MEMORY_SHARE = 0.25
CACHES_PASSED = 8
MOST_BYTES = 1 << 30  # or what passes the cache four times: more takes long to prepare
LEAST_CACHES_PASSED = 4
LOADS = 30_000
LOADS_FROM_MEMORY = 4000
REPETITIONS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One measurement. ``sample``: takes one, ns by name; ``names``: what those are.

    ``how``: what is done, as it will stand in the profile.
    """

    names: tuple[str, ...]
    how: str
    sample: Callable[[], tuple[float, ...]]


def probes(host: Host) -> Iterator[Probe]:
    """What can be measured on this machine from user space.

    Names are keys of cost_keys.COST_MEANINGS where they are in a profile; else they stand by
    themselves (``cycle``, ``page_fault``, ``call_*``, ``hand_off_same_cpu``).
    """
    one = quiet_cpu(host)
    two = next(cpu for cpu in host.cpus if cpu is not one)
    yield from _processor(host, one)
    yield from _memory(host, one)
    for relation, pairs in pairs_of(host).items():
        for pair in pairs:
            yield _transfer(relation, *pair)
    yield from _kernel(one, two)


def quiet_cpu(host: Host) -> HostCpu:
    """Not the boot CPU, which has more interrupts than others."""
    return next(cpu for cpu in host.cpus if cpu.number != 0)


def pairs_of(host: Host) -> dict[str, list[tuple[HostCpu, HostCpu]]]:
    """Pairs of CPUs by distance, a few of each, spread over the machine."""
    found: dict[str, list[tuple[HostCpu, HostCpu]]] = {}
    for one, two in itertools.combinations(host.cpus, 2):
        found.setdefault(one.relation(two), []).append((one, two))
    return {
        relation: pairs[:: max(1, len(pairs) // MOST_PAIRS_OF_A_KIND)][:MOST_PAIRS_OF_A_KIND]
        for relation, pairs in found.items()
    }


def _processor(host: Host, cpu: HostCpu) -> Iterator[Probe]:
    number = cpu.number
    yield Probe(
        names=("cycle",),
        how="additions that wait for each other",
        sample=lambda: (native.cycle_ns(number, REPETITIONS),),
    )
    yield Probe(
        names=("atomic_rmw",),
        how="atomic additions to a line of its own",
        sample=lambda: (native.atomic_rmw_ns(number, REPETITIONS),),
    )
    yield Probe(
        names=("spin_lock_pair",),
        how="compare-and-exchange and a releasing store on a lock that is free",
        sample=lambda: (native.spin_lock_pair_ns(number, REPETITIONS),),
    )
    first, second = host.cache_bytes[1], host.cache_bytes[2]
    # Four times the first cache: few enough pages for the first TLB, even where none are huge.
    in_second = max(2 * first, min(4 * first, second // 2))
    for key, size in (("l1_load", first // 2), ("l2_load", in_second)):
        yield _chase(key, size, number, number, LOADS)


def _memory(host: Host, cpu: HostCpu) -> Iterator[Probe]:
    cache = host.cache_bytes[max(host.cache_bytes)]
    least = LEAST_CACHES_PASSED * cache
    most = min(max(least, MOST_BYTES), int(host.memory_bytes * MEMORY_SHARE))
    size = min(CACHES_PASSED * cache, most)
    if size < least:
        return
    yield _chase("dram_local", size, cpu.number, cpu.number, LOADS_FROM_MEMORY)
    far = next((other for other in host.cpus if other.package != cpu.package), None)
    if far is not None:
        yield _chase("dram_remote", size, far.number, cpu.number, LOADS_FROM_MEMORY)


def _chase(key: str, size: int, touch_cpu: int, cpu: int, loads: int) -> Probe:
    chase = native.PointerChase(size, touch_cpu)
    shown = f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
    return Probe(
        names=(key,),
        how=f"dependent loads in random order in {shown}",
        sample=lambda: (chase.ns_per_load(cpu, loads),),
    )


def _transfer(relation: str, one: HostCpu, two: HostCpu) -> Probe:
    return Probe(
        names=(f"line_transfer_{relation}",),
        how="half of a round trip of compare-and-exchange between two CPUs",
        sample=lambda: (native.line_transfer_ns(one.number, two.number, 2000),),
    )


def _kernel(one: HostCpu, two: HostCpu) -> Iterator[Probe]:
    cpu, other = one.number, two.number
    yield Probe(
        names=("kernel_entry_exit",),
        how="getppid",
        sample=lambda: (native.system_call_ns(cpu, 2000),),
    )
    yield Probe(
        names=("task_wake",),
        how="half of a round trip between threads that sleep in futexes on two CPUs",
        sample=lambda: (native.hand_off_ns(cpu, other, 50),),
    )
    yield Probe(
        names=("hand_off_same_cpu",),
        how="half of a round trip between threads that sleep in futexes on one CPU",
        sample=lambda: (native.hand_off_ns(cpu, cpu, 100),),
    )
    yield Probe(
        names=("page_fault",),
        how="first touch of an anonymous page, its clearing included",
        sample=lambda: (native.page_fault_ns(cpu, 500),),
    )
    yield Probe(
        names=("call_without_target",),
        how="membarrier while no other thread of the process runs",
        sample=lambda: (native.membarrier_call_ns(cpu, other, False, 50)[0],),
    )
    yield Probe(
        names=("call_with_target", "call_lost_by_target"),
        how="membarrier while a thread runs on the other CPU; the gap that it sees",
        sample=lambda: native.membarrier_call_ns(cpu, other, True, 50)[:2],
    )
