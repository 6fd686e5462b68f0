"""Decides how counters and histograms of a cell are packed, so that a thousand are read at once."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from pcpbench.metrics.histogram import Histogram
from pcpbench.store.canonical import canonical_json

LEVEL = 6
WHOLE = "q"  # 64 bits, signed
WHOLE_BYTES = 8
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


def measurements_from_bytes(
    packed: bytes, wanted: Callable[[str], bool] | None = None
) -> Measurements:
    """What ``measurements_to_bytes`` packed, or version 1 of the run file, which was all JSON.
    ``wanted``: whether a histogram of some name is needed, None for all; what stands behind the
    last of those is not even unpacked.

    Raises ValueError, LookupError, TypeError or zlib.error for other bytes."""
    unpacking = zlib.decompressobj()
    line, begun = _first_line(unpacking, packed)
    head = json.loads(line)
    told = head["histograms"]
    names = [name for name in told if wanted is None or wanted(name)]
    if begun is None:
        found = {name: _of_pairs(told[name]) for name in names}
    else:
        ends = [0, *accumulate(2 * (h["counts"] + h["episodes"]) for h in told.values())]
        spans = dict(zip(told, pairwise(ends), strict=True))
        needed = ends[-1] if wanted is None else max((spans[name][1] for name in names), default=0)
        numbers = _numbers(unpacking, begun, needed, whole=wanted is None)
        found = {
            name: _packed(told[name], _columns(told[name], numbers, spans[name][0]))
            for name in names
        }
    return Measurements(counters=head["counters"], histograms=found)


def counters_from_bytes(packed: bytes) -> dict[str, int]:
    """The counters alone, without unpacking the histograms behind them. Raises as
    ``measurements_from_bytes``."""
    line, _ = _first_line(zlib.decompressobj(), packed)
    counters: dict[str, int] = json.loads(line)["counters"]
    return counters


def _first_line(unpacking: Any, packed: bytes) -> tuple[bytes, bytes | None]:
    """The line of JSON, and what was unpacked behind it; None if there is nothing but JSON."""
    found, rest = b"", packed
    while b"\n" not in found and not unpacking.eof:
        more = unpacking.decompress(rest, HEAD_BYTES)
        if not more:
            break
        found, rest = found + more, unpacking.unconsumed_tail
    line, newline, begun = found.partition(b"\n")
    return line, begun if newline else None


def _numbers(unpacking: Any, begun: bytes, needed: int, *, whole: bool) -> array[int]:
    """The first ``needed`` numbers of the histograms; ``whole``: there must be no others."""
    size = WHOLE_BYTES * needed
    # Unpacked to its end, zlib compares its checksum.
    most = 0 if whole else size - len(begun)
    rest = unpacking.decompress(unpacking.unconsumed_tail, most) if whole or most > 0 else b""
    found = begun + rest
    if len(found) < size or (whole and (len(found) > size or not unpacking.eof)):
        raise ValueError(f"{len(found) / WHOLE_BYTES:g} numbers in histograms, {needed} expected")
    numbers = array(WHOLE)
    numbers.frombytes(found[:size])
    return _least_first(numbers)


def _columns(h: Mapping[str, Any], numbers: array[int], start: int) -> list[array[int]]:
    ends = accumulate((h["counts"], h["counts"], h["episodes"], h["episodes"]), initial=start)
    return [numbers[one:two] for one, two in pairwise(ends)]


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
