// read_policy.hpp: the list rules of a preset, from plain values.
#pragma once

#include <nanobind/nanobind.h>

#include "allocator/kernel_policy.hpp"

namespace pcpbench {

// Raises KeyError for a missing rule, ValueError for an unknown word or more lists than there are.
KernelPolicy read_policy(nanobind::dict from);

}  // namespace pcpbench
