#include "calibrate/loads.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <random>
#include <system_error>
#include <vector>

#include "calibrate/pinning.hpp"
#include "calibrate/stopwatch.hpp"

namespace pcpbench::calibrate {

namespace {
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kHugePageBytes = std::size_t{1} << 21;
}

PointerChase::PointerChase(std::size_t bytes, int touch_cpu)
    : lines_(std::max<std::size_t>(bytes / kLineBytes, 2)),
      // Whole huge pages, and one more to begin at a multiple of their size.
      bytes_((bytes / kHugePageBytes + 2) * kHugePageBytes) {
    const Pinned pinned(touch_cpu);
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    // Huge pages leave the TLB out of the measurement where the system has them.
    madvise(memory_, bytes_, MADV_HUGEPAGE);
    std::vector<std::uint32_t> order(lines_);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    auto address = reinterpret_cast<std::uintptr_t>(memory_);
    address = (address + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
    auto* base = reinterpret_cast<char*>(address);
    const auto line = [&](std::size_t i) {
        return reinterpret_cast<void**>(base + std::size_t{order[i]} * kLineBytes);
    };
    for (std::size_t i = 0; i < lines_; ++i) *line(i) = line(i + 1 == lines_ ? 0 : i + 1);
    place_ = line(0);
}

PointerChase::~PointerChase() { munmap(memory_, bytes_); }

double PointerChase::ns_per_load(int cpu, std::uint64_t loads) {
    const Pinned pinned(cpu);
    void** place = place_;
    if (lines_ < loads) {
        // The buffer is meant to lie in a cache: bring it there.
        for (std::size_t i = 0; i < lines_; ++i) place = static_cast<void**>(*place);
        launder(place);
    }
    const double ns = ns_each(loads, [&] {
        for (std::uint64_t i = 0; i < loads; ++i) place = static_cast<void**>(*place);
        launder(place);
    });
    place_ = place;
    return ns;
}

}  // namespace pcpbench::calibrate
