#include "simulation/page_calls.hpp"

#include <algorithm>
#include <stdexcept>

#include "allocator/invariants.hpp"

namespace pcpbench {

PageCalls::PageCalls(Machine& machine, Measurements& measurements, const MemoryConfig& config,
                     const StrategyRules& rules, std::vector<int>& lru, const Home& home)
    : machine_(&machine), measurements_(&measurements), rules_(rules), lru_(lru), home_(home),
      zone_(config.policy, config.managed_pages, machine.cpus(), config.marks),
      lines_(machine, zone_.frames(), home.first_cpu), page_checks_(config.page_checks),
      zone_lock_(machine, measurements.zone_lock_wait, measurements.zone_lock_hold),
      most_lru_(config.lru_entries), numa_events_(config.numa_events),
      alloc_ps_(machine.costs().alloc_path + rules.alloc.cost(machine.costs())),
      free_ps_(machine.costs().free_path + rules.free.cost(machine.costs())) {
    const auto cpus = static_cast<std::size_t>(machine.cpus());
    for (int cpu = 0; cpu < machine.cpus(); ++cpu) {
        lists_.emplace_back(zone_, cpu, config.pcp);
        list_locks_.push_back(std::make_unique<SpinLock>(machine, cpu));
        header_owner_.push_back(cpu);
    }
    drained_.assign(cpus, false);
    mapped_.assign(cpus, 0);
    counter_line_.resize(cpus);
}

// --- sections -----------------------------------------------------------------------------

// Enters the CPU's own list; false if a busy lock sends the call to the buddy lists.
Task<bool> PageCalls::enter(Thread& thread, const ListAccess& access) {
    co_await machine_->let_interrupts_in(thread);
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
    look_at_high(order);
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
        work.looked_at = &looked_at_;
        const int blocks = pcp.refill_blocks(order);
        before_taking(order, type, blocks);
        pcp.refill(set, {.cpu = thread.cpu, .order = order, .type = type}, blocks, work);
        refresh_view();
        const bool checked = page_checks_ != PageChecks::nowhere;
        const Picoseconds lines = touch_new(thread.cpu, looked_at_, order, checked);
        ++counter_line_[static_cast<std::size_t>(thread.cpu)].writes;
        ++measurements_->counters.refills;
        if (drained_[static_cast<std::size_t>(thread.cpu)]) {
            drained_[static_cast<std::size_t>(thread.cpu)] = false;
            ++measurements_->refills_after_drain[static_cast<std::size_t>(thread.cpu)];
        }
        check();
        const Picoseconds length =
            lines + zone_lines(thread.cpu, kTakingLines) + refill_ps(work);
        measurements_->zone_lock_refill.add(length);
        co_await machine_->run(thread, length);
        zone_lock_.release(thread);
        machine_->irq_on(thread.cpu);
        machine_->note(EventKind::refill, thread.cpu, began, {.value = work.blocks});
    }
    Pfn page = kNoPage;
    if (!pcp.empty(set, order, type)) {
        page = pcp.pop(set, order, type);
        leave_list(page);
    }
    leave(thread, rules_.alloc);
    if (page == kNoPage && zone_.policy().buddy_when_pcp_empty) {
        page = co_await from_buddy(thread, order, type);
    }
    co_return page;
}

Task<Pfn> PageCalls::from_buddy(Thread& thread, int order, int type) {
    co_await machine_->let_interrupts_in(thread);
    const Picoseconds began = machine_->now();
    machine_->irq_off(thread.cpu);
    co_await zone_lock_.acquire(thread, Cause::other);
    Picoseconds behind = 0;
    Pfn page = kNoPage;
    const Picoseconds length = take_block(thread.cpu, order, type, page, behind);
    co_await machine_->run(thread, length);
    zone_lock_.release(thread);
    machine_->irq_on(thread.cpu);
    machine_->note(EventKind::zone_call, thread.cpu, began, {.value = order});
    if (behind > 0) co_await machine_->run(thread, behind);
    co_return page;
}

Picoseconds PageCalls::take_block(int cpu, int order, int type, Pfn& page, Picoseconds& behind) {
    ZoneWork work;
    before_taking(order, type, 1);
    page = take_from_zone(cpu, order, type, work);
    Picoseconds lines = 0;
    behind = 0;
    if (page != kNoPage) {
        const bool from_afar = lines_.is_elsewhere(cpu, page);
        lines = touch_new(cpu, {&page, 1}, order, page_checks_ == PageChecks::under_lock);
        if (page_checks_ == PageChecks::refills_under_lock) {
            behind = lines_.pass(cpu, order, from_afar);
        }
        ++counter_line_[static_cast<std::size_t>(cpu)].writes;
    }
    refresh_view();
    check();
    const Costs& costs = machine_->costs();
    return costs.alloc_path + lines + zone_lines(cpu, kTakingLines) + work.blocks * costs.refill_page +
           work.splits * costs.split_level;
}

Pfn PageCalls::prefill(int cpu, int order, int type, std::int64_t keep_free) {
    if (zone_.free_pages_snapshot() - (std::int64_t{1} << order) < keep_free) return kNoPage;
    ZoneWork work;
    const Pfn page = take_from_zone(cpu, order, type, work);
    if (page != kNoPage) lines_.settle(cpu, page);
    return page;
}

// rmqueue_buddy; kNoPage without a block.
Pfn PageCalls::take_from_zone(int cpu, int order, int type, ZoneWork& work) {
    TakeRequest request{.cpu = cpu, .order = order, .type = type};
    const Pfn page = zone_.take(request, work);
    if (page == kNoPage) return page;
    zone_.mark_in_use(page, order, type);
    if (!zone_.policy().account_each_block) zone_.account(cpu, -(std::int64_t{1} << order));
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
    int set = pcp.live_set();
    const Picoseconds length =
        free_ps_ + take_header(thread.cpu, thread.cpu) + touch_freed(thread.cpu, page, order);
    const std::uint32_t pages = pcp.push(set, page, order);
    const int list = pcp.list_of(page);
    co_await machine_->run(thread, length);
    if (pages != 0) entered = co_await flush(thread, rules_.free, set, pages, list);
    if (entered) leave(thread, rules_.free);
}

Task<> PageCalls::finish_flush(Thread& thread, Picoseconds before, Pfn page, std::uint32_t pages) {
    int set = lists(thread.cpu).live_set();
    const int list = lists(thread.cpu).list_of(page);
    co_await enter(thread, rules_.free);  // free at this instant: try_free has just looked
    co_await machine_->run(thread, before);
    const bool entered = co_await flush(thread, rules_.free, set, pages, list);
    if (entered) leave(thread, rules_.free);
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
    int set = pcp.live_set();
    Picoseconds length = take_header(thread.cpu, thread.cpu);
    for (const Pfn page : pages) {
        count_mapped(thread.cpu, 0, zone_.frames()[page].used_as, -1);
        if (!entered) entered = co_await enter(thread, access);  // a flush lost it to a drain
        if (!entered) {
            co_await to_buddy(thread, page, 0);
            continue;
        }
        length += machine_->costs().free_path + touch_freed(thread.cpu, page, 0);
        const std::uint32_t flushed = pcp.push(set, page, 0);
        if (flushed == 0) continue;
        const int list = pcp.list_of(page);
        co_await machine_->run(thread, std::exchange(length, 0));
        entered = co_await flush(thread, access, set, flushed, list);
    }
    co_await machine_->run(thread, length + access.cost(machine_->costs()));
    if (entered) leave(thread, access);
}

// In one hold, or in chunks between which the CPU leaves its list for a moment (7.2). False: it did
// not get back in, so its section is over (free_unref_page_commit).
Task<bool> PageCalls::flush(Thread& thread, const ListAccess& access, int& set,
                            std::uint32_t pages, int first) {
    ++measurements_->counters.flushes;
    const PcpLists& pcp = lists(thread.cpu);
    bool entered = true;
    while (entered) {
        const std::uint32_t part = pcp.chunk_pages(pages, zone_.policy().flush_chunk_batches);
        co_await empty_set(thread, thread.cpu, set, part, Cause::other, first);
        pages -= part;
        if (pages == 0 || pcp.count(set) == 0) break;
        leave(thread, access);
        co_await machine_->run(thread, 0);  // what waited for the section has its moment
        entered = co_await enter(thread, access);
        set = pcp.live_set();
    }
    if (zone_.leaves_below_high()) set_below_high(false);
    co_return entered;
}

Task<std::uint32_t> PageCalls::empty_set(Thread& thread, int owner, int set, std::uint32_t pages,
                                         Cause cause, int first) {
    const Picoseconds began = machine_->now();
    machine_->irq_off(thread.cpu);
    co_await zone_lock_.acquire(thread, cause);
    std::vector<Pfn> blocks;
    lists(owner).collect(set, pages, blocks, first);
    ZoneWork work;
    Picoseconds lines = 0;
    for (const Pfn page : blocks) {
        lines += touch_listed(thread.cpu, page);
        leave_list(page);
    }
    work.looked_at = &looked_at_;
    free_collected(zone_, thread.cpu, blocks, work);
    refresh_view();
    lines += touch_buddies(thread.cpu, work);
    ++counter_line_[static_cast<std::size_t>(thread.cpu)].writes;
    check();
    const Picoseconds length = lines + zone_lines(thread.cpu, kGivingLines) + flush_ps(work);
    measurements_->zone_lock_flush.add(length);
    co_await machine_->run(thread, length);
    zone_lock_.release(thread);
    machine_->irq_on(thread.cpu);
    machine_->note(EventKind::flush, thread.cpu, began,
                   {.value = work.pages, .other = owner, .cause = cause});
    co_return work.pages;
}

Task<> PageCalls::to_buddy(Thread& thread, Pfn page, int order) {
    co_await machine_->let_interrupts_in(thread);
    const Picoseconds began = machine_->now();
    machine_->irq_off(thread.cpu);
    co_await zone_lock_.acquire(thread, Cause::other);
    Picoseconds behind = 0;
    const Picoseconds length = give_block(thread.cpu, page, order, behind);
    co_await machine_->run(thread, length);
    zone_lock_.release(thread);
    machine_->irq_on(thread.cpu);
    machine_->note(EventKind::zone_call, thread.cpu, began, {.value = order, .flag = 1});
    if (behind > 0) co_await machine_->run(thread, behind);
}

Picoseconds PageCalls::give_block(int cpu, Pfn page, int order, Picoseconds& behind) {
    ZoneWork work;
    behind = touch_freed(cpu, page, order);
    work.looked_at = &looked_at_;
    zone_.give_block(page, order, zone_.pageblock_type(page), cpu, work);
    refresh_view();
    const Picoseconds lines = touch_buddies(cpu, work);
    ++counter_line_[static_cast<std::size_t>(cpu)].writes;
    check();
    const Costs& costs = machine_->costs();
    return costs.free_path + lines + zone_lines(cpu, kGivingLines) + work.blocks * costs.flush_page +
           work.merges * costs.merge_level;
}

// --- what local operations see ------------------------------------------------------------

PageCalls::View PageCalls::view_of_zone() const {
    const std::uint32_t with_blocks = zone_.orders_with_blocks();
    const bool balanced = zone_.watermark_ok(0, zone_.marks().high);
    return {zone_.orders_ok(zone_.marks().low, with_blocks),
            zone_.orders_ok(zone_.marks().min, with_blocks),
            zone_.looks_at_high() ? ~zone_.orders_ok(zone_.marks().high, with_blocks) : 0,
            zone_.below_high(), kswapd_asleep_ && (!balanced || zone_.boost_pages() != 0)};
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

// Lines of the zone that move to a CPU when another one held the lock before: counters and heads of
// the free lists. The heads of one hold are fetched side by side, so they count once; who takes blocks
// waits for the first of those that stay behind, too.
Picoseconds PageCalls::zone_lines(int cpu, int lines) {
    const int from = std::exchange(zone_user_, cpu);
    return from == cpu ? 0 : lines * machine_->transfer(from, cpu);
}

void PageCalls::check() const {
#ifdef PCPBENCH_CHECK_INVARIANTS
    const std::string broken = check_invariants(zone_, lists_);
    if (!broken.empty()) throw std::logic_error("broken invariant: " + broken);
#endif
}

}  // namespace pcpbench
