#include "machine/spin_lock.hpp"

namespace pcpbench {

Task<> SpinLock::acquire(Thread& thread, Cause cause) {
    if (owner_ >= 0) machine_->disturb(owner_);
    const Picoseconds start = machine_->now();
    if (held_ || !waiters_.empty() || start < busy_until_) {
        const Cause holder = held_ ? holder_cause_ : Cause::other;
        const int holder_cpu = last_cpu_;
        if (!held_ && waiters_.empty()) {
            machine_->at(busy_until_, thread.cpu, [this] { grant(); });
        }
        waiters_.push_back({&thread, start, cause});
        co_await Machine::Spin{thread};
        if (thread.is_main && thread.cpu == owner_) {
            machine_->take_from_main(machine_->cpu(thread.cpu), Mechanism::lock, holder, start,
                                     machine_->now() - start);
        }
        machine_->note(owner_ < 0 ? EventKind::zone_lock_wait : EventKind::list_lock_wait,
                       thread.cpu, start, {.value = owner_, .other = holder_cpu, .cause = holder});
    }
    co_await machine_->run(thread, take(thread, start, cause));
}

void SpinLock::acquire_in_step(Thread& thread, Cause cause) {
    const Picoseconds now = machine_->now();
    if (available()) {
        thread.end = now + take(thread, now, cause);
    } else {
        waiters_.push_back({&thread, now, cause, true, holder_cause_, last_cpu_});
    }
}

// Returns how long it takes to have the lock's line.
Picoseconds SpinLock::take(const Thread& thread, Picoseconds since, Cause cause) {
    held_ = true;
    held_since_ = machine_->now();
    holder_cause_ = cause;
    if (wait_ != nullptr) wait_->add(held_since_ - since);
    const int from = last_cpu_ < 0 ? thread.cpu : last_cpu_;
    last_cpu_ = thread.cpu;
    return machine_->costs().spin_lock_pair + machine_->transfer(from, thread.cpu);
}

bool SpinLock::try_acquire(Thread& thread, Cause cause) {
    if (owner_ >= 0) machine_->disturb(owner_);
    if (!available() || machine_->now() < busy_until_) return false;
    held_ = true;
    held_since_ = machine_->now();
    holder_cause_ = cause;
    last_cpu_ = thread.cpu;
    return true;
}

void SpinLock::release(Thread& thread) {
    last_cpu_ = thread.cpu;
    held_ = false;
    machine_->note(owner_ < 0 ? EventKind::zone_lock_hold : EventKind::list_lock_hold, thread.cpu,
                   held_since_, {.value = owner_, .cause = holder_cause_});
    if (hold_ != nullptr) hold_->add(machine_->now() - held_since_);
    if (!waiters_.empty()) grant();
}

void SpinLock::grant() {
    held_ = true;
    const Waiter next = waiters_.front();
    waiters_.pop_front();
    if (!next.in_step) return machine_->end_spin(*next.thread);
    machine_->note(EventKind::zone_lock_wait, next.thread->cpu, next.since,
                   {.value = owner_, .other = next.holder_cpu, .cause = next.holder});
    next.thread->end = machine_->now() + take(*next.thread, next.since, next.cause);
    machine_->update(next.thread->cpu);
}

}  // namespace pcpbench
