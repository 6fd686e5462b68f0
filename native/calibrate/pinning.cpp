#include "calibrate/pinning.hpp"

#include <cerrno>
#include <future>
#include <string>
#include <system_error>

namespace pcpbench::calibrate {

Pinned::Pinned(int cpu) {
    if (sched_getaffinity(0, sizeof before_, &before_) != 0) {
        throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
    }
    cpu_set_t only;
    CPU_ZERO(&only);
    if (cpu < 0 || cpu >= CPU_SETSIZE) {
        throw std::system_error(EINVAL, std::generic_category(), "CPU " + std::to_string(cpu));
    }
    CPU_SET(static_cast<std::size_t>(cpu), &only);
    if (sched_setaffinity(0, sizeof only, &only) != 0) {
        throw std::system_error(errno, std::generic_category(), "CPU " + std::to_string(cpu));
    }
}

Pinned::~Pinned() { sched_setaffinity(0, sizeof before_, &before_); }

PinnedThread::PinnedThread(int cpu, std::function<void()> run) {
    std::promise<void> there;
    auto arrived = there.get_future();
    thread_ = std::thread([cpu, run = std::move(run), there = std::move(there)]() mutable {
        try {
            const Pinned pinned(cpu);
            there.set_value();
            run();
        } catch (...) {
            there.set_exception(std::current_exception());
        }
    });
    try {
        arrived.get();
    } catch (...) {
        thread_.join();
        throw;
    }
}

PinnedThread::~PinnedThread() {
    if (thread_.joinable()) thread_.join();
}

}  // namespace pcpbench::calibrate
