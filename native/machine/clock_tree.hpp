// clock_tree.hpp: which CPU acts next: a tournament over the CPUs' next moments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "machine/costs.hpp"

namespace pcpbench {

// Winner is the smallest time, then the lowest CPU. Updating one CPU costs at most log2(CPUs)
// compares, and ends at the first match whose outcome stays the same. One CPU may stand aside: who
// holds the lock that all wait for comes again soon, and need not play its way up.
class ClockTree {
  public:
    explicit ClockTree(int cpus) {
        while (leaves_ < static_cast<std::size_t>(cpus)) leaves_ *= 2;
        nodes_.resize(2 * leaves_);
        for (std::size_t i = 0; i < leaves_; ++i) nodes_[leaves_ + i].cpu = static_cast<int>(i);
        for (std::size_t i = leaves_ - 1; i >= 1; --i) nodes_[i].cpu = nodes_[2 * i].cpu;
    }
    void set(int cpu, Picoseconds time) {
        std::size_t at = leaves_ + static_cast<std::size_t>(cpu);
        if (cpu == aside_.cpu) {
            aside_ = time == kNever ? Node{} : Node{time, cpu};
            return;
        }
        if (aside_.cpu < 0 && nodes_[at].time == kNever && time != kNever) {
            aside_ = {time, cpu};
            return;
        }
        Node winner{time, cpu};
        for (;;) {
            Node& node = nodes_[at];
            if (node.time == winner.time && node.cpu == winner.cpu) return;
            node = winner;
            if (at == 1) return;
            // Of equals the left one wins: it has the lower CPUs.
            const Node& other = nodes_[at ^ 1];
            const bool other_wins =
                other.time < winner.time || (other.time == winner.time && (at & 1) != 0);
            winner = other_wins ? other : winner;
            at /= 2;
        }
    }
    int first_cpu() const { return first().cpu; }
    Picoseconds first_time() const { return first().time; }

  private:
    struct Node {
        Picoseconds time = kNever;
        int cpu = -1;
    };
    const Node& first() const {
        const Node& winner = nodes_[1];
        const bool aside = aside_.time < winner.time ||
                           (aside_.time == winner.time && aside_.cpu < winner.cpu);
        return aside ? aside_ : winner;
    }
    Node aside_;
    std::size_t leaves_ = 1;
    std::vector<Node> nodes_;
};

}  // namespace pcpbench
