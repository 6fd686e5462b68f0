#include "simulation/memory.hpp"

#include <algorithm>
#include <tuple>

#include "allocator/invariants.hpp"

namespace pcpbench {

Memory::Memory(Machine& machine, Measurements& measurements, const MemoryConfig& config,
               const StrategyRules& rules)
    : span_(config.managed_pages), lru_(static_cast<std::size_t>(machine.cpus()), 0),
      held_abroad_(lru_.size(), 0) {
    std::vector<int> first_cpu(static_cast<std::size_t>(config.nodes), -1);
    for (int cpu = 0; cpu < machine.cpus(); ++cpu) {
        const int node = static_cast<int>(std::int64_t{cpu} * config.nodes / machine.cpus());
        node_of_cpu_.push_back(node);
        int& first = first_cpu[static_cast<std::size_t>(node)];
        if (first < 0) first = cpu;
    }
    for (int node = 0; node < config.nodes; ++node) {
        zones_.push_back(std::make_unique<PageCalls>(
            machine, measurements, config, rules, lru_,
            PageCalls::Home{static_cast<Pfn>(node) * span_, node,
                            first_cpu[static_cast<std::size_t>(node)]}));
        std::vector<std::tuple<Picoseconds, int, int>> order;
        for (int other = 0; other < config.nodes; ++other) {
            const Picoseconds far = machine.transfer(first_cpu[static_cast<std::size_t>(node)],
                                                     first_cpu[static_cast<std::size_t>(other)]);
            order.emplace_back(far, (other - node + config.nodes) % config.nodes, other);
        }
        std::sort(order.begin(), order.end());
        auto& list = zonelists_.emplace_back();
        for (const auto& [far, step, other] : order) list.push_back(other);
    }
}

std::vector<PageCalls*> Memory::zones(int node) {
    std::vector<PageCalls*> zones;
    for (int n = 0; n < nodes(); ++n) {
        if (node < 0 || n == node) zones.push_back(&zone(n));
    }
    return zones;
}

Pfn Memory::prefill(int cpu, int order, int type, std::int64_t keep_free) {
    for (const int node : zonelist(cpu)) {
        const Pfn page = zone(node).prefill(cpu, order, type, keep_free);
        if (page != kNoPage) return page + zone(node).first_page();
    }
    return kNoPage;
}

std::uint32_t Memory::listed_pages(int cpu) {
    std::uint32_t pages = 0;
    for (const auto& zone : zones_) pages += zone->listed_pages(cpu);
    return pages;
}

bool Memory::has_remainder(int cpu) {
    return std::any_of(zones_.begin(), zones_.end(),
                       [cpu](const auto& zone) { return zone->has_remainder(cpu); });
}

bool Memory::fold(int cpu) {
    bool folded = false;
    for (const auto& zone : zones_) folded = zone->fold(cpu) || folded;
    return folded;
}

Task<bool> Memory::decay(Thread& thread) {
    bool changed = false;
    for (const auto& zone : zones_) {
        const bool here = co_await zone->decay(thread);
        changed = changed || here;
    }
    co_return changed;
}

Task<std::uint32_t> Memory::empty_own(Thread& thread) {
    std::uint32_t freed = 0;
    for (const auto& zone : zones_) freed += co_await zone->empty_own(thread);
    co_return freed;
}

std::string Memory::check() const {
    for (const auto& zone : zones_) {
        std::string broken = check_invariants(zone->zone(), zone->all_lists());
        if (!broken.empty()) return broken;
    }
    return {};
}

}  // namespace pcpbench
