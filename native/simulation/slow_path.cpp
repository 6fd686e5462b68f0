#include "simulation/slow_path.hpp"

namespace pcpbench {

Task<Pfn> SlowPath::allocate(Thread& thread, int order, int type, Since since) {
    Pfn page = kNoPage;
    if (since == Since::start) page = co_await sweep_low(thread, order, type);
    if (page == kNoPage) {
        if (since == Since::start || since == Since::first_look) {
            co_await machine_->run(thread, enter(thread.cpu));
        }
        page = co_await under_pressure(thread, order, type, since == Since::second_look);
    }
    // A fallback raised the watermark: kswapd has that to reclaim (rmqueue, v5.15).
    if (page != kNoPage && memory_->of(page).boosted()) {
        co_await reclaim_->wake_kswapd(thread, memory_->node_of(page));
    }
    co_return page;
}

// The zones of a CPU in their order, each at its own watermark (get_page_from_freelist).
Task<Pfn> SlowPath::sweep_low(Thread& thread, int order, int type) {
    for (const int node : memory_->zonelist(thread.cpu)) {
        PageCalls& calls = memory_->zone(node);
        const std::int64_t low = calls.zone().marks().low;
        calls.look_at_high(order);
        if (!calls.zone().watermark_ok(order, low)) continue;
        const Pfn page = co_await calls.attempt(thread, order, type, low);
        if (page != kNoPage) co_return page + calls.first_page();
    }
    co_return kNoPage;
}

Task<Pfn> SlowPath::sweep_min(Thread& thread, int order, int type) {
    for (const int node : memory_->zonelist(thread.cpu)) {
        PageCalls& calls = memory_->zone(node);
        const Pfn page = co_await calls.attempt(thread, order, type, calls.zone().marks().min);
        if (page != kNoPage) co_return page + calls.first_page();
    }
    co_return kNoPage;
}

Task<> SlowPath::wake_kswapds(Thread& thread) {
    for (const int node : memory_->zonelist(thread.cpu)) {
        co_await reclaim_->wake_kswapd(thread, node);
    }
}

bool SlowPath::any_free_above_min() const {
    for (int node = 0; node < memory_->nodes(); ++node) {
        const Zone& zone = std::as_const(memory_->zone(node)).zone();
        if (zone.free_pages_snapshot() > zone.marks().min) return true;
    }
    return false;
}

Picoseconds SlowPath::enter(int cpu) {
    ++measurements_->counters.slow_path_entries;
    return memory_->of_cpu(cpu).look_in_vain(cpu) + machine_->costs().slow_path_entry;
}

// `looked`: the first attempt failed already.
Task<Pfn> SlowPath::under_pressure(Thread& thread, int order, int type, bool looked) {
    int loops = 0;
    for (;;) {
        Pfn page = kNoPage;
        if (!std::exchange(looked, false)) {
            co_await wake_kswapds(thread);
            page = co_await sweep_min(thread, order, type);
            if (page != kNoPage) co_return page;
        }
        int progress = 0;
        page = co_await reclaim_and_drain(thread, order, type, progress);
        if (page != kNoPage) co_return page;
        co_await machine_->preemption_point(thread);
        // Without a model of compaction a higher order gets the retries compaction would get.
        loops = progress > 0 && order == 0 ? 0 : loops + 1;
        const bool enough = reclaim_->anything_left() || any_free_above_min();
        if (loops > retries_ || !enough) co_return kNoPage;
        ++measurements_->counters.reclaim_retries;
    }
}

// Reclaimed pages go to this CPU's own list, where the watermark does not see them: the attempt
// fails though pages were freed, and that is what the drain is for (__alloc_pages_direct_reclaim).
Task<Pfn> SlowPath::reclaim_and_drain(Thread& thread, int order, int type, int& progress) {
    progress = co_await reclaim_->direct(thread);
    if (progress == 0) co_return kNoPage;
    Pfn page = co_await sweep_min(thread, order, type);
    if (page != kNoPage) co_return page;
    co_await drains_->drain_all(thread);
    page = co_await sweep_min(thread, order, type);
    co_return page;
}

}  // namespace pcpbench
