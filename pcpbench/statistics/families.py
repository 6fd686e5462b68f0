"""Decides how p-values are adjusted when many comparisons are made at once."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float], *, untested: int = 0) -> list[float]:
    """P-values adjusted so that all rejections together err with at most the stated rate.

    ``untested``: members of the family that were planned and could not be tested; they count as
    p = 1. Source: Holm 1979, "A simple sequentially rejective multiple test procedure"; the same
    as R's p.adjust(method = "holm").
    """
    size = len(p_values) + untested
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(_ascending(p_values)):
        largest = max(largest, (size - rank) * p_values[index])
        adjusted[index] = min(1.0, largest)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted so that of all rejections the stated share is expected to be false.

    Source: Benjamini & Hochberg 1995, "Controlling the false discovery rate"; the same as
    scipy.stats.false_discovery_control, without the second that importing scipy.stats takes.
    """
    size = len(p_values)
    adjusted = [0.0] * size
    smallest = 1.0
    for rank, index in reversed(list(enumerate(_ascending(p_values), start=1))):
        smallest = min(smallest, size / rank * p_values[index])
        adjusted[index] = smallest
    return adjusted


def _ascending(p_values: Sequence[float]) -> list[int]:
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("p-values are between 0 and 1")
    return sorted(range(len(p_values)), key=p_values.__getitem__)
