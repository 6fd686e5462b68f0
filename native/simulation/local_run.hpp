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

class LocalRun {
  public:
    LocalRun(PageCalls& calls, Machine& machine, Measurements& measurements, int cpu)
        : calls_(calls), machine_(machine), measurements_(measurements), cpu_(machine.own(cpu)),
          number_(cpu) {}
    // Carries out the operations that begin before `limit`; the lookahead says that they are local,
    // and no interrupt handler runs any more.
    void run(Lookahead& ops, Stream& stream, Pending& pending, Picoseconds limit);

  private:
    // What the calls of a run add up to.
    struct Sums {
        std::int64_t takes = 0;
        std::int64_t taken_pages = 0;
        std::int64_t takes_ps = 0;
        std::int64_t gives = 0;
        std::int64_t given_pages = 0;
        std::int64_t noops = 0;
        std::int64_t entries = 0;  // into the slow path
        // Of the last sections, whose ends others can meet; -1: there was none.
        Picoseconds alloc_end = -1;
        Picoseconds free_end = -1;
    };
    void leave_behind(const Sums& sums);

    PageCalls& calls_;
    Machine& machine_;
    Measurements& measurements_;
    Cpu& cpu_;
    const int number_;
};

}  // namespace pcpbench
