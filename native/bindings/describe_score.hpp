// describe_score.hpp: a replay's score as Python values.
#pragma once

#include <nanobind/nanobind.h>

#include "replay/score.hpp"

namespace pcpbench {

nanobind::dict describe(const Score& score);

}  // namespace pcpbench
