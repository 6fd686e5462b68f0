"""Tests that counters and histograms come back from their bytes, those of version 1, too."""

from __future__ import annotations

import json
import sys
import zlib
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcpbench.metrics.histogram import Histogram
from pcpbench.store import measurements
from pcpbench.store.measurements import (
    counters_from_bytes,
    measurements_from_bytes,
    measurements_to_bytes,
)

NAMES = st.text(min_size=1, max_size=12)
COUNTERS = st.dictionaries(NAMES, st.integers(-(1 << 62), 1 << 62), max_size=4)
VALUES_PS = st.integers(0, 1 << 50)
HISTOGRAMS = st.dictionaries(
    NAMES,
    st.lists(st.lists(VALUES_PS, max_size=5), max_size=4).map(Histogram.of),
    max_size=4,
)


@settings(deadline=None)  # the machine may be busy
@given(COUNTERS, HISTOGRAMS)
def test_measurements_come_back(counters: dict[str, int], histograms: dict[str, Histogram]) -> None:
    found = measurements_from_bytes(measurements_to_bytes(counters, histograms))
    assert found.counters == counters
    assert {name: h.unpacked() for name, h in found.histograms.items()} == histograms


@settings(deadline=None)
@given(COUNTERS, HISTOGRAMS)
def test_equal_measurements_have_equal_bytes(
    counters: dict[str, int], histograms: dict[str, Histogram]
) -> None:
    def turned(values: dict[str, object]) -> dict[str, object]:
        return dict(reversed(values.items()))

    packed = measurements_to_bytes(counters, histograms)
    assert measurements_to_bytes(turned(counters), turned(histograms)) == packed  # type: ignore[arg-type]


HISTOGRAM = Histogram.of([[1000, 2000, 70_000_000], [3000]])


def test_counters_are_read_without_the_histograms_behind_them() -> None:
    counters = {f"counter.{i}": i for i in range(3000)}
    packed = measurements_to_bytes(counters, {"alloc.latency": Histogram.of([[1000, 2000]])})
    assert counters_from_bytes(packed) == counters
    assert counters_from_bytes(measurements_to_bytes({}, {})) == {}
    with pytest.raises((ValueError, zlib.error)):
        counters_from_bytes(packed[: len(packed) // 9])


def test_the_json_of_version_1_is_read() -> None:
    old = {"counters": {"alloc_calls": 7}, "histograms": {"alloc.latency": HISTOGRAM.to_json()}}
    found = measurements_from_bytes(zlib.compress(json.dumps(old).encode()))
    assert found.counters == {"alloc_calls": 7}
    assert found.histograms["alloc.latency"].unpacked() == HISTOGRAM
    assert counters_from_bytes(zlib.compress(json.dumps(old).encode())) == {"alloc_calls": 7}


def test_the_bytes_are_as_documented() -> None:
    packed = measurements_to_bytes({"b": 1, "a": 2}, {"x": HISTOGRAM, "w": Histogram()})
    line, newline, rest = zlib.decompress(packed).partition(b"\n")
    head = json.loads(line)
    assert newline and head["counters"] == {"a": 2, "b": 1}
    assert list(head["histograms"]) == ["w", "x"]
    assert head["histograms"]["w"]["counts"] == head["histograms"]["w"]["episodes"] == 0
    of_x = head["histograms"]["x"]
    numbers = [int.from_bytes(rest[i : i + 8], "little") for i in range(0, len(rest), 8)]
    assert of_x["count"] == sum(numbers[of_x["counts"] : 2 * of_x["counts"]]) == 4
    assert numbers[: of_x["counts"]] == list(HISTOGRAM.counts)
    assert len(numbers) == 2 * (of_x["counts"] + of_x["episodes"])


def test_a_machine_with_the_most_important_byte_first_writes_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = array("q", [1, -2, 1 << 40])
    other = {"little": "big", "big": "little"}[sys.byteorder]
    monkeypatch.setattr(measurements.sys, "byteorder", other)
    turned = measurements._least_first(numbers)
    own_first = turned.tobytes() if other == "little" else numbers.tobytes()
    assert measurements._least_first(turned) == (numbers if other == "big" else turned)
    assert len(own_first) == 24


@pytest.mark.parametrize("cut", [1, 8, 9])
def test_missing_numbers_are_noticed(cut: int) -> None:
    whole = zlib.decompress(measurements_to_bytes({}, {"x": HISTOGRAM}))
    with pytest.raises(ValueError):
        measurements_from_bytes(zlib.compress(whole[:-cut])).histograms["x"].unpacked()


def test_histograms_that_are_not_wanted_are_not_unpacked() -> None:
    many = Histogram.of([[1000 * i for i in range(1, 5000)]])
    histograms = {"a": HISTOGRAM, "b": Histogram(), "c": HISTOGRAM, "z": many}
    packed = measurements_to_bytes({"n": 3}, histograms)
    # The last quarter of the bytes belongs to z alone.
    found = measurements_from_bytes(packed[: len(packed) * 3 // 4], lambda name: name in "bc")
    assert found.counters == {"n": 3}
    assert {name: h.unpacked() for name, h in found.histograms.items()} == {
        "b": Histogram(),
        "c": HISTOGRAM,
    }
    assert measurements_from_bytes(packed, lambda name: False).histograms == {}
    with pytest.raises((ValueError, zlib.error)):
        measurements_from_bytes(packed[: len(packed) * 3 // 4])


@pytest.mark.parametrize("cut", [1, 4])
def test_a_checksum_that_is_cut_is_noticed(cut: int) -> None:
    packed = measurements_to_bytes({"n": 3}, {"a": HISTOGRAM})
    with pytest.raises((ValueError, zlib.error)):
        measurements_from_bytes(packed[:-cut])
