#include "simulation/local_run.hpp"

#include <utility>

namespace pcpbench {

void LocalRun::run(Lookahead& ops, Stream& stream, Pending& pending, Picoseconds limit) {
    // Copies, because page frames are written as bytes, and a byte may be part of anything.
    const auto at = static_cast<std::size_t>(number_);
    PcpLists& lists = calls_.own_lists(number_);
    const int set = lists.live_set();
    ListSet& live = lists.live_lists();
    const KernelPolicy policy = calls_.zone_.policy();
    const std::span<PageFrame> frames = calls_.zone_.frames();
    Pfn* const slots = stream.slots().data();
    const Pfn first_page = calls_.first_page();
    const bool watched = calls_.watched();
    const bool plain_commit = lists.commits_plainly();
    const std::uint32_t low_orders = calls_.view().low_orders;
    const Picoseconds read_ps = calls_.counter_line_[at].read_ps;
    const Picoseconds alloc_ps = calls_.alloc_ps_ + read_ps;
    const Picoseconds free_ps = calls_.free_ps_;
    const Picoseconds look_ps =
        read_ps + machine_.costs().l2_load + machine_.costs().slow_path_entry;
    const int mapped_threshold = calls_.zone_.stat_threshold();
    const int most_lru = calls_.most_lru_;
    Histogram& alloc_latency = measurements_.alloc_latency;
    Histogram& free_latency = measurements_.free_latency;
    Histogram* const own_latency =
        cpu_.isolated ? &measurements_.cpu_alloc_latency[at] : nullptr;

    int mapped = calls_.mapped_[at];
    int lru = calls_.lru_[at];
    bool header_taken = false;
    Picoseconds now = cpu_.main.end;  // when the next operation begins, or the retry of one
    Picoseconds ended = cpu_.op_end;
    Picoseconds started = pending.started;
    auto timed = pending.timed;
    Lookahead::Cursor cursor = ops.cursor();
    Sums sums;
    const auto take_header_ps = [&]() __attribute__((always_inline)) {
        return std::exchange(header_taken, true) ? 0 : calls_.take_header(number_, number_);
    };
    // The node's count of mapped pages keeps a remainder up to a threshold, as count_mapped has it.
    const auto map = [&](int pages) __attribute__((always_inline)) {
        mapped += pages;
        const auto beyond = static_cast<unsigned>(mapped + mapped_threshold);
        if (beyond > 2U * static_cast<unsigned>(mapped_threshold) && pages != 0) [[unlikely]] {
            mapped = 0;
        }
    };
    // PageCalls::try_allocate, of a list that is not empty.
    const auto take = [&](const Op& op) __attribute__((always_inline)) {
        lists.note_allocation();
        const Pfn page = live.pop(frames, policy, op.order, op.type);
        if (watched) calls_.leave_list(page);
        slots[op.slot] = page + first_page;
        const Picoseconds length =
            alloc_ps + take_header_ps() + calls_.touch_listed(number_, page);
        const int movable = op.type == kMovable;
        map(movable << op.order);
        lru += movable;
        if ((movable && op.order > 0) || lru >= most_lru) lru = 0;
        ++sums.takes;
        sums.taken_pages += 1 << op.order;
        sums.takes_ps += length;
        ended = sums.alloc_end = now + length;
    };
    // PageCalls::try_free, of a block after which nothing must be flushed.
    const auto give = [&](Pfn page) __attribute__((always_inline)) {
        const int order = frames[page].order;
        map(-(static_cast<int>(frames[page].used_as == kMovable) << order));
        const Picoseconds length =
            free_ps + take_header_ps() + calls_.touch_freed(number_, page, order);
        live.push(frames, policy, page, order, calls_.zone_.pageblock_type(page));
        if (!plain_commit) lists.commit(set, order);
        ++sums.gives;
        sums.given_pages += 1 << order;
        ended = sums.free_end = now + length;
    };
    const auto time_alloc = [&]() __attribute__((always_inline)) {
        alloc_latency.add(ended - started);
        if (own_latency != nullptr) own_latency->add(ended - started);
    };
    // The operation is over; whether the next one begins in time. If so, that settles how long this
    // one took; else an interrupt may still hit it.
    const auto go_on = [&]() __attribute__((always_inline)) {
        cursor.advance();
        now = ended + cursor.op().gap;
        return now < limit;
    };
    const auto allocate = [&](const Op& op) __attribute__((always_inline)) {
        timed = Pending::alloc;
        take(op);
        const bool more = go_on();
        if (more) time_alloc();
        return more;
    };
    bool more = true;
    if (std::exchange(cpu_.mid_call, false)) {
        more = allocate(cursor.op());
    } else if (timed == Pending::alloc) {
        time_alloc();
    } else if (timed == Pending::free) {
        free_latency.add(ended - started);
    }
    const bool begins = more;
    while (more) {
        const Op& op = cursor.op();
        started = now;
        const Pfn page = op.kind == OpKind::pause ? kNoPage : slots[op.slot];
        if (op.kind == OpKind::free && page != kNoPage) {
            slots[op.slot] = kNoPage;
            give(page - first_page);
            timed = Pending::free;
            more = go_on();
            if (more) free_latency.add(ended - started);
        } else if (op.kind == OpKind::alloc && page == kNoPage) {
            if ((low_orders >> op.order & 1) == 0) [[unlikely]] {
                ++sums.entries;
                now += look_ps;
                if (now >= limit) {
                    cpu_.mid_call = true;
                    timed = Pending::alloc;
                    ended = now;
                    break;
                }
            }
            more = allocate(op);
        } else {  // a pause, a touch of a page that is still there, or a free of none
            sums.noops += op.kind == OpKind::free;
            timed = Pending::none;
            ended = now;
            more = go_on();
        }
    }
    ops.skip_to(cursor, stream);
    cpu_.main.end = now;
    if (begins) cpu_.op_began = started;
    cpu_.op_end = ended;
    pending.started = started;
    pending.timed = timed;
    if (!calls_.numa_events_) {
        calls_.mapped_[at] = mapped;
    } else if (sums.takes > 0) {
        calls_.mapped_[at] = 1;
    }
    calls_.lru_[at] = lru;
    leave_behind(sums);
}

// Everything else that others can look at.
void LocalRun::leave_behind(const Sums& sums) {
    const bool alloc_first = sums.alloc_end < sums.free_end;
    if (sums.alloc_end >= 0 && alloc_first) {
        calls_.begin_local_section(number_, calls_.rules_.alloc, sums.alloc_end);
    }
    if (sums.free_end >= 0) {
        calls_.begin_local_section(number_, calls_.rules_.free, sums.free_end);
    }
    if (sums.alloc_end >= 0 && !alloc_first) {
        calls_.begin_local_section(number_, calls_.rules_.alloc, sums.alloc_end);
    }
    calls_.counter_line_[static_cast<std::size_t>(number_)].reads +=
        static_cast<std::uint32_t>(sums.takes + sums.entries);
    Counters& counters = measurements_.counters;
    counters.alloc_calls += sums.takes;
    counters.alloc_pages += sums.taken_pages;
    counters.fast_allocs += sums.takes;
    counters.fast_alloc_ps += sums.takes_ps;
    counters.free_calls += sums.gives;
    counters.free_pages += sums.given_pages;
    counters.free_noops += sums.noops;
    counters.slow_path_entries += sums.entries;
}

}  // namespace pcpbench
