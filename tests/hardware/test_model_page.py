"""The page of the model says where each cost of a profile enters and where its number is from; the
section is generated, so it must be what the native code and the profiles generate now."""

from __future__ import annotations

import re

import cost_table
import pytest

from pcpbench.hardware.cost_keys import COST_MEANINGS

SECTION = cost_table.section()


def test_the_section_is_what_code_and_profiles_say():
    text = cost_table.PAGE.read_text()
    assert text == cost_table.page(text), "run: python -m scripts.cost_table"


@pytest.mark.parametrize("key", COST_MEANINGS)
def test_each_cost_enters_somewhere_and_in_a_function_that_is_there(key):
    row = re.search(rf"^\| `{key}` \| (.+?) \| (.+) \|$", SECTION, re.MULTILINE)
    assert row is not None, "a cost that enters nothing is a dead number"
    for file, names in re.findall(r"`([^`]+)` \(([^)]+)\)", row[1]):
        text = (cost_table.NATIVE / file).read_text()
        assert re.search(rf"\.{key}\b", text)
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"\b{name}\(", text)


def test_no_place_is_missed():
    places = list(cost_table._places())
    for key in COST_MEANINGS:
        texts = [
            re.sub(r"//.*", "", path.read_text())
            for room in cost_table.ROOMS
            for path in (cost_table.NATIVE / room).iterdir()
        ]
        read = sum(len(re.findall(rf"\.{key}\b", text)) for text in texts)
        assert read == sum(cost == key for _, _, cost in places) > 0


def test_a_cost_belongs_to_the_function_around_it():
    source = """
    #include <utility>
    namespace pcpbench {
    // costs.ipi_ack is not read here
    Calls::Calls(Machine& machine) : path_(machine.costs().alloc_path) {}
    Task<void> Calls::run(Thread& thread) const {
        const char* text = "costs.ipi_ack {";
        for (int cpu = 0; cpu < 4; ++cpu) later([this] { use(costs.ipi_send, 1'000); });
        if (cost.ipi_flight()) { return; }
        co_await wait(costs.work_queue);
    }
    struct Access {
        Picoseconds cost(const Costs& costs) const { return costs.l2_load; }
    };
    }
    """
    assert list(cost_table.costs_read(source)) == [
        ("Calls", "alloc_path"),
        ("run", "ipi_send"),
        ("run", "work_queue"),
        ("cost", "l2_load"),
    ]


def test_a_cost_outside_of_every_function_is_an_error():
    with pytest.raises(ValueError, match="outside of every function"):
        list(cost_table.costs_read("int longest = costs.ipi_ack;"))
