// memory.hpp: zones and per-CPU lists of a recorded machine, filled from its snapshot.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "allocator/pcp_lists.hpp"
#include "allocator/zone.hpp"
#include "trace/snapshot.hpp"

namespace pcpbench {

struct ReplayZone {
    int node = 0;
    int index = 0;
    std::string name;
    Pfn base = 0;  // page frame number of the zone's frame 0
    Zone zone;
    std::vector<PcpLists> pcps;       // by CPU
    std::array<std::int64_t, 5> reserve{};
    bool drifts = false;              // percpu_drift_mark is set
    int normal_threshold = 1;
    int pressure_threshold = 1;
    // Pageblock types as a CPU without the lock reads them: a claim under way shows late.
    std::vector<std::uint8_t> visible_types;
    bool run_active = false;          // kswapd runs
    std::int64_t boost_at_run = 0;    // when its run began; 0 once it was taken back

    std::map<Pfn, std::uint8_t> type_before_isolation;
    std::vector<PcpTuning> tuning_before;  // by CPU, while the lists are switched off

    ReplayZone(const KernelPolicy& policy, const SnapshotZone& from, int cpus);
    int visible_type(Pfn page) const {
        return visible_types[page >> zone.policy().pageblock_order];
    }
};

// A page as the replay names it: frame of a zone.
struct Place {
    ReplayZone* zone = nullptr;
    Pfn page = kNoPage;

    bool valid() const { return zone != nullptr && page != kNoPage; }
    std::uint64_t pfn() const { return valid() ? std::uint64_t{zone->base} + page : 0; }
    bool operator==(const Place&) const = default;
};

struct ReplayMemory {
    int cpus = 0;
    int nodes = 0;
    std::vector<std::unique_ptr<ReplayZone>> zones;
    std::vector<std::vector<ReplayZone*>> zonelists;  // by node
    std::vector<int> node_of_cpu;
    Pfn end_pfn = 0;
    std::int64_t least_free_pages = 0;  // min_free_kbytes, in pages

    ReplayMemory(const KernelPolicy& policy, const Snapshot& snapshot);
    Place place(std::uint64_t pfn) const;
    ReplayZone* zone(int node, int index) const;
    // Memory came or went: watermarks, and the limits of the lists that follow from them
    // (setup_per_zone_wmarks, zone_set_pageset_high_and_batch).
    void set_watermarks(const KernelPolicy& policy);
    void set_list_limits(const KernelPolicy& policy, ReplayZone& at) const;
    // What higher zones' requests must leave in a lower one.
    void set_reserves();
};

}  // namespace pcpbench
