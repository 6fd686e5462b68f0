// sleep_lock.hpp: a mutex whose waiters sleep and are served first come, first served.
#pragma once

#include <deque>

#include "machine/machine.hpp"

namespace pcpbench {

class SleepLock {
  public:
    explicit SleepLock(Machine& machine) : machine_(&machine) {}

    bool held() const { return holder_ != nullptr; }
    Task<> acquire(Thread& thread) {
        if (holder_ == nullptr) {
            holder_ = &thread;
            co_return;
        }
        waiters_.push_back(&thread);
        while (holder_ != &thread) co_await machine_->sleep(thread);
    }
    // Hands it to who has waited longest.
    void release() {
        holder_ = nullptr;
        if (waiters_.empty()) return;
        holder_ = waiters_.front();
        waiters_.pop_front();
        machine_->wake(*holder_);
    }

  private:
    Machine* machine_;
    Thread* holder_ = nullptr;
    std::deque<Thread*> waiters_;
};

}  // namespace pcpbench
