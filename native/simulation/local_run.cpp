#include "simulation/local_run.hpp"

#include <cstdlib>

namespace pcpbench {

LocalRun::LocalRun(PageCalls& calls, Machine& machine, Measurements& measurements, int cpu)
    : calls_(calls), measurements_(measurements), cpu_(machine.own(cpu)), number_(cpu),
      lists_(calls.own_lists(cpu)), frames_(calls.zone_.frames().data()),
      watched_(calls.watched()), plain_commit_(lists_.commits_plainly()),
      alloc_ps_(calls.alloc_ps_ + calls.counter_line_[static_cast<std::size_t>(cpu)].read_ps),
      free_ps_(calls.free_ps_),
      look_in_vain_ps_(calls.counter_line_[static_cast<std::size_t>(cpu)].read_ps +
                       machine.costs().l2_load + machine.costs().slow_path_entry),
      header_ps_(0), mapped_(calls.mapped_[static_cast<std::size_t>(cpu)]),
      lru_(calls.lru_[static_cast<std::size_t>(cpu)]),
      mapped_threshold_(calls.zone_.stat_threshold()), most_lru_(calls.most_lru_),
      alloc_latency_(measurements.alloc_latency,
                     cpu_.isolated ? &measurements.cpu_alloc_latency[cpu] : nullptr),
      free_latency_(measurements.free_latency, nullptr) {}

// PageCalls::try_allocate, of a list that is not empty.
inline Picoseconds LocalRun::take(const Op& op, Pfn& slot, Picoseconds now) {
    if (takes_ + gives_ == 0) header_ps_ = calls_.take_header(number_, number_);
    lists_.note_allocation();
    const Pfn page = lists_.pop(lists_.live_set(), op.order, op.type);
    if (watched_) calls_.leave_list(page);
    slot = page;
    const Picoseconds length =
        alloc_ps_ + std::exchange(header_ps_, 0) + calls_.touch_listed(number_, page);
    if (op.type == kMovable) {
        mapped_ += 1 << op.order;
        if (std::abs(mapped_) > mapped_threshold_) mapped_ = 0;
        lru_ = op.order > 0 || lru_ + 1 >= most_lru_ ? 0 : lru_ + 1;
    }
    ++takes_;
    taken_pages_ += 1 << op.order;
    takes_ps_ += length;
    alloc_end_ = now + length;
    return length;
}

// PageCalls::try_free, of a block after which nothing must be flushed.
inline Picoseconds LocalRun::give(Pfn page, Picoseconds now) {
    if (takes_ + gives_ == 0) header_ps_ = calls_.take_header(number_, number_);
    const PageFrame& frame = frames_[page];
    const int order = frame.order;
    if (frame.used_as == kMovable) {
        mapped_ -= 1 << order;
        if (std::abs(mapped_) > mapped_threshold_) mapped_ = 0;
    }
    const Picoseconds length =
        free_ps_ + std::exchange(header_ps_, 0) + calls_.touch_freed(number_, page, order);
    lists_.place(lists_.live_set(), page, order);
    if (!plain_commit_) lists_.commit(lists_.live_set(), order);
    ++gives_;
    given_pages_ += 1 << order;
    free_end_ = now + length;
    return length;
}

void LocalRun::run(Lookahead& ops, Stream& stream, Pending& pending, Picoseconds limit) {
    Slots& slots = stream.slots();
    const std::uint32_t low_orders = calls_.view().low_orders;
    Picoseconds now = cpu_.main.end;  // when the next operation begins, or the retry of one
    Picoseconds began = cpu_.op_began;
    Picoseconds ended = cpu_.op_end;
    Picoseconds started = pending.started;
    auto timed = pending.timed;
    bool mid_call = cpu_.mid_call;
    Lookahead::Cursor cursor = ops.cursor();
    std::int64_t noops = 0;
    while (now < limit) {
        const Op& op = cursor.op();
        if (mid_call) {
            mid_call = false;
            ended = now + take(op, slots[op.slot], now);
        } else {
            if (timed == Pending::alloc) {
                alloc_latency_.add(ended - started);
            } else if (timed == Pending::free) {
                free_latency_.add(ended - started);
            }
            timed = Pending::none;
            began = ended = started = now;
            Pfn& slot = slots[op.slot];
            if (op.kind == OpKind::alloc) {
                if (slot == kNoPage) {
                    timed = Pending::alloc;
                    if ((low_orders >> op.order & 1) == 0) {
                        ++entries_;
                        mid_call = true;
                        ended = now = now + look_in_vain_ps_;
                        continue;
                    }
                    ended = now + take(op, slot, now);
                }
            } else if (op.kind == OpKind::free) {
                if (const Pfn page = std::exchange(slot, kNoPage); page == kNoPage) {
                    ++noops;
                } else {
                    timed = Pending::free;
                    ended = now + give(page, now);
                }
            }
        }
        cursor.advance();
        now = ended + cursor.op().gap;
    }
    ops.skip_to(cursor, stream);
    cpu_.main.end = now;
    cpu_.op_began = began;
    cpu_.op_end = ended;
    cpu_.mid_call = mid_call;
    pending.started = started;
    pending.timed = timed;
    measurements_.counters.free_noops += noops;
    leave_behind();
}

// Everything that others can look at.
void LocalRun::leave_behind() {
    const auto at = static_cast<std::size_t>(number_);
    if (alloc_end_ >= 0 && alloc_end_ < free_end_) {
        calls_.begin_local_section(number_, calls_.rules_.alloc, alloc_end_);
    }
    if (free_end_ >= 0) calls_.begin_local_section(number_, calls_.rules_.free, free_end_);
    if (alloc_end_ > free_end_) {
        calls_.begin_local_section(number_, calls_.rules_.alloc, alloc_end_);
    }
    if (!calls_.numa_events_) {
        calls_.mapped_[at] = mapped_;
    } else if (takes_ > 0) {
        calls_.mapped_[at] = 1;
    }
    calls_.lru_[at] = lru_;
    calls_.counter_line_[at].reads += static_cast<std::uint32_t>(takes_ + entries_);
    alloc_latency_.flush();
    free_latency_.flush();
    Counters& counters = measurements_.counters;
    counters.alloc_calls += takes_;
    counters.alloc_pages += taken_pages_;
    counters.fast_allocs += takes_;
    counters.fast_alloc_ps += takes_ps_;
    counters.free_calls += gives_;
    counters.free_pages += given_pages_;
    counters.slow_path_entries += entries_;
}

}  // namespace pcpbench
