// grace_period.hpp: waiting for RCU readers, by interrupts (expedited) or by ticks and scans.
#pragma once

#include <memory>

#include "machine/machine.hpp"

namespace pcpbench {

class GracePeriods {
  public:
    explicit GracePeriods(Machine& machine) : machine_(&machine) {}

    // synchronize_rcu_expedited: an IPI to every CPU that is neither idle nor in nohz_full user
    // mode (kernel/rcu/tree_exp.h, v5.15). Returns the IPIs sent.
    Task<int> expedited(Thread& thread);
    // synchronize_rcu: starts at the next jiffy; from one jiffy later on scans find quiescent
    // states (kernel/rcu/tree.c: jiffies_till_first_fqs).
    Task<> normal(Thread& thread);

  private:
    struct Waiting {
        Thread* thread;
        int cpus = 0;
    };
    void handle(int cpu, std::shared_ptr<Waiting> waiting);
    void acknowledge(int cpu, const std::shared_ptr<Waiting>& waiting);
    bool quiescent(int cpu, Picoseconds since);

    Machine* machine_;
};

}  // namespace pcpbench
