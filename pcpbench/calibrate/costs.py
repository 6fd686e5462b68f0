"""Decides which number each cost of the new profile gets: measured, derived, or a neighbour's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pcpbench.calibrate.estimate import Estimate
from pcpbench.calibrate.measuring import Calibration
from pcpbench.hardware.cost_keys import COST_MEANINGS
from pcpbench.hardware.profile import Cost, HardwareProfile

# A number that was published without a range for another machine has one on this.
ELSEWHERE_LOW, ELSEWHERE_HIGH = 0.7, 1.4
TARGET_PARTS = ("irq_entry_exit", "ipi_handler")
WAY_PARTS = ("ipi_send", "ipi_flight", "ipi_ack")
LEAST_SHARE_OF_WAY = 0.1
LEAST_LOAD_NS = 0.01  # an interval around nothing may begin below 0, a cost may not
# From near to far: what is farther is never cheaper.
LADDERS = (
    ("l2_load", "dram_local", "dram_remote"),
    (
        "line_transfer_smt",
        "line_transfer_cluster",
        "line_transfer_socket",
        "line_transfer_remote",
    ),
)
DIGITS = 4


def profile_costs(calibration: Calibration, nearest: HardwareProfile) -> dict[str, Cost]:
    """Every cost of cost_keys.COST_MEANINGS, in its order."""
    derived = {
        **dict(_dependent_load(calibration)),
        **dict(_out_of_order(calibration, nearest)),
        **dict(_interrupts(calibration, nearest)),
        **dict(_switches(calibration)),
    }
    costs = {}
    for key in COST_MEANINGS:
        if key in calibration.numbers:
            costs[key] = _measured(calibration, key)
        else:
            costs[key] = derived.get(key) or elsewhere(nearest.costs[key], nearest.name)
    return costs


def elsewhere(cost: Cost, name: str) -> Cost:
    """A neighbour's number: an estimate here, whatever it is there."""
    why = f"not measured; from {name}: {cost.source or cost.estimate}"
    low_ns, high_ns = cost.low_ns, cost.high_ns
    if low_ns == high_ns:
        low_ns, high_ns = ELSEWHERE_LOW * low_ns, ELSEWHERE_HIGH * high_ns
    return _cost(cost.value_ns, low_ns, high_ns, estimate=why)


def _measured(calibration: Calibration, key: str) -> Cost:
    measured = calibration.numbers[key]
    estimate = measured.estimate
    source = (
        f"measured: {measured.how}; median of {estimate.samples}, 95 % interval; "
        f"{calibration.host}, {calibration.when:%Y-%m-%d}"
    )
    return _cost(estimate.value_ns, estimate.low_ns, estimate.high_ns, source=source)


def _dependent_load(calibration: Calibration) -> Iterator[tuple[str, Cost]]:
    """What the list loop tells of it: its two modes bound what it costs in a path that is busy."""
    overlapped = calibration.list_loop["overlapped"].dependent_load.estimate
    alone = calibration.list_loop["serialised"].dependent_load.estimate
    hit = calibration.numbers["l1_load"].estimate
    low_ns = max(LEAST_LOAD_NS, min(overlapped.low_ns, alone.low_ns))
    value_ns = max(low_ns, alone.value_ns)
    why = (
        f"derived: one more dependent load in a loop of list pops and pushes takes "
        f"{alone.value_ns:.3g} ns where nothing overlaps; low: {overlapped.value_ns:.3g} where the "
        f"processor overlaps what it can; high: a whole L1 hit (all measured on "
        f"{calibration.host}, {calibration.when:%Y-%m-%d})"
    )
    high_ns = max(value_ns, alone.high_ns, hit.high_ns)
    yield "dependent_load", _cost(value_ns, low_ns, high_ns, estimate=why)


def _out_of_order(calibration: Calibration, nearest: HardwareProfile) -> Iterator[tuple[str, Cost]]:
    """A neighbour's number that a measured one contradicts, in the neighbour's proportion to it."""
    for ladder in LADDERS:
        measured = [step for step, key in enumerate(ladder) if key in calibration.numbers]
        for step, key in enumerate(ladder):
            if step in measured or not measured:
                continue
            near = min(measured, key=lambda other: abs(other - step))
            here = calibration.numbers[ladder[near]].estimate.value_ns
            there = nearest.costs[key]
            if (here - there.value_ns) * (step - near) <= 0:
                continue
            factor = here / nearest.costs[ladder[near]].value_ns
            foreign = elsewhere(there, nearest.name)
            why = (
                f"derived: {there.value_ns:g} ns on {nearest.name}, in proportion to "
                f"{ladder[near]}, which was measured here"
            )
            yield (
                key,
                _cost(
                    factor * foreign.value_ns,
                    factor * foreign.low_ns,
                    factor * foreign.high_ns,
                    estimate=why,
                ),
            )


def _interrupts(calibration: Calibration, nearest: HardwareProfile) -> Iterator[tuple[str, Cost]]:
    """An IPI's parts: membarrier tells how long all take, and how long the target is away."""
    numbers = calibration.numbers
    names = ("call_with_target", "call_without_target", "call_lost_by_target")
    if not all(name in numbers for name in names):
        return
    called, alone, lost = (numbers[name].estimate for name in names)
    whole_ns = called.value_ns - alone.value_ns
    if whole_ns <= 0 or lost.value_ns <= 0:
        return
    way_ns = max(whole_ns - lost.value_ns, LEAST_SHARE_OF_WAY * whole_ns)
    for parts, sum_ns in ((TARGET_PARTS, lost.value_ns), (WAY_PARTS, way_ns)):
        factor = sum_ns / sum(nearest.costs[part].value_ns for part in parts)
        for part in parts:
            there = nearest.costs[part]
            why = (
                f"derived: membarrier takes {whole_ns:,.0f} ns more when it interrupts another "
                f"CPU, which loses {lost.value_ns:,.0f} of them (both measured on "
                f"{calibration.host}, {calibration.when:%Y-%m-%d}); split, and range, in the "
                f"proportion of {nearest.name}"
            )
            yield (
                part,
                _cost(
                    factor * there.value_ns,
                    factor * there.low_ns,
                    factor * there.high_ns,
                    estimate=why,
                ),
            )


def _switches(calibration: Calibration) -> Iterator[tuple[str, Cost]]:
    """Switches and kworker wake-ups, from hand-offs less the system calls that belong to them."""
    numbers = calibration.numbers
    if "kernel_entry_exit" not in numbers:
        return
    entry = numbers["kernel_entry_exit"].estimate
    when = f"{calibration.host}, {calibration.when:%Y-%m-%d}"
    if "hand_off_same_cpu" in numbers:
        switch = _less(numbers["hand_off_same_cpu"].estimate, 2 * entry.value_ns)
        why = (
            "derived: a hand-off between two threads of one CPU less its two system calls "
            f"(measured on {when}); low: half of it, high: twice, as a kworker's differs"
        )
        for key in ("context_switch_in", "context_switch_back"):
            ends = (0.5 * switch.low_ns, 2 * switch.high_ns)
            yield key, _cost(switch.value_ns, *ends, estimate=why)
    if "task_wake" in numbers:
        wake = _less(numbers["task_wake"].estimate, entry.value_ns)
        why = (
            "derived: a hand-off to a thread that sleeps on another, idle CPU, less one system "
            f"call (measured on {when}); low: half of it"
        )
        yield (
            "kworker_wake_idle",
            _cost(wake.value_ns, 0.5 * wake.low_ns, 1.2 * wake.high_ns, estimate=why),
        )


def _less(estimate: Estimate, ns: float) -> Estimate:
    """An estimate less a number, but never less than a tenth of itself."""
    value_ns = max(estimate.value_ns - ns, 0.1 * estimate.value_ns)
    return estimate.scaled(value_ns / estimate.value_ns)


def _cost(
    value_ns: float,
    low_ns: float,
    high_ns: float,
    *,
    source: str | None = None,
    estimate: str | None = None,
) -> Cost:
    value_ns, low_ns, high_ns = (_rounded(ns) for ns in (value_ns, low_ns, high_ns))
    return Cost(value_ns=value_ns, low_ns=low_ns, high_ns=high_ns, source=source, estimate=estimate)


def _rounded(ns: float) -> float:
    """To four digits, and to the picoseconds that the core counts in."""
    return round(float(f"{ns:.{DIGITS}g}"), 3)


def wake_latencies(nearest: HardwareProfile) -> Mapping[str, Cost]:
    """Wake-up behind a busy task: from the neighbour."""
    return {key: elsewhere(cost, nearest.name) for key, cost in nearest.wake_latency_busy.items()}
