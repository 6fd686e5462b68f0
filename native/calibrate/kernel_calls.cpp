#include "calibrate/kernel_calls.hpp"

#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <vector>

#include "calibrate/pinning.hpp"
#include "calibrate/stopwatch.hpp"

namespace pcpbench::calibrate {

namespace {

long membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

using Clock = std::chrono::steady_clock;
constexpr double kLongestNs = 1e6;  // the host or another task, not an interrupt

double ns_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::nano>(to - from).count();
}

double median_of(std::vector<double>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Runs on the CPU that is to be interrupted.
struct Watcher {
    std::atomic<bool> stop{false};
    alignas(128) std::atomic<std::uint64_t> turns{0};
    std::vector<double> gaps_ns;

    // Reads the clock without end and keeps the gaps that are no mere turns of the loop.
    void run() {
        auto before = Clock::now();
        double turn_ns = kLongestNs;
        for (std::uint64_t turn = 1; !stop.load(std::memory_order_relaxed); ++turn) {
            turns.store(turn, std::memory_order_relaxed);
            const auto now = Clock::now();
            const double gap_ns = ns_between(before, now);
            before = now;
            turn_ns = std::min(turn_ns, gap_ns);
            // A transfer of the line that the caller reads is no gap.
            if (turn > 1000 && gap_ns > 10 * turn_ns + 300 && gap_ns < kLongestNs &&
                gaps_ns.size() < gaps_ns.capacity()) {
                gaps_ns.push_back(gap_ns - turn_ns);
            }
        }
    }

    void wait_until_it_runs() const {
        const std::uint64_t seen = turns.load(std::memory_order_relaxed);
        while (turns.load(std::memory_order_relaxed) == seen) {
        }
    }
};

}  // namespace

double system_call_ns(int cpu, std::uint64_t repetitions) {
    const Pinned pinned(cpu);
    return ns_each(repetitions, [&] {
        for (std::uint64_t i = 0; i < repetitions; ++i) syscall(SYS_getppid);
    });
}

double page_fault_ns(int cpu, std::uint64_t pages) {
    const Pinned pinned(cpu);
    const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = pages * page_bytes;
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    auto* base = static_cast<volatile char*>(memory);
    const double ns = ns_each(pages, [&] {
        for (std::size_t at = 0; at < bytes; at += page_bytes) base[at] = 1;
    });
    munmap(memory, bytes);
    return ns;
}

RemoteCall membarrier_call(int cpu, int other_cpu, bool spinning, std::uint64_t calls) {
    if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0) {
        throw std::system_error(errno, std::generic_category(), "membarrier");
    }
    const Pinned pinned(cpu);
    Watcher watcher;
    watcher.gaps_ns.reserve(2 * calls);
    std::vector<double> calls_ns;
    {
        PinnedThread partner(other_cpu, [&] {
            if (spinning) {
                watcher.run();
            } else {
                watcher.stop.wait(false);
            }
        });
        // Lets the partner get into its loop or to sleep.
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        for (std::uint64_t i = 0; i < calls; ++i) {
            if (spinning) watcher.wait_until_it_runs();
            const auto start = Clock::now();
            membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
            calls_ns.push_back(ns_between(start, Clock::now()));
        }
        watcher.stop.store(true);
        watcher.stop.notify_all();
    }
    const std::uint64_t gaps = watcher.gaps_ns.size();
    return {median_of(calls_ns), median_of(watcher.gaps_ns), gaps};
}

}  // namespace pcpbench::calibrate
