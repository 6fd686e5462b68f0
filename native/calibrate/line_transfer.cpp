#include "calibrate/line_transfer.hpp"

#include <atomic>
#include <stdexcept>

#include "calibrate/pinning.hpp"
#include "calibrate/stopwatch.hpp"

namespace pcpbench::calibrate {

namespace {

enum Turn : std::uint32_t { here, there, over };

struct alignas(128) Ball {
    std::atomic<std::uint32_t> turn{here};

    // Waits until it is at `from` and sends it on; false when the game is over.
    bool pass(std::uint32_t from, std::uint32_t to) {
        for (;;) {
            std::uint32_t at = from;
            if (turn.compare_exchange_strong(at, to)) return true;
            if (at == over) return false;
        }
    }
};

}  // namespace

double line_transfer_ns(int cpu, int other_cpu, std::uint64_t round_trips) {
    if (cpu == other_cpu) throw std::invalid_argument("a line moves between two CPUs");
    const Pinned pinned(cpu);
    Ball ball;
    PinnedThread partner(other_cpu, [&] {
        while (ball.pass(there, here)) {
        }
    });
    ball.pass(here, there);  // the partner has started when it comes back
    const double ns = ns_each(2 * round_trips, [&] {
        for (std::uint64_t i = 0; i < round_trips; ++i) ball.pass(here, there);
    });
    while (ball.turn.load() != here) {
    }
    ball.turn.store(over);
    return ns;
}

}  // namespace pcpbench::calibrate
