#include "simulation/reclaim.hpp"

#include <algorithm>

namespace pcpbench {

namespace {
constexpr Picoseconds kSlice = 3 * kMillisecond;  // sched_min_granularity_ns on 8 CPUs and more
}  // namespace

Reclaim::Reclaim(Machine& machine, Measurements& measurements, PageCalls& calls,
                 std::vector<std::unique_ptr<Stream>>& streams, int kswapd_cpu,
                 int cluster_pages)
    : machine_(&machine), measurements_(&measurements), calls_(&calls), streams_(&streams),
      cluster_pages_(static_cast<std::size_t>(cluster_pages)) {
    kswapd_.cpu = kswapd_cpu;
    kswapd_.role = Role::kswapd;
    machine.park(kswapd_, kswapd_loop());
}

bool Reclaim::balanced() const {
    return calls_->zone().watermark_ok(0, calls_->zone().marks().high);
}

bool Reclaim::anything_left() const {
    for (std::size_t cpu = 0; cpu < streams_->size(); ++cpu) {
        machine_->settle(static_cast<int>(cpu));
        if ((*streams_)[cpu] && (*streams_)[cpu]->anything_to_reclaim()) return true;
    }
    return false;
}

Task<int> Reclaim::cluster(Thread& thread) {
    std::vector<Pfn> pages;
    pages.reserve(cluster_pages_);
    // One stream a cluster, in turn: neighbours in age belong to the same task.
    for (std::size_t tried = 0; tried < streams_->size() && pages.empty(); ++tried) {
        machine_->settle(static_cast<int>(next_stream_));
        Stream* stream = (*streams_)[next_stream_].get();
        next_stream_ = (next_stream_ + 1) % streams_->size();
        std::uint32_t slot = 0;
        while (stream != nullptr && pages.size() < cluster_pages_ && stream->oldest(slot)) {
            pages.push_back(std::exchange(stream->slots()[slot], kNoPage));
            calls_->expect(pages.back());
        }
    }
    const Costs& costs = machine_->costs();
    co_await machine_->run(thread, costs.reclaim_base +
                                       static_cast<Picoseconds>(pages.size()) * costs.reclaim_page);
    if (!pages.empty()) co_await calls_->free_batch(thread, pages);
    co_return static_cast<int>(pages.size());
}

Task<int> Reclaim::direct(Thread& thread) {
    const Picoseconds began = machine_->now();
    const int pages = co_await cluster(thread);
    measurements_->counters.reclaim_direct_pages += pages;
    machine_->note(EventKind::direct_reclaim, thread.cpu, began, {.value = pages});
    co_return pages;
}

Task<> Reclaim::wake_kswapd(Thread& thread) {
    if (!kswapd_is_needed()) co_return;
    calls_->set_kswapd_asleep(false);
    machine_->wake(kswapd_);
    co_await machine_->run(thread, machine_->costs().task_wake);
}

Task<> Reclaim::kswapd_loop() {
    for (;;) {
        if (calls_->kswapd_asleep()) co_await machine_->sleep(kswapd_);
        const Picoseconds began = machine_->now();
        calls_->set_reclaim_active(true);
        co_await balance();
        machine_->note(EventKind::kswapd, kswapd_.cpu, began);
        calls_->set_reclaim_active(false);
        calls_->set_kswapd_asleep(true);
    }
}

// balance_pgdat: until the high watermark holds, or nothing is left; then the boost goes back.
Task<> Reclaim::balance() {
    const std::int64_t boost = calls_->zone().boost_pages();
    Picoseconds slice_start = machine_->now();
    while (!balanced()) {
        const int pages = co_await cluster(kswapd_);
        if (pages == 0) break;
        measurements_->counters.kswapd_pages += pages;
        if (machine_->now() - slice_start < kSlice) continue;
        co_await machine_->yield_for(kswapd_, kSlice);
        slice_start = machine_->now();
    }
    calls_->take_back_boost(boost);
}

}  // namespace pcpbench
