// loads.hpp: the latency of dependent loads through a buffer in random order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pcpbench::calibrate {

class PointerChase {
  public:
    // The pages are touched on `touch_cpu` first, which decides their node. Throws
    // std::system_error if there is not so much memory or no such CPU.
    PointerChase(std::size_t bytes, int touch_cpu);
    ~PointerChase();
    PointerChase(const PointerChase&) = delete;
    PointerChase& operator=(const PointerChase&) = delete;

    // ns a load, on a CPU; goes on where the last call ended. A buffer of fewer lines than loads is
    // read once before, so that it lies in the caches that can hold it.
    double ns_per_load(int cpu, std::uint64_t loads);

  private:
    std::size_t lines_;
    std::size_t bytes_;  // mapped
    void* memory_;
    void** place_;
};

}  // namespace pcpbench::calibrate
