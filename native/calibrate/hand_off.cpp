#include "calibrate/hand_off.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "calibrate/pinning.hpp"
#include "calibrate/stopwatch.hpp"

namespace pcpbench::calibrate {

namespace {

struct alignas(128) Bell {
    std::atomic<std::uint32_t> rung{0};

    void wait() {
        while (rung.load() == 0) syscall(SYS_futex, &rung, FUTEX_WAIT_PRIVATE, 0, nullptr);
        rung.store(0);
    }
    void ring() {
        rung.store(1);
        syscall(SYS_futex, &rung, FUTEX_WAKE_PRIVATE, 1, nullptr);
    }
};
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "a futex is a word");

}  // namespace

double hand_off_ns(int cpu, int other_cpu, std::uint64_t round_trips) {
    const Pinned pinned(cpu);
    Bell here;
    Bell there;
    PinnedThread partner(other_cpu, [&] {
        for (std::uint64_t i = 0; i < round_trips; ++i) {
            there.wait();
            here.ring();
        }
    });
    return ns_each(2 * round_trips, [&] {
        for (std::uint64_t i = 0; i < round_trips; ++i) {
            there.ring();
            here.wait();
        }
    });
}

}  // namespace pcpbench::calibrate
