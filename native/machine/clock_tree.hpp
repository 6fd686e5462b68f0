// clock_tree.hpp: which CPU acts next: a tournament over the CPUs' next moments.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/costs.hpp"

namespace pcpbench {

// Winner is the smallest time, then the lowest CPU. Updating one CPU costs log2(CPUs) compares.
class ClockTree {
  public:
    explicit ClockTree(int cpus) {
        while (leaves_ < cpus) leaves_ *= 2;
        times_.assign(static_cast<std::size_t>(leaves_), kNever);
        winner_.assign(static_cast<std::size_t>(2 * leaves_), 0);
        for (int i = 0; i < leaves_; ++i) winner_[leaves_ + i] = i;
        for (int i = leaves_ - 1; i >= 1; --i) play(i);
    }
    void set(int cpu, Picoseconds time) {
        times_[cpu] = time;
        for (int i = (leaves_ + cpu) / 2; i >= 1; i /= 2) play(i);
    }
    int first_cpu() const { return winner_[1]; }
    Picoseconds first_time() const { return times_[winner_[1]]; }

  private:
    void play(int node) {
        const int left = winner_[2 * node];
        const int right = winner_[2 * node + 1];
        winner_[node] = times_[right] < times_[left] ? right : left;
    }
    int leaves_ = 1;
    std::vector<Picoseconds> times_;
    std::vector<int> winner_;
};

}  // namespace pcpbench
