#include "simulation/reclaim.hpp"

#include <algorithm>

namespace pcpbench {

namespace {
constexpr Picoseconds kSlice = 3 * kMillisecond;  // sched_min_granularity_ns on 8 CPUs and more
}  // namespace

Reclaim::Reclaim(Machine& machine, Measurements& measurements, Memory& memory,
                 std::vector<std::unique_ptr<Stream>>& streams, int housekeeping,
                 int cluster_pages)
    : machine_(&machine), measurements_(&measurements), memory_(&memory), streams_(&streams),
      cluster_pages_(static_cast<std::size_t>(cluster_pages)) {
    for (int number = 0; number < memory.nodes(); ++number) {
        Node& node = *nodes_.emplace_back(std::make_unique<Node>());
        node.calls = &memory.zone(number);
        node.kswapd.cpu = -1;
        for (int cpu = 0; cpu < machine.cpus(); ++cpu) {
            if (memory.node_of_cpu(cpu) != number) continue;
            node.cpus.push_back(cpu);
            if (node.kswapd.cpu < 0 && !machine.own(cpu).isolated) node.kswapd.cpu = cpu;
        }
        if (node.kswapd.cpu < 0) node.kswapd.cpu = housekeeping;
        node.kswapd.role = Role::kswapd;
        machine.park(node.kswapd, kswapd_loop(node));
    }
}

bool Reclaim::anything_left() const {
    for (std::size_t cpu = 0; cpu < streams_->size(); ++cpu) {
        machine_->settle(static_cast<int>(cpu));
        if ((*streams_)[cpu] && (*streams_)[cpu]->anything_to_reclaim()) return true;
    }
    return false;
}

// One stream a cluster, in turn: neighbours in age belong to the same task. Pages that lie on another
// node are passed over.
std::vector<Pfn> Reclaim::oldest_pages(Node& node) {
    std::vector<Pfn> pages;
    pages.reserve(cluster_pages_);
    for (std::size_t tried = 0; tried < node.cpus.size() && pages.empty(); ++tried) {
        const int cpu = node.cpus[node.next];
        machine_->settle(cpu);
        Stream* stream = (*streams_)[static_cast<std::size_t>(cpu)].get();
        node.next = (node.next + 1) % node.cpus.size();
        std::uint32_t slot = 0;
        std::size_t left = stream == nullptr ? 0 : stream->slots().size() + cluster_pages_;
        while (left-- > 0 && pages.size() < cluster_pages_ && stream->oldest(slot)) {
            const Pfn page = stream->slots()[slot];
            if (&memory_->of(page) != node.calls) continue;
            stream->slots()[slot] = kNoPage;
            memory_->note_held(cpu, page, -1);
            pages.push_back(page - node.calls->first_page());
            node.calls->expect(pages.back());
        }
    }
    return pages;
}

Task<int> Reclaim::cluster(Thread& thread, Node& node) {
    const std::vector<Pfn> pages = oldest_pages(node);
    const Costs& costs = machine_->costs();
    co_await machine_->run(thread, costs.reclaim_base +
                                       static_cast<Picoseconds>(pages.size()) * costs.reclaim_page);
    if (!pages.empty()) co_await node.calls->free_batch(thread, pages);
    co_return static_cast<int>(pages.size());
}

Task<int> Reclaim::direct(Thread& thread) {
    const Picoseconds began = machine_->now();
    int pages = 0;
    for (const int node : memory_->zonelist(thread.cpu)) {
        pages = co_await cluster(thread, *nodes_[static_cast<std::size_t>(node)]);
        if (pages > 0) break;
    }
    measurements_->counters.reclaim_direct_pages += pages;
    machine_->note(EventKind::direct_reclaim, thread.cpu, began, {.value = pages});
    co_return pages;
}

Task<> Reclaim::wake_kswapd(Thread& thread, int number) {
    Node& node = *nodes_[static_cast<std::size_t>(number)];
    if (!node.calls->view().kswapd_needed) co_return;
    node.calls->set_kswapd_asleep(false);
    machine_->wake(node.kswapd);
    co_await machine_->run(thread, machine_->costs().task_wake);
}

Task<> Reclaim::kswapd_loop(Node& node) {
    for (;;) {
        if (node.calls->kswapd_asleep()) co_await machine_->sleep(node.kswapd);
        const Picoseconds began = machine_->now();
        node.calls->set_reclaim_active(true);
        co_await balance(node);
        machine_->note(EventKind::kswapd, node.kswapd.cpu, began);
        node.calls->set_reclaim_active(false);
        node.calls->set_kswapd_asleep(true);
    }
}

// balance_pgdat: until the high watermark holds, or nothing is left; then the boost goes back.
Task<> Reclaim::balance(Node& node) {
    const Zone& zone = std::as_const(*node.calls).zone();
    const std::int64_t boost = zone.boost_pages();
    Picoseconds slice_start = machine_->now();
    while (!zone.watermark_ok(0, zone.marks().high)) {
        const int pages = co_await cluster(node.kswapd, node);
        if (pages == 0) break;
        measurements_->counters.kswapd_pages += pages;
        if (machine_->now() - slice_start < kSlice) continue;
        co_await machine_->yield_for(node.kswapd, kSlice);
        slice_start = machine_->now();
    }
    node.calls->take_back_boost(boost);
}

}  // namespace pcpbench
