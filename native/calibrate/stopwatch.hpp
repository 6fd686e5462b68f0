// stopwatch.hpp: the time that one of many repetitions took, in ns.
#pragma once

#include <chrono>
#include <cstdint>

namespace pcpbench::calibrate {

template <class Run>
double ns_each(std::uint64_t repetitions, Run&& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / static_cast<double>(repetitions);
}

// The compiler must have the value in a register and may not guess it afterwards.
template <class T>
void launder(T& value) {
    asm volatile("" : "+r"(value) : : "memory");
}

}  // namespace pcpbench::calibrate
