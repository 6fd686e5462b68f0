#include "simulation/slow_path.hpp"

namespace pcpbench {

Task<Pfn> SlowPath::allocate(Thread& thread, int order, int type, Since since) {
    Pfn page = kNoPage;
    const std::int64_t low = calls_->zone().marks().low;
    if (since == Since::start && calls_->zone().watermark_ok(order, low)) {
        page = co_await calls_->attempt(thread, order, type, low);
    }
    if (page == kNoPage) {
        if (since == Since::start || since == Since::first_look) {
            co_await machine_->run(thread, enter(thread.cpu));
        }
        page = co_await under_pressure(thread, order, type, since == Since::second_look);
    }
    // A fallback raised the watermark: kswapd has that to reclaim (rmqueue, v5.15).
    if (page != kNoPage && calls_->boosted()) co_await reclaim_->wake_kswapd(thread);
    co_return page;
}

Picoseconds SlowPath::enter(int cpu) {
    ++measurements_->counters.slow_path_entries;
    return calls_->look_in_vain(cpu) + machine_->costs().slow_path_entry;
}

// `looked`: the first attempt failed already.
Task<Pfn> SlowPath::under_pressure(Thread& thread, int order, int type, bool looked) {
    const std::int64_t min = calls_->zone().marks().min;
    int loops = 0;
    for (;;) {
        Pfn page = kNoPage;
        if (!std::exchange(looked, false)) {
            co_await reclaim_->wake_kswapd(thread);
            page = co_await calls_->attempt(thread, order, type, min);
            if (page != kNoPage) co_return page;
        }
        int progress = 0;
        page = co_await reclaim_and_drain(thread, order, type, progress);
        if (page != kNoPage) co_return page;
        co_await machine_->preemption_point(thread);
        // Without a model of compaction a higher order gets the retries compaction would get.
        loops = progress > 0 && order == 0 ? 0 : loops + 1;
        const Zone& zone = calls_->zone();
        const bool enough = reclaim_->anything_left() || zone.free_pages_snapshot() > min;
        if (loops > retries_ || !enough) co_return kNoPage;
        ++measurements_->counters.reclaim_retries;
    }
}

// Reclaimed pages go to this CPU's own list, where the watermark does not see them: the attempt
// fails though pages were freed, and that is what the drain is for (__alloc_pages_direct_reclaim).
Task<Pfn> SlowPath::reclaim_and_drain(Thread& thread, int order, int type, int& progress) {
    const std::int64_t min = calls_->zone().marks().min;
    progress = co_await reclaim_->direct(thread);
    if (progress == 0) co_return kNoPage;
    Pfn page = co_await calls_->attempt(thread, order, type, min);
    if (page != kNoPage) co_return page;
    co_await drains_->drain_all(thread);
    page = co_await calls_->attempt(thread, order, type, min);
    co_return page;
}

}  // namespace pcpbench
