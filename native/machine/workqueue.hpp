// workqueue.hpp: bound kworkers (mm_percpu_wq): one thread a CPU that runs queued works in order.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "machine/machine.hpp"

namespace pcpbench {

struct Work {
    std::function<Task<>(Thread&)> body;
    Cause cause = Cause::other;
    bool done = false;
    Thread* waiter = nullptr;  // flushes this work: a barrier wakes it
};

class Workqueue {
  public:
    explicit Workqueue(Machine& machine);

    // Queues a work on a CPU. `from`: the CPU that queues it; another CPU's sleeping kworker is
    // woken by a reschedule interrupt. Returns the interrupts sent (0 or 1).
    int queue(int from, int cpu, std::shared_ptr<Work> work);
    // Sleeps until the work is done.
    Task<> flush(Thread& thread, std::shared_ptr<Work> work);

  private:
    struct Worker {
        Thread thread;
        std::deque<std::shared_ptr<Work>> works;
        bool woken = false;
    };
    Task<> loop(Worker& worker);
    void restart_tick(int cpu, Cause cause);

    Machine* machine_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace pcpbench
