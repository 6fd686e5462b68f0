// memory.hpp: the zones of all nodes: to which a CPU and a page belong, and in which order a CPU tries
// them. Pages of the machine are numbered through, node by node; each zone numbers its own.
#pragma once

#include <memory>
#include <vector>

#include "simulation/page_calls.hpp"

namespace pcpbench {

class Memory {
  public:
    // `config`: of each zone; all nodes have the same memory. CPUs lie in equal runs on the nodes.
    Memory(Machine& machine, Measurements& measurements, const MemoryConfig& config,
           const StrategyRules& rules);

    int nodes() const { return static_cast<int>(zones_.size()); }
    PageCalls& zone(int node) { return *zones_[static_cast<std::size_t>(node)]; }
    int node_of_cpu(int cpu) const { return node_of_cpu_[static_cast<std::size_t>(cpu)]; }
    PageCalls& of_cpu(int cpu) { return zone(node_of_cpu(cpu)); }
    int node_of(Pfn page) const { return nodes() == 1 ? 0 : static_cast<int>(page / span_); }
    PageCalls& of(Pfn page) { return zone(node_of(page)); }
    // Nodes in the order in which an allocation on a CPU tries them (build_zonelists): its own, then
    // by what a cache line costs from there; of equals the next in number.
    const std::vector<int>& zonelist(int cpu) const {
        return zonelists_[static_cast<std::size_t>(node_of_cpu(cpu))];
    }
    // The zones of a drain: one, or all (`node` < 0).
    std::vector<PageCalls*> zones(int node);
    const StrategyRules& rules() const { return zones_.front()->rules(); }

    // Blocks that a CPU's workload holds from other nodes: its frees may go to their lists.
    void note_held(int cpu, Pfn page, int blocks) {
        if (nodes() > 1 && node_of(page) != node_of_cpu(cpu)) {
            held_abroad_[static_cast<std::size_t>(cpu)] += blocks;
        }
    }
    bool holds_abroad(int cpu) const { return held_abroad_[static_cast<std::size_t>(cpu)] != 0; }
    // A page taken without time, before the simulation starts; kNoPage if no zone has one to spare.
    Pfn prefill(int cpu, int order, int type, std::int64_t keep_free);

    std::uint32_t listed_pages(int cpu);
    bool has_remainder(int cpu);
    bool fold(int cpu);
    Task<bool> decay(Thread& thread);
    Task<std::uint32_t> empty_own(Thread& thread);
    std::string check() const;

  private:
    Pfn span_;
    std::vector<int> lru_;  // by CPU: entries of its batch
    std::vector<std::unique_ptr<PageCalls>> zones_;
    std::vector<int> node_of_cpu_;
    std::vector<std::vector<int>> zonelists_;
    std::vector<std::int64_t> held_abroad_;
};

}  // namespace pcpbench
