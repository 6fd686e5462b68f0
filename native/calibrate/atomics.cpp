#include "calibrate/atomics.hpp"

#include <atomic>

#include "calibrate/pinning.hpp"
#include "calibrate/stopwatch.hpp"

namespace pcpbench::calibrate {

namespace {
struct alignas(128) OwnLine {
    std::atomic<std::uint32_t> word{0};
};
}  // namespace

double cycle_ns(int cpu, std::uint64_t additions) {
    constexpr std::uint64_t kUnrolled = 64;
    const Pinned pinned(cpu);
    const std::uint64_t turns = additions / kUnrolled + 1;
    return ns_each(turns * kUnrolled, [turns] {
        std::uintptr_t sum = 0;
        std::uintptr_t one = 1;
        launder(one);
        for (std::uint64_t i = 0; i < turns; ++i) {
#pragma GCC unroll 64
            for (std::uint64_t j = 0; j < kUnrolled; ++j) {
                sum += one;
                asm volatile("" : "+r"(sum));  // or the compiler would multiply
            }
        }
    });
}

double atomic_rmw_ns(int cpu, std::uint64_t repetitions) {
    const Pinned pinned(cpu);
    OwnLine line;
    return ns_each(repetitions, [&] {
        for (std::uint64_t i = 0; i < repetitions; ++i) line.word.fetch_add(1);
    });
}

double spin_lock_pair_ns(int cpu, std::uint64_t repetitions) {
    const Pinned pinned(cpu);
    OwnLine line;
    return ns_each(repetitions, [&] {
        for (std::uint64_t i = 0; i < repetitions; ++i) {
            std::uint32_t free = 0;
            while (!line.word.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                                      std::memory_order_relaxed)) {
                free = 0;
            }
            line.word.store(0, std::memory_order_release);
        }
    });
}

}  // namespace pcpbench::calibrate
