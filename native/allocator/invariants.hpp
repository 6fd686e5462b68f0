// invariants.hpp: what must hold of a zone and its per-CPU lists after every step.
#pragma once

#include <span>
#include <string>

#include "allocator/pcp_lists.hpp"
#include "allocator/zone.hpp"

namespace pcpbench {

// Empty if all hold, else the first that does not: every page is exactly once in use, on a buddy
// list or on a pcp list; counters equal list lengths; no two free buddies stay unmerged. O(pages).
// `in_transit_pages`: pages collected from a list by a flush that has not freed them yet.
std::string check_invariants(const Zone& zone, std::span<const PcpLists> lists,
                             std::uint32_t in_transit_pages = 0);

}  // namespace pcpbench
