// Emptying whole lists, from the owner's CPU or from afar, and what becomes of the pages on them.
#include <algorithm>

#include "simulation/page_calls.hpp"

namespace pcpbench {

void PageCalls::note_drained(int owner, std::uint32_t pages) {
    if (pages > 0) drained_[static_cast<std::size_t>(owner)] = true;
}

Task<std::uint32_t> PageCalls::empty_all(Thread& thread, int owner) {
    const std::uint32_t freed = co_await empty_part(thread, owner, UINT32_MAX, Cause::drain);
    note_drained(owner, freed);
    co_return freed;
}

Task<std::uint32_t> PageCalls::empty_part(Thread& thread, int owner, std::uint32_t pages,
                                          Cause cause) {
    PcpLists& pcp = lists(owner);
    const bool locked = rules_.locked();
    co_await machine_->let_interrupts_in(thread);
    machine_->irq_off(thread.cpu);
    if (locked) co_await list_lock(owner).acquire(thread, cause);
    co_await machine_->run(thread,
                           machine_->costs().irq_save_restore + take_header(owner, thread.cpu));
    std::uint32_t freed = 0;
    if (const std::uint32_t held = std::min(pages, pcp.count()); held != 0) {
        freed = co_await empty_set(thread, owner, pcp.live_set(), held, cause);
    }
    if (locked) list_lock(owner).release(thread);
    machine_->irq_on(thread.cpu);
    co_return freed;
}

Task<bool> PageCalls::decay(Thread& thread) {
    PcpLists& pcp = lists(thread.cpu);
    if (zone_.policy().free_scaling != FreeScaling::free_count) co_return false;
    std::uint32_t pages = pcp.decay();
    const bool changed = pages > 0 || pcp.tuning().high > pcp.tuning().high_min;
    while (pages > 0) {
        const std::uint32_t part = pcp.chunk_pages(pages, zone_.policy().decay_chunk_batches);
        co_await empty_part(thread, thread.cpu, part, Cause::vmstat);
        pages -= part;
    }
    co_return changed;
}

std::uint32_t PageCalls::empty_at_no_cost(int owner) {
    PcpLists& pcp = lists(owner);
    const std::uint32_t held = pcp.count();
    if (held == 0) return 0;
    std::vector<Pfn> blocks;
    pcp.collect(pcp.live_set(), held, blocks);
    for (const Pfn page : blocks) leave_list(page);
    ZoneWork work;
    free_collected(zone_, owner, blocks, work);
    refresh_view();
    check();
    return work.pages;
}

PageCalls::Listed PageCalls::listed() {
    machine_->settle_all();
    Listed listed;
    const auto frames = zone_.frames();
    for (Pfn page = 0; page < frames.size(); ++page) {
        if (frames[page].state == PageState::pcp) listed.pages.push_back(page);
    }
    listed.leaves = leaves_;
    return listed;
}

std::int64_t PageCalls::never_left(const Listed& then) {
    machine_->settle_all();
    std::int64_t blocks = 0;
    for (const Pfn page : then.pages) blocks += left_at_[page] <= then.leaves;
    return blocks;
}

}  // namespace pcpbench
