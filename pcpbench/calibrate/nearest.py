"""Decides which known machine lends the numbers that cannot be measured from user space."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection

from pcpbench.calibrate.measuring import Calibration
from pcpbench.hardware.profile import HardwareProfile

# Measured everywhere, and properties of the processor rather than of its surroundings.
COMPARED = ("l2_load", "atomic_rmw", "spin_lock_pair", "dram_local")


def nearest_profile(
    calibration: Calibration, profiles: Collection[HardwareProfile]
) -> HardwareProfile:
    """The profile of the same architecture whose measured costs differ by the smallest factor.

    ``profiles``: at least one; those of another architecture are taken if there is no other.
    """
    same = [profile for profile in profiles if profile.arch == calibration.host.arch]
    return min(same or profiles, key=lambda profile: (distance(calibration, profile), profile.name))


def distance(calibration: Calibration, profile: HardwareProfile) -> float:
    """The median factor, as a logarithm, between what was measured and the profile's costs."""
    factors = [
        abs(math.log(value_ns / profile.costs[key].value_ns))
        for key in COMPARED
        if (value_ns := calibration.value_ns(key))
    ]
    return statistics.median(factors) if factors else math.inf
