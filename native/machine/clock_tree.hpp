// clock_tree.hpp: which CPU acts next: a tournament over the CPUs' next moments.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "machine/costs.hpp"

namespace pcpbench {

// Winner is the smallest time, then the lowest CPU. Updating one CPU costs at most log2(CPUs)
// compares, and ends at the first match whose outcome stays the same. A few CPUs may stand aside:
// where all others wait for a lock, its holder and who comes next need not play their way up.
class ClockTree {
  public:
    struct First {
        Picoseconds time;
        int cpu;
    };
    explicit ClockTree(int cpus) {
        while (leaves_ < static_cast<std::size_t>(cpus)) leaves_ *= 2;
        seats_.resize(leaves_, kInTree);
        nodes_.resize(2 * leaves_);
        for (std::size_t i = 0; i < leaves_; ++i) {
            nodes_[leaves_ + i] = turn_of(static_cast<int>(i), kNever);
        }
        for (std::size_t i = leaves_ - 1; i >= 1; --i) nodes_[i] = nodes_[2 * i];
        aside_.fill(kNobody);
    }
    void set(int cpu, Picoseconds time) {
        const Turn turn = turn_of(cpu, time);
        std::int8_t& seat = seats_[static_cast<std::size_t>(cpu)];
        if (seat != kInTree) {
            aside_[static_cast<std::size_t>(seat)] = time == kNever ? kNobody : turn;
            if (time == kNever) seat = kInTree;
            return;
        }
        std::size_t at = leaves_ + static_cast<std::size_t>(cpu);
        if (nodes_[at] == turn) return;
        if (time_of(nodes_[at]) == kNever) {
            const auto* const free = std::find(aside_.begin(), aside_.end(), kNobody);
            if (free != aside_.end()) {
                seat = static_cast<std::int8_t>(free - aside_.begin());
                aside_[static_cast<std::size_t>(seat)] = turn;
                return;
            }
        }
        for (Turn winner = turn; nodes_[at] != winner; at /= 2) {
            nodes_[at] = winner;
            if (at == 1) return;
            winner = std::min(winner, nodes_[at ^ 1]);
        }
    }
    First first() const {
        Turn winner = nodes_[1];
        for (const Turn other : aside_) winner = std::min(winner, other);
        return {time_of(winner), static_cast<int>(winner & 0xffffffffU)};
    }

  private:
    // Time above CPU, so that one comparison tells who is first.
    __extension__ using Turn = unsigned __int128;
    static constexpr Turn turn_of(int cpu, Picoseconds time) {
        return static_cast<Turn>(time) << 64 | static_cast<std::uint32_t>(cpu);
    }
    static constexpr Picoseconds time_of(Turn turn) {
        return static_cast<Picoseconds>(turn >> 64);
    }
    static constexpr Turn kNobody = static_cast<Turn>(kNever) << 64 | 0xffffffffU;
    static constexpr std::int8_t kInTree = -1;

    std::array<Turn, 4> aside_;
    std::vector<std::int8_t> seats_;  // by CPU: which of those aside it is
    std::size_t leaves_ = 1;
    std::vector<Turn> nodes_;
};

}  // namespace pcpbench
