// pinning.hpp: keeps the calling thread on one CPU for the life of the object.
#pragma once

#include <sched.h>

#include <functional>
#include <thread>

namespace pcpbench::calibrate {

// Throws std::system_error if the CPU does not exist or the process may not use it.
class Pinned {
  public:
    explicit Pinned(int cpu);
    ~Pinned();
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;

  private:
    cpu_set_t before_;
};

// A thread on a CPU of its own, joined at the end. The constructor returns when it is there.
class PinnedThread {
  public:
    PinnedThread(int cpu, std::function<void()> run);
    ~PinnedThread();
    void join() { thread_.join(); }

  private:
    std::thread thread_;
};

}  // namespace pcpbench::calibrate
