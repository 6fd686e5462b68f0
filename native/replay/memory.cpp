#include "replay/memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace pcpbench {

namespace {

constexpr int kFlagBoosted = 1;   // ZONE_BOOSTED_WATERMARK
constexpr int kFlagReclaim = 2;   // ZONE_RECLAIM_ACTIVE
constexpr int kFlagBelowHigh = 4;  // ZONE_BELOW_HIGH
constexpr int kPcpPreviousFreeHighOrder = 1;
constexpr int kPcpFreeHighBatch = 2;

PcpTuning tuning_of(const SnapshotPcp& pcp) {
    return {.high = pcp.high,
            .batch = pcp.batch,
            .high_min = pcp.high_min,
            .high_max = pcp.high_max,
            .alloc_factor = pcp.alloc_factor,
            .free_count = pcp.free_count,
            .free_factor = pcp.free_factor,
            .previous_free_high_order = (pcp.flags & kPcpPreviousFreeHighOrder) != 0,
            .free_high_batch = (pcp.flags & kPcpFreeHighBatch) != 0};
}

Pfn base_of(const KernelPolicy& policy, const SnapshotZone& from) {
    const Pfn block = Pfn{1} << policy.max_order;
    return static_cast<Pfn>(from.start_pfn) & ~(block - 1);
}

}  // namespace

ReplayZone::ReplayZone(const KernelPolicy& policy, const SnapshotZone& from, int cpus,
                       int node_cpus)
    : node(from.node), index(from.index), name(from.name), base(base_of(policy, from)),
      zone(policy, static_cast<Pfn>(from.start_pfn) - base,
           static_cast<Pfn>(from.start_pfn + from.spanned) - base,
           static_cast<std::uint32_t>(from.managed), cpus, {from.min, from.low, from.high}),
      reserve(from.lowmem_reserve), drifts(from.has_drift_mark), reserved_highatomic(from.reserved_highatomic) {
    (void)node_cpus;
    for (std::size_t i = 0; i < from.block_types.size(); ++i) {
        const char c = from.block_types[i];
        const std::uint64_t pfn =
            from.blocks_start_pfn + (std::uint64_t{i} << policy.pageblock_order);
        if (c != '.' && pfn >= base && pfn - base < zone.frames().size()) zone.set_pageblock_type(static_cast<Pfn>(pfn - base), c - '0');
    }
    for (const SnapshotList& list : from.free_lists) {
        for (const SnapshotBlock& block : list.blocks) {
            zone.insert(static_cast<Pfn>(block.pfn - base), list.order, list.type, true);
        }
    }
    for (int cpu = 0; cpu < cpus; ++cpu) pcps.emplace_back(zone, cpu, 0, 1);
    for (const SnapshotPcp& pcp : from.pcps) {
        const auto cpu = static_cast<std::size_t>(pcp.cpu);
        pcps[cpu].set_tuning(tuning_of(pcp));
        zone.set_remainder(pcp.cpu, pcp.free_diff);
        zone.set_stat_threshold(pcp.stat_threshold);
        normal_threshold = pcp.stat_threshold;
        for (const SnapshotList& list : pcp.lists) {
            const int order = policy.list_order(list.index);
            for (const SnapshotBlock& block : list.blocks) {
                const int type = block.type >= 0 ? block.type : list.index % 3;
                pcps[cpu].append(list.index, static_cast<Pfn>(block.pfn - base), order, type);
            }
        }
    }
    zone.set_counter(from.free);
    zone.set_boost(from.boost);
    zone.set_boosted_flag((from.flags & kFlagBoosted) != 0);
    zone.set_reclaim_active((from.flags & kFlagReclaim) != 0);
    zone.set_below_high((from.flags & kFlagBelowHigh) != 0);
    zone.set_isolated_blocks(static_cast<int>(from.isolated_blocks));
    zone.set_highatomic_pages(policy.account_each_block ? from.free_highatomic
                                                        : from.reserved_highatomic);
    pressure_threshold = static_cast<int>(
        std::clamp<std::int64_t>((from.low - from.min) / std::max(1, cpus), 1, 125));
    visible_types.resize((zone.frames().size() >> policy.pageblock_order) + 1);
    for (std::size_t i = 0; i < visible_types.size(); ++i) {
        visible_types[i] = static_cast<std::uint8_t>(
            zone.pageblock_type(static_cast<Pfn>(i << policy.pageblock_order)));
    }
}

ReplayMemory::ReplayMemory(const KernelPolicy& policy, const Snapshot& snapshot)
    : cpus(snapshot.cpus), nodes(snapshot.nodes) {
    if (snapshot.orders != policy.max_order + 1 ||
        snapshot.pageblock_order != policy.pageblock_order ||
        snapshot.pcp_lists != policy.nr_lists()) {
        throw std::invalid_argument("the snapshot is of another kernel than the rules");
    }
    for (const SnapshotZone& from : snapshot.zones) {
        if (from.spanned == 0) continue;
        zones.push_back(std::make_unique<ReplayZone>(policy, from, cpus,
                                                     std::max(1, cpus / nodes)));
        end_pfn = std::max(end_pfn, static_cast<Pfn>(from.start_pfn + from.spanned));
    }
    // khugepaged recommends so many free pages that fallbacks stay rare; set_recommended_min_free_kbytes.
    std::int64_t populated = 0;
    for (const auto& zone : zones) {
        least_free_pages += zone->zone.marks().min;
        populated += zone->zone.managed_pages() > 0 ? 1 : 0;
    }
    const std::int64_t recommended = (populated << policy.pageblock_order) * (2 + 9);
    if (std::abs(recommended - least_free_pages) <= populated) least_free_pages = recommended;
    zonelists.resize(static_cast<std::size_t>(nodes));
    for (const SnapshotNode& node : snapshot.node_list) {
        if (node.node >= nodes) continue;
        for (const auto& [nid, index] : node.zonelist) {
            ReplayZone* found = zone(nid, index);
            if (found != nullptr && found->zone.managed_pages() > 0) {
                zonelists[static_cast<std::size_t>(node.node)].push_back(found);
            }
        }
    }
    // The recordings put equal runs of CPUs on each node.
    for (int cpu = 0; cpu < cpus; ++cpu) {
        node_of_cpu.push_back(std::min(cpu / std::max(1, cpus / nodes), nodes - 1));
    }
}

void ReplayMemory::set_watermarks(const KernelPolicy& policy) {
    std::int64_t managed = 0;
    for (const auto& zone : zones) managed += zone->zone.managed_pages();
    if (managed == 0) return;
    for (const auto& at : zones) {
        Zone& zone = at->zone;
        const std::int64_t pages = zone.managed_pages();
        const std::int64_t min = least_free_pages * pages / managed;
        const std::int64_t step = std::max(min / 4, pages * 10 / 10000);
        zone.set_marks({min, min + step, min + 2 * step});
        zone.set_boost(0);
        if (policy.free_scaling == FreeScaling::none) continue;  // six batches, as before
        const std::int64_t node_cpus = std::max(1, cpus / nodes);
        for (PcpLists& pcp : at->pcps) {
            PcpTuning tuning = pcp.tuning();
            const std::int64_t least = 4 * std::int64_t{tuning.batch};
            const auto high = static_cast<int>(std::max((min + step) / node_cpus, least));
            tuning.high_min = tuning.high_max = high;
            if (policy.free_scaling == FreeScaling::free_count) {
                tuning.high_max = static_cast<int>(std::max(pages / 8 / node_cpus, least));
            } else {
                tuning.high = high;
            }
            if (pages > 0 && tuning.batch > 1) pcp.set_tuning(tuning);
        }
    }
}

Place ReplayMemory::place(std::uint64_t pfn) const {
    for (const auto& zone : zones) {
        if (pfn >= zone->base && pfn - zone->base < zone->zone.frames().size()) {
            return {zone.get(), static_cast<Pfn>(pfn - zone->base)};
        }
    }
    return {};
}

ReplayZone* ReplayMemory::zone(int node, int index) const {
    for (const auto& zone : zones) {
        if (zone->node == node && zone->index == index) return zone.get();
    }
    return nullptr;
}

}  // namespace pcpbench
