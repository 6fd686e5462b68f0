#include "replay/memory.hpp"

#include <algorithm>
#include <bit>
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

// zone_batchsize, before it is raised to 1; the same value in every release (1.2 of
// kernel-allocator.md).
std::int64_t batch_of(std::int64_t managed, int page_shift) {
    const std::int64_t most = (std::int64_t{1} << 20) >> page_shift;
    const std::int64_t batch = std::max<std::int64_t>(std::min(managed >> 10, most) / 4, 1);
    return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(batch + batch / 2))) -
           1;
}

Pfn base_of(const KernelPolicy& policy, const SnapshotZone& from) {
    const Pfn block = Pfn{1} << policy.max_order;
    return static_cast<Pfn>(from.start_pfn) & ~(block - 1);
}

}  // namespace

ReplayZone::ReplayZone(const KernelPolicy& policy, const SnapshotZone& from, int cpus)
    : node(from.node), index(from.index), name(from.name), base(base_of(policy, from)),
      zone(policy, static_cast<Pfn>(from.start_pfn) - base,
           static_cast<Pfn>(from.start_pfn + from.spanned) - base,
           static_cast<std::uint32_t>(from.managed), cpus, {from.min, from.low, from.high}),
      reserve(from.lowmem_reserve), drifts(from.has_drift_mark) {
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
    zone.set_reserved_highatomic(from.reserved_highatomic);
    run_active = zone.reclaim_active();
    if (run_active) boost_at_run = from.boost;  // the run began before
    pressure_threshold = zone.pressure_threshold();
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
        zones.push_back(std::make_unique<ReplayZone>(policy, from, cpus));
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

// setup_per_zone_lowmem_reserve, with its default ratios; a zone without a reserve keeps none.
void ReplayMemory::set_reserves() {
    constexpr std::array<std::int64_t, 4> kRatios{256, 256, 32, 0};
    for (const auto& at : zones) {
        if (at->index >= static_cast<int>(kRatios.size())) continue;
        const std::int64_t ratio = kRatios[static_cast<std::size_t>(at->index)];
        std::int64_t above = 0;
        for (int j = at->index + 1; j < static_cast<int>(at->reserve.size()); ++j) {
            if (const ReplayZone* upper = zone(at->node, j)) above += upper->zone.managed_pages();
            const bool none = ratio == 0 || at->zone.managed_pages() == 0;
            at->reserve[static_cast<std::size_t>(j)] = none ? 0 : above / ratio;
        }
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
        // refresh_zone_stat_thresholds
        zone.set_pressure_threshold(false);
        at->pressure_threshold = zone.pressure_threshold();
        at->normal_threshold = zone.normal_threshold();
        at->drifts = zone.drifts_too_far() || (at->drifts && !policy.drift_mark_resets);
        if (pages > 0) set_list_limits(policy, *at);
    }
}

// zone_set_pageset_high_and_batch: through v5.10 six batches, later a share of the low watermark.
void ReplayMemory::set_list_limits(const KernelPolicy& policy, ReplayZone& at) const {
    const std::int64_t node_cpus = std::max(1, cpus / nodes);
    const std::int64_t pages = at.zone.managed_pages();
    const std::int64_t batch = batch_of(pages, policy.page_shift);
    const std::int64_t least = 4 * std::max<std::int64_t>(batch, 1);
    for (PcpLists& pcp : at.pcps) {
        PcpTuning tuning = pcp.tuning();
        tuning.batch = static_cast<int>(std::max<std::int64_t>(batch, 1));
        const std::int64_t high = policy.free_scaling == FreeScaling::none
                                      ? 6 * batch
                                      : std::max(at.zone.marks().low / node_cpus, least);
        tuning.high_min = tuning.high_max = static_cast<int>(high);
        if (policy.free_scaling == FreeScaling::free_count) {
            tuning.high_max = static_cast<int>(std::max(pages / 8 / node_cpus, least));
        } else {
            tuning.high = tuning.high_min;
        }
        pcp.set_tuning(tuning);
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
