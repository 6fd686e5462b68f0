// read_config.hpp: turns the dictionary of a cell into the core's configuration.
#pragma once

#include <nanobind/nanobind.h>

#include "simulation/simulation.hpp"

namespace pcpbench {

// Throws std::invalid_argument naming a key that is unknown; KeyError for one that is missing.
SimulationConfig read_config(nanobind::dict config);

// Throws std::invalid_argument if an operation of the table is not one the core can carry out.
void check_table(const OpTable& ops, std::size_t slots);

}  // namespace pcpbench
