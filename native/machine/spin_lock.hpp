// spin_lock.hpp: a spinlock with a first-come queue, as queued spinlocks serve their waiters.
#pragma once

#include <deque>

#include "machine/machine.hpp"
#include "metrics/histogram.hpp"

namespace pcpbench {

class SpinLock {
  public:
    // A lock that everyone shares: waiting for it is part of the call, and is timed.
    SpinLock(Machine& machine, Histogram& wait, Histogram& hold)
        : machine_(&machine), wait_(&wait), hold_(&hold) {}
    // A lock of one CPU's own: its task is interrupted if it finds somebody else there.
    SpinLock(Machine& machine, int owner) : machine_(&machine), owner_(owner) {}

    // Spins until the lock is this thread's; `cause` is why the holder holds it.
    Task<> acquire(Thread& thread, Cause cause);
    // The same for a main thread without a coroutine, interrupts off: its step ends when it has the
    // lock. Only of a lock that everyone shares.
    void acquire_in_step(Thread& thread, Cause cause);
    // Takes it if nobody has it or waits for it.
    bool try_acquire(Thread& thread, Cause cause);
    void release(Thread& thread);

    bool available() const { return !held_ && waiters_.empty(); }
    // The owner's local section, of known length, holds the lock until `time`.
    void hold_locally(int cpu, Picoseconds time) {
        last_cpu_ = cpu;
        busy_until_ = time;
    }

  private:
    struct Waiter {
        Thread* thread;
        Picoseconds since;
        Cause cause;
        bool in_step = false;
        Cause holder = Cause::other;  // for the log: whom it found there
        int holder_cpu = -1;
    };
    void grant();
    Picoseconds take(const Thread& thread, Picoseconds since, Cause cause);

    Machine* machine_;
    Histogram* wait_ = nullptr;
    Histogram* hold_ = nullptr;
    std::deque<Waiter> waiters_;
    int owner_ = -1;
    bool held_ = false;
    int last_cpu_ = -1;
    Cause holder_cause_ = Cause::other;
    Picoseconds busy_until_ = 0;
    Picoseconds held_since_ = 0;
};

}  // namespace pcpbench
