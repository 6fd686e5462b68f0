// local_run.hpp: a CPU's certainly local operations, many at a time: what page_calls and fast_path
// do for one, with what cannot change meanwhile looked up once.
#pragma once

#include "simulation/lookahead.hpp"
#include "simulation/page_calls.hpp"

namespace pcpbench {

// What is known of a call until the next one begins.
struct Pending {
    enum { none, alloc, free } timed = none;
    Picoseconds started = 0;
    Picoseconds entered = -1;  // when the call entered the kernel, if other work came first
};

// Equal values are counted together: the latencies of calls on warm lines are equal.
class LatencyRun {
  public:
    LatencyRun(Histogram& all, Histogram* own) : all_(&all), own_(own) {}
    void add(Picoseconds latency) {
        if (latency != latency_) {
            flush();
            latency_ = latency;
        }
        ++count_;
    }
    void flush() {
        if (count_ == 0) return;
        all_->add(latency_, count_);
        if (own_ != nullptr) own_->add(latency_, count_);
        count_ = 0;
    }

  private:
    Histogram* all_;
    Histogram* own_;
    Picoseconds latency_ = -1;
    std::uint32_t count_ = 0;
};

class LocalRun {
  public:
    LocalRun(PageCalls& calls, Machine& machine, Measurements& measurements, int cpu);
    // Carries out the operations that begin before `limit`; the lookahead says that they are local,
    // and no interrupt handler runs any more.
    void run(Lookahead& ops, Stream& stream, Pending& pending, Picoseconds limit);

  private:
    Picoseconds take(const Op& op, Pfn& slot, Picoseconds now);
    Picoseconds give(Pfn page, Picoseconds now);
    void leave_behind();

    PageCalls& calls_;
    Measurements& measurements_;
    Cpu& cpu_;
    const int number_;
    PcpLists& lists_;
    PageFrame* const frames_;
    const bool watched_;
    const bool plain_commit_;  // a free that flushes nothing changes no tuning
    const Picoseconds alloc_ps_;
    const Picoseconds free_ps_;
    const Picoseconds look_in_vain_ps_;
    Picoseconds header_ps_;  // moving the list header here, for the first call
    int mapped_;
    int lru_;
    const int mapped_threshold_;
    const int most_lru_;
    // Of the last sections, whose ends others can meet; -1: there was none.
    Picoseconds alloc_end_ = -1;
    Picoseconds free_end_ = -1;
    LatencyRun alloc_latency_;
    LatencyRun free_latency_;
    std::int64_t takes_ = 0;
    std::int64_t taken_pages_ = 0;
    std::int64_t takes_ps_ = 0;
    std::int64_t gives_ = 0;
    std::int64_t given_pages_ = 0;
    std::int64_t entries_ = 0;  // into the slow path
};

}  // namespace pcpbench
