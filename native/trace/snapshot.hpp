// snapshot.hpp: the state of the page allocator at one instant, as a recording holds it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pcpbench {

// A fault in a snapshot: `line` from 1, and what is wrong there.
struct SnapshotError {
    std::uint32_t line = 0;
    std::string what;
};

struct SnapshotBlock {
    std::uint64_t pfn = 0;
    int type = -1;  // remembered type, where the kernel keeps one
};

struct SnapshotList {
    int order = 0;  // of a free list
    int type = 0;   // of a free list
    int index = 0;  // of a pcp list
    std::vector<SnapshotBlock> blocks;
};

struct SnapshotPcp {
    int cpu = 0;
    bool online = true;
    int count = 0;
    int high = 0;
    int batch = 1;
    int high_min = 0;
    int high_max = 0;
    int flags = 0;
    int alloc_factor = 0;
    int free_count = 0;
    int free_factor = 0;
    int expire = 0;
    int free_diff = 0;
    int stat_threshold = 1;
    std::vector<SnapshotList> lists;
};

struct SnapshotZone {
    int node = 0;
    int index = 0;
    std::string name;
    std::uint64_t start_pfn = 0;
    std::uint64_t spanned = 0;
    std::uint64_t managed = 0;
    std::int64_t min = 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t boost = 0;
    std::int64_t flags = 0;
    bool has_drift_mark = false;  // percpu_drift_mark is not 0
    std::int64_t reserved_highatomic = 0;
    std::int64_t free_highatomic = 0;
    std::int64_t isolated_blocks = 0;
    std::int64_t free = 0;
    std::array<std::int64_t, 5> lowmem_reserve{};
    std::uint64_t blocks_start_pfn = 0;
    std::string block_types;  // a character per pageblock
    std::vector<SnapshotList> free_lists;
    std::vector<SnapshotPcp> pcps;
};

struct SnapshotNode {
    int node = 0;
    bool kswapd_sleeps = true;
    std::vector<std::pair<int, int>> zonelist;  // (node, zone), first choice first
};

struct Snapshot {
    std::string release;
    int cpus = 0;
    int nodes = 0;
    int pageblock_order = 9;
    int orders = 11;
    int pcp_lists = 0;
    int types = 5;
    std::vector<SnapshotNode> node_list;
    std::vector<SnapshotZone> zones;

    const SnapshotZone* zone(int node, int index) const;
};

// Reads a whole snapshot and checks that it does not contradict itself: no page on two lists, counts
// equal to lengths, pages inside their zone. Returns the first fault, or line 0 and no text.
SnapshotError read_snapshot(std::string_view text, Snapshot& snapshot);

}  // namespace pcpbench
