"""Decides how counters and histograms of a cell are packed, so that a thousand are read at once."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pcpbench.metrics.histogram import Histogram
from pcpbench.store.canonical import canonical_json

LEVEL = 6
WHOLE = "q"  # 64 bits, signed
HEAD_BYTES = 1 << 14  # unpacked at a time until the counters end
ENDS = ("count", "sum_ps", "min_ps", "max_ps")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedHistogram:
    """A histogram in columns: ``counts[i]`` samples in bucket ``buckets[i]``, likewise episodes."""

    count: int
    sum_ps: int
    min_ps: int
    max_ps: int
    buckets: array[int]
    counts: array[int]
    episode_buckets: array[int]
    episodes: array[int]

    def unpacked(self) -> Histogram:
        """The histogram; ValueError if its parts do not agree."""
        return Histogram.from_native(
            {
                "counts": zip(self.buckets, self.counts, strict=True),
                "episodes": zip(self.episode_buckets, self.episodes, strict=True),
                **{name: getattr(self, name) for name in ENDS},
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What a cell counted."""

    counters: dict[str, int]
    histograms: dict[str, PackedHistogram]


def measurements_to_bytes(
    counters: Mapping[str, int], histograms: Mapping[str, Histogram]
) -> bytes:
    """A line of JSON, then the columns of the histograms in the order of their names, as integers
    of 64 bits, the least byte first; all of it compressed by zlib."""
    head: dict[str, Any] = {}
    columns: list[Iterable[int]] = []
    for name, h in sorted(histograms.items()):
        sizes = {"counts": len(h.counts), "episodes": len(h.episodes)}
        head[name] = {**sizes, **{end: getattr(h, end) for end in ENDS}}
        columns += [h.counts.keys(), h.counts.values(), h.episodes.keys(), h.episodes.values()]
    line = canonical_json({"counters": dict(counters), "histograms": head})
    numbers = array(WHOLE, [number for column in columns for number in column])
    return zlib.compress(line.encode() + b"\n" + _least_first(numbers).tobytes(), LEVEL)


def measurements_from_bytes(packed: bytes) -> Measurements:
    """What ``measurements_to_bytes`` packed, or version 1 of the run file, which was all JSON.

    Raises ValueError, LookupError, TypeError or zlib.error for other bytes."""
    line, newline, rest = zlib.decompress(packed).partition(b"\n")
    head = json.loads(line)
    if not newline:
        return Measurements(
            counters=head["counters"],
            histograms={name: _of_pairs(h) for name, h in head["histograms"].items()},
        )
    numbers = array(WHOLE)
    numbers.frombytes(rest)
    numbers = _least_first(numbers)
    at = 0
    found = {}
    for name, h in head["histograms"].items():
        sizes = (h["counts"], h["counts"], h["episodes"], h["episodes"])
        columns = []
        for size in sizes:
            columns.append(numbers[at : at + size])
            at += size
        found[name] = _packed(h, columns)
    if at != len(numbers):
        raise ValueError(f"{len(numbers)} numbers in histograms, {at} expected")
    return Measurements(counters=head["counters"], histograms=found)


def counters_from_bytes(packed: bytes) -> dict[str, int]:
    """The counters alone, without unpacking the histograms behind them. Raises as
    ``measurements_from_bytes``."""
    unpacking = zlib.decompressobj()
    line, rest = b"", packed
    while b"\n" not in line and not unpacking.eof:
        more = unpacking.decompress(rest, HEAD_BYTES)
        if not more:
            break
        line, rest = line + more, unpacking.unconsumed_tail
    counters: dict[str, int] = json.loads(line.partition(b"\n")[0])["counters"]
    return counters


def _of_pairs(h: Mapping[str, Any]) -> PackedHistogram:
    pairs = [array(WHOLE, [p[i] for p in h[key]]) for key in ("counts", "episodes") for i in (0, 1)]
    return _packed(h, pairs)


def _packed(h: Mapping[str, Any], columns: list[array[int]]) -> PackedHistogram:
    buckets, counts, episode_buckets, episodes = columns
    return PackedHistogram(
        count=h["count"],
        sum_ps=h["sum_ps"],
        min_ps=h["min_ps"],
        max_ps=h["max_ps"],
        buckets=buckets,
        counts=counts,
        episode_buckets=episode_buckets,
        episodes=episodes,
    )


def _least_first(numbers: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return numbers
    turned = numbers[:]
    turned.byteswap()
    return turned
