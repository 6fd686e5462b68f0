"""Decides how the proposal's question is answered: is one more dependent load measurable?"""

from __future__ import annotations

from collections.abc import Iterator

from pcpbench.calibrate.estimate import Estimate
from pcpbench.calibrate.list_loop import MODES, Added, ListLoopResult
from pcpbench.calibrate.measuring import Calibration
from pcpbench.hardware.profile import HardwareProfile


def answer(calibration: Calibration, nearest: HardwareProfile) -> Iterator[str]:
    """Paragraphs: the answer, each mode, and then against what it would be measured."""
    yield _answered(calibration)
    for mode, meaning in MODES.items():
        result = calibration.list_loop[mode]
        yield (
            f"List access in running code, {mode} ({meaning}): bare "
            f"{_number(result.bare)} ns. One more dependent load adds "
            f"{_told(result, result.dependent_load)}; an uncontended trylock pair "
            f"{_told(result, result.trylock_pair)}."
        )
    yield _against(calibration, nearest)


def _answered(calibration: Calibration) -> str:
    """A load is measurable where the interval of what it adds does not hold 0."""
    above = [
        f"{_number(load)} ns {mode}"
        for mode in MODES
        if (load := calibration.list_loop[mode].dependent_load.estimate).low_ns > 0
    ]
    found = f"it is: {' and '.join(above)}" if above else "it is not"
    but = "" if len(above) in (0, len(MODES)) else ", though not in the other mode"
    return (
        'One more dependent load in each list access is "unlikely to be measurable", says the '
        f"proposal of October 2021. In a loop made for it, {found}{but} (95 % intervals)."
    )


def _against(calibration: Calibration, nearest: HardwareProfile) -> str:
    """An allocation and its free are two accesses."""
    loads = [calibration.list_loop[mode].dependent_load.estimate.value_ns for mode in MODES]
    low_ns, high_ns = 2 * min(loads), 2 * max(loads)
    costs = nearest.costs
    pair_ns = sum(costs[key].value_ns for key in ("alloc_path", "free_path"))
    pair_ns += 2 * costs["irq_save_restore"].value_ns
    text = (
        f"In an allocation and its free the load is thus {low_ns:.2g} to {high_ns:.2g} ns, "
        f"{_share(low_ns, pair_ns)} to {_share(high_ns, pair_ns)} of the {pair_ns:.0f} ns of "
        f"both on the lists of {nearest.name}"
    )
    fault_ns = calibration.value_ns("page_fault")
    if fault_ns is None:
        return f"{text}."
    return (
        f"{text}. A page fault, {fault_ns:,.0f} ns here, makes one allocation: "
        f"{_share(low_ns / 2, fault_ns)} to {_share(high_ns / 2, fault_ns)} of it."
    )


def _told(result: ListLoopResult, added: Added) -> str:
    share = _share(added.estimate.value_ns, result.bare.value_ns)
    places = f"{added.low_place_ns:.3g} to {added.high_place_ns:.3g}"
    return f"{_number(added.estimate)} ns ({share}), {places} by where code and data lie"


def _number(estimate: Estimate) -> str:
    return f"{estimate.value_ns:.4g} [{estimate.low_ns:.4g}, {estimate.high_ns:.4g}]"


def _share(part_ns: float, whole_ns: float) -> str:
    return f"{100 * part_ns / whole_ns:.2g} %"
