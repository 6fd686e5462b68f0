"""The drawing of a profile: every CPU has its place, every number stands in the table."""

import re

import pytest

from pcpbench.hardware.builtin import pcpbench_hardware
from pcpbench.hardware.drawing import draw
from pcpbench.hardware.profile import load_profile

SHIPPED = {path.stem: path for path in pcpbench_hardware()}


def drawn(name: str, columns: int = 80) -> list[str]:
    return draw(load_profile(SHIPPED[name]), columns)


@pytest.mark.parametrize("name", SHIPPED)
def test_it_fits_into_80_columns_of_plain_characters(name: str) -> None:
    lines = drawn(name)
    assert max(map(len, lines)) <= 80
    assert all(line.isascii() and line == line.rstrip() for line in lines)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_cost_stands_there_with_value_and_range(name: str) -> None:
    profile = load_profile(SHIPPED[name])
    lines = drawn(name)
    for key, cost in profile.costs.items():
        (row,) = (line for line in lines if line.startswith(f"{key} "))
        words = row.replace(",", "").split()
        assert float(words[1].lstrip("~")) == cost.value_ns
        assert words[1].startswith("~") == (cost.estimate is not None)
        if cost.low_ns < cost.high_ns:
            assert [float(words[2]), float(words[4])] == [cost.low_ns, cost.high_ns]


def test_clusters_are_listed_socket_by_socket() -> None:
    text = "\n".join(drawn("kunpeng-920"))
    first, second = text.split("socket 1")[0], text.split("socket 1")[1]
    assert first.count("[") == 16 and "[60-63]" in first
    assert "[64-67]" in second and "[124-127]" in second


def test_the_matrix_has_one_cpu_of_each_distance() -> None:
    lines = drawn("ryzen-9-5950x")
    start = next(i for i, line in enumerate(lines) if "from CPU to CPU" in line)
    matrix = [re.split(r"\s{2,}", line.strip()) for line in lines[start + 1 : start + 6]]
    # 16 is the sibling of 0, 1 its neighbour, 8 on the other chiplet: 7.8, 17 and 85 ns.
    assert matrix[0] == ["0", "16", "1", "8"]
    assert matrix[1] == ["0", ".", "7.8", "17", "85"]
    assert matrix[2] == ["16", "7.8", ".", "17", "85", "sibling thread"]
    assert matrix[4] == ["8", "85", "85", "85", ".", "other cluster"]


def test_a_machine_of_one_distance_has_a_small_matrix() -> None:
    lines = drawn("graviton2")
    start = next(i for i, line in enumerate(lines) if "from CPU to CPU" in line)
    assert [line.split()[:3] for line in lines[start + 2 : start + 4]] == [
        ["0", ".", "47"],
        ["1", "47", "."],
    ]


def test_numbers_of_distances_that_the_machine_lacks_are_marked() -> None:
    unused = {
        name: [line.split()[0] for line in drawn(name) if "(unused: " in line] for name in SHIPPED
    }
    assert unused["epyc-7742"] == []
    assert unused["graviton2"] == [
        *("dram_remote", "line_transfer_smt", "line_transfer_cluster", "line_transfer_remote")
    ]
    assert unused["ryzen-9-5950x"] == ["dram_remote", "line_transfer_remote"]
    assert unused["kunpeng-920"] == ["line_transfer_smt"]


def test_it_says_where_the_numbers_are_from_and_what_they_mean() -> None:
    text = " ".join(drawn("thunderx2"))
    assert "~ marks an estimate" in text
    assert "The file says of each number where it is from" in text
    assert "docs/hardware.md says what the names mean" in text


def test_a_bar_reaches_from_low_to_high_with_the_value_between() -> None:
    (row,) = (line for line in drawn("graviton2", 120) if line.startswith("ipi_flight "))
    bar = row[len(row.split("[")[0]) :]
    assert re.fullmatch(r"\[-*\*-*\]", bar)


def test_a_narrow_terminal_leaves_the_bars_out() -> None:
    lines = drawn("thunderx2", 20)
    assert max(map(len, lines)) <= 64
    assert not any("*" in line for line in lines)
