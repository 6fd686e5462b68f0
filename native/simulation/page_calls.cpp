#include "simulation/page_calls.hpp"

#include <stdexcept>

#include "allocator/invariants.hpp"

namespace pcpbench {

PageCalls::PageCalls(Machine& machine, Measurements& measurements, const MemoryConfig& config,
                     const StrategyRules& rules)
    : machine_(&machine), measurements_(&measurements), rules_(rules),
      zone_(config.policy, config.managed_pages, machine.cpus(), config.marks),
      zone_lock_(machine, measurements.zone_lock_wait, measurements.zone_lock_hold),
      most_lru_(config.lru_entries), alloc_ps_(machine.costs().alloc_path + rules.alloc.cost(machine.costs())),
      free_ps_(machine.costs().free_path + rules.free.cost(machine.costs())) {
    const auto cpus = static_cast<std::size_t>(machine.cpus());
    for (int cpu = 0; cpu < machine.cpus(); ++cpu) {
        lists_.emplace_back(zone_, cpu, config.pcp_high, config.pcp_batch);
        list_locks_.push_back(std::make_unique<SpinLock>(machine, cpu));
        header_owner_.push_back(cpu);
    }
    drained_.assign(cpus, false);
    mapped_.assign(cpus, 0);
    lru_.assign(cpus, 0);
    counter_line_.resize(cpus);
}

// --- sections -----------------------------------------------------------------------------

// Enters the CPU's own list; false if a busy lock sends the call to the buddy lists.
Task<bool> PageCalls::enter(Thread& thread, const ListAccess& access) {
    if (access.mask == Mask::irqs_off) machine_->irq_off(thread.cpu);
    if (access.mask != Mask::none) machine_->reader_enter(thread.cpu);
    lists(thread.cpu).touch();
    if (access.lock == ListLock::none) co_return true;
    if (list_lock(thread.cpu).try_acquire(thread, Cause::other)) co_return true;
    if (access.lock == ListLock::trylock && access.buddy_when_busy) {
        ++measurements_->counters.trylock_failures;
        if (access.mask != Mask::none) machine_->reader_leave(thread.cpu);
        if (access.mask == Mask::irqs_off) machine_->irq_on(thread.cpu);
        co_return false;
    }
    co_await list_lock(thread.cpu).acquire(thread, Cause::other);
    co_return true;
}

void PageCalls::leave(Thread& thread, const ListAccess& access) {
    if (access.lock != ListLock::none) list_lock(thread.cpu).release(thread);
    if (access.mask != Mask::none) machine_->reader_leave(thread.cpu);
    if (access.mask == Mask::irqs_off) machine_->irq_on(thread.cpu);
}

// --- allocation ---------------------------------------------------------------------------

Task<Pfn> PageCalls::attempt(Thread& thread, int order, int type, std::int64_t mark) {
    if (!zone_.watermark_ok(order, mark)) {
        co_await machine_->run(thread, look_in_vain(thread.cpu));
        co_return kNoPage;
    }
    ++counter_line_[static_cast<std::size_t>(thread.cpu)].reads;
    Pfn page = kNoPage;
    if (on_lists(order)) {
        page = co_await from_list(thread, order, type);
    } else {
        page = co_await from_buddy(thread, order, type);
    }
    if (page != kNoPage) count_mapped(thread.cpu, order, type, 1);
    co_return page;
}

Task<Pfn> PageCalls::from_list(Thread& thread, int order, int type) {
    const bool entered = co_await enter(thread, rules_.alloc);
    if (!entered) {
        const Pfn page = co_await from_buddy(thread, order, type);
        co_return page;
    }
    PcpLists& pcp = lists(thread.cpu);
    const int set = pcp.live_set();  // this section's view, even if a drain swaps the sets now
    pcp.note_allocation();
    co_await machine_->run(thread, alloc_ps_ + take_header(thread.cpu, thread.cpu));
    if (pcp.empty(set, order, type)) {
        const Picoseconds began = machine_->now();
        machine_->irq_off(thread.cpu);
        co_await zone_lock_.acquire(thread, Cause::other);
        ZoneWork work;
        const int blocks = pcp.refill_blocks(order);
        before_taking(order, type, blocks);
        pcp.refill(set, {.cpu = thread.cpu, .order = order, .type = type}, blocks, work);
        refresh_view();
        ++counter_line_[static_cast<std::size_t>(thread.cpu)].writes;
        ++measurements_->counters.refills;
        if (drained_[static_cast<std::size_t>(thread.cpu)]) {
            drained_[static_cast<std::size_t>(thread.cpu)] = false;
            ++measurements_->refills_after_drain[static_cast<std::size_t>(thread.cpu)];
        }
        check();
        zone_user_ = thread.cpu;
        co_await machine_->run(thread, refill_ps(work));
        zone_lock_.release(thread);
        machine_->irq_on(thread.cpu);
        machine_->note(EventKind::refill, thread.cpu, began, {.value = work.blocks});
    }
    Pfn page = kNoPage;
    if (!pcp.empty(set, order, type)) {
        page = pcp.pop(set, order, type);
        leave_list(page);
        zone_.frames()[page].line_owner = static_cast<std::uint16_t>(thread.cpu);
    }
    leave(thread, rules_.alloc);
    co_return page;
}

Task<Pfn> PageCalls::from_buddy(Thread& thread, int order, int type) {
    const Picoseconds began = machine_->now();
    machine_->irq_off(thread.cpu);
    co_await zone_lock_.acquire(thread, Cause::other);
    Pfn page = kNoPage;
    const Picoseconds length = take_block(thread.cpu, order, type, page);
    co_await machine_->run(thread, length);
    zone_lock_.release(thread);
    machine_->irq_on(thread.cpu);
    machine_->note(EventKind::zone_call, thread.cpu, began, {.value = order});
    co_return page;
}

Picoseconds PageCalls::take_block(int cpu, int order, int type, Pfn& page) {
    ZoneWork work;
    before_taking(order, type, 1);
    page = zone_.take(order, type, work);
    if (page != kNoPage) {
        zone_.mark_in_use(page, order, type);
        zone_.frames()[page].line_owner = static_cast<std::uint16_t>(cpu);
        zone_.account(cpu, -(std::int64_t{1} << order));
        ++counter_line_[static_cast<std::size_t>(cpu)].writes;
    }
    refresh_view();
    check();
    const Costs& costs = machine_->costs();
    return costs.alloc_path + zone_lines(cpu) + work.blocks * costs.refill_page +
           work.splits * costs.split_level;
}

Pfn PageCalls::prefill(int cpu, int order, int type, std::int64_t keep_free) {
    if (zone_.free_pages_snapshot() - (std::int64_t{1} << order) < keep_free) return kNoPage;
    ZoneWork work;
    const Pfn page = zone_.take(order, type, work);
    if (page == kNoPage) return page;
    zone_.mark_in_use(page, order, type);
    zone_.frames()[page].line_owner = static_cast<std::uint16_t>(cpu);
    zone_.account(cpu, -(std::int64_t{1} << order));
    return page;
}

// --- freeing ------------------------------------------------------------------------------

Task<> PageCalls::free_one(Thread& thread, Pfn page) {
    const int order = zone_.frames()[page].order;
    count_mapped(thread.cpu, order, zone_.frames()[page].used_as, -1);
    bool entered = false;
    if (on_lists(order)) entered = co_await enter(thread, rules_.free);
    if (!entered) {
        co_await to_buddy(thread, page, order);
        co_return;
    }
    PcpLists& pcp = lists(thread.cpu);
    const int set = pcp.live_set();
    const Picoseconds length =
        free_ps_ + take_header(thread.cpu, thread.cpu) + take_frame(thread.cpu, page);
    const std::uint32_t pages = pcp.push(set, page, order);
    co_await machine_->run(thread, length);
    if (pages != 0) co_await flush(thread, set, pages);
    leave(thread, rules_.free);
}

Task<> PageCalls::finish_flush(Thread& thread, Picoseconds before, std::uint32_t pages) {
    const int set = lists(thread.cpu).live_set();
    co_await enter(thread, rules_.free);  // free at this instant: try_free has just looked
    co_await machine_->run(thread, before);
    co_await flush(thread, set, pages);
    leave(thread, rules_.free);
}

Task<> PageCalls::free_batch(Thread& thread, const std::vector<Pfn>& pages) {
    const ListAccess& access = rules_.batch_free();
    bool entered = false;
    if (lists_in_use()) entered = co_await enter(thread, access);
    if (!entered) {
        for (const Pfn page : pages) {
            count_mapped(thread.cpu, 0, zone_.frames()[page].used_as, -1);
            co_await to_buddy(thread, page, 0);
        }
        co_return;
    }
    PcpLists& pcp = lists(thread.cpu);
    const int set = pcp.live_set();
    Picoseconds length = take_header(thread.cpu, thread.cpu);
    for (const Pfn page : pages) {
        count_mapped(thread.cpu, 0, zone_.frames()[page].used_as, -1);
        length += machine_->costs().free_path + take_frame(thread.cpu, page);
        const std::uint32_t flushed = pcp.push(set, page, 0);
        if (flushed == 0) continue;
        co_await machine_->run(thread, std::exchange(length, 0));
        co_await flush(thread, set, flushed);
    }
    co_await machine_->run(thread, length + access.cost(machine_->costs()));
    leave(thread, access);
}

Task<> PageCalls::flush(Thread& thread, int set, std::uint32_t pages) {
    ++measurements_->counters.flushes;
    co_await empty_set(thread, thread.cpu, set, pages, Cause::other);
}

Task<std::uint32_t> PageCalls::empty_set(Thread& thread, int owner, int set, std::uint32_t pages,
                                         Cause cause) {
    const Picoseconds began = machine_->now();
    machine_->irq_off(thread.cpu);
    co_await zone_lock_.acquire(thread, cause);
    std::vector<Pfn> blocks;
    lists(owner).collect(set, pages, blocks);
    ZoneWork work;
    Picoseconds lines = 0;
    for (const Pfn page : blocks) {
        lines += take_frame(thread.cpu, page);
        leave_list(page);
    }
    free_collected(zone_, thread.cpu, blocks, work);
    refresh_view();
    ++counter_line_[static_cast<std::size_t>(thread.cpu)].writes;
    check();
    zone_user_ = thread.cpu;
    co_await machine_->run(thread, lines + flush_ps(work));
    zone_lock_.release(thread);
    machine_->irq_on(thread.cpu);
    machine_->note(EventKind::flush, thread.cpu, began,
                   {.value = work.pages, .other = owner, .cause = cause});
    co_return work.pages;
}

Task<> PageCalls::to_buddy(Thread& thread, Pfn page, int order) {
    const Picoseconds began = machine_->now();
    machine_->irq_off(thread.cpu);
    co_await zone_lock_.acquire(thread, Cause::other);
    const Picoseconds length = give_block(thread.cpu, page, order);
    co_await machine_->run(thread, length);
    zone_lock_.release(thread);
    machine_->irq_on(thread.cpu);
    machine_->note(EventKind::zone_call, thread.cpu, began, {.value = order, .flag = 1});
}

Picoseconds PageCalls::give_block(int cpu, Pfn page, int order) {
    ZoneWork work;
    const Picoseconds line = take_frame(cpu, page);
    zone_.give(page, order, zone_.pageblock_type(page), cpu, work);
    refresh_view();
    ++counter_line_[static_cast<std::size_t>(cpu)].writes;
    check();
    const Costs& costs = machine_->costs();
    return costs.free_path + line + zone_lines(cpu) + work.blocks * costs.flush_page +
           work.merges * costs.merge_level;
}

void PageCalls::note_drained(int owner, std::uint32_t pages) {
    if (pages > 0) drained_[static_cast<std::size_t>(owner)] = true;
}

Task<std::uint32_t> PageCalls::empty_all(Thread& thread, int owner) {
    PcpLists& pcp = lists(owner);
    const bool locked = rules_.locked();
    machine_->irq_off(thread.cpu);
    if (locked) co_await list_lock(owner).acquire(thread, Cause::drain);
    co_await machine_->run(thread,
                           machine_->costs().irq_save_restore + take_header(owner, thread.cpu));
    std::uint32_t freed = 0;
    if (const std::uint32_t held = pcp.count(); held != 0) {
        freed = co_await empty_set(thread, owner, pcp.live_set(), held, Cause::drain);
    }
    if (locked) list_lock(owner).release(thread);
    machine_->irq_on(thread.cpu);
    note_drained(owner, freed);
    co_return freed;
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

// --- what local operations see ------------------------------------------------------------

PageCalls::View PageCalls::view_of_zone() const {
    const std::uint32_t with_blocks = zone_.orders_with_blocks();
    const bool balanced = zone_.watermark_ok(0, zone_.marks().high);
    return {zone_.orders_ok(zone_.marks().low, with_blocks),
            zone_.orders_ok(zone_.marks().min, with_blocks),
            kswapd_asleep_ && (!balanced || zone_.boost_pages() != 0)};
}

void PageCalls::set_reclaim_active(bool active) {
    machine_->disturb_all();
    zone_.set_pressure_threshold(active);
    zone_.set_reclaim_active(active);
}

// A fallback looks at the pages of a pageblock and may change its type, on which frees depend.
void PageCalls::before_taking(int order, int type, int blocks) {
    if (!zone_.has_own_blocks(order, type, blocks)) machine_->settle_all();
}

// --- prices and checks --------------------------------------------------------------------

// Zone-lock holds are priced as constant + per block, with what was fitted to them (docs/model.md).
Picoseconds PageCalls::refill_ps(const ZoneWork& work) const {
    const Costs& costs = machine_->costs();
    return costs.refill_base + work.blocks * costs.refill_page + work.splits * costs.split_level;
}

Picoseconds PageCalls::flush_ps(const ZoneWork& work) const {
    const Costs& costs = machine_->costs();
    return costs.flush_base + work.blocks * costs.flush_page + work.merges * costs.merge_level;
}

// A hold for one block is not priced with the constant that was fitted to whole batches: an order-4
// pair takes some 1.6 times the instructions of a pcp pair on Linux 6.12, not twenty times. Instead
// it moves the lines it writes: head of the free list, its first frame, the zone's counters.
Picoseconds PageCalls::zone_lines(int cpu) {
    constexpr int kLines = 3;
    const int from = std::exchange(zone_user_, cpu);
    return from == cpu ? 0 : kLines * machine_->transfer(from, cpu);
}

void PageCalls::check() const {
#ifdef PCPBENCH_CHECK_INVARIANTS
    const std::string broken = check_invariants(zone_, lists_);
    if (!broken.empty()) throw std::logic_error("broken invariant: " + broken);
#endif
}

}  // namespace pcpbench
