// kernel_calls.hpp: what the kernel takes for an entry, a page fault, a call to another CPU.
#pragma once

#include <cstdint>

namespace pcpbench::calibrate {

// The shortest system call there is: entry and exit.
double system_call_ns(int cpu, std::uint64_t repetitions);

// A first touch of an anonymous page of the base size: fault, allocation, clearing.
double page_fault_ns(int cpu, std::uint64_t pages);

struct RemoteCall {
    double call_ns;      // median of the calls
    double target_ns;    // median time that the other CPU did not run its loop; 0: it saw none
    std::uint64_t gaps;  // how many such times it saw
};

// membarrier(PRIVATE_EXPEDITED), which sends an interrupt to each other CPU that runs a thread of
// the process. `spinning`: every call is made when the thread on the other CPU has just been seen
// running; else it sleeps, and no interrupt is sent. Throws std::system_error where the kernel does
// not have or allow it.
RemoteCall membarrier_call(int cpu, int other_cpu, bool spinning, std::uint64_t calls);

}  // namespace pcpbench::calibrate
