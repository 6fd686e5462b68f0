#include "simulation/frame_lines.hpp"

#include <utility>

namespace pcpbench {

namespace {
constexpr std::uint64_t kLineBytes = 64;
constexpr std::size_t kLongestMemory = 60'000;  // epochs, below what PageFrame::touched_in counts
}  // namespace

FrameLines::FrameLines(const Machine& machine, std::span<PageFrame> frames, int home)
    : machine_(&machine), frames_(frames),
      capacity_(static_cast<std::uint64_t>(machine.config().topology.cache_kib) * 1024 / kLineBytes),
      stream_(machine.costs().dram_stream), tail_(machine.costs().tail_page) {
    const Topology& shape = machine.config().topology;
    const int sharing = shape.cores_per_cluster > 1 ? shape.cores_per_cluster : shape.cores_per_socket;
    for (int cpu = 0; cpu < machine.cpus(); ++cpu) cache_.push_back(shape.core(cpu) / sharing);
    caches_.resize(static_cast<std::size_t>(shape.cores() / sharing));
    const int home_socket = place_of(shape, home).socket;
    for (int cpu = 0; cpu < machine.cpus(); ++cpu) {
        const bool far = place_of(shape, cpu).socket != home_socket;
        courses_.push_back({.memory = far ? machine.costs().dram_remote : machine.costs().dram_local});
    }
}

bool FrameLines::in_memory(Pfn page) const {
    const PageFrame& frame = frames_[page];
    if (frame.line_owner == kNoCpu) return true;
    return static_cast<std::uint16_t>(epoch_ - frame.touched_in) > cache_of(frame.line_owner).age;
}

Picoseconds FrameLines::touch_taken(int cpu, Pfn page, int order) {
    const bool ahead = in_order(std::exchange(course(cpu).taken, page), page, order);
    return touch(cpu, page, ahead);
}

Picoseconds FrameLines::move(int cpu, Pfn page, bool ahead) {
    const PageFrame& frame = frames_[page];
    Picoseconds cost = 0;
    if (in_memory(page)) {
        cost = ahead ? stream_ : memory(cpu);
    } else if (frame.line_owner != cpu) {
        cost = machine_->transfer(frame.line_owner, cpu);
    }
    ++cache_of(cpu).touched;
    mark(cpu, page);
    return cost;
}

void FrameLines::end_epoch() {
    for (Cache& cache : caches_) {
        cache.epochs.push_front(cache.touched);
        cache.remembered += cache.touched;
        // Lines of the epoch that ends are one epoch old from now on.
        while (cache.epochs.size() > 1 &&
               (cache.remembered > capacity_ || cache.epochs.size() > kLongestMemory)) {
            cache.remembered -= cache.epochs.back();
            cache.epochs.pop_back();
        }
        cache.age = static_cast<std::uint16_t>(cache.epochs.size());
        cache.touched = 0;
    }
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        Course& own = course(cpu);
        if (own.frees > 0) own.look = memory(cpu) * own.from_memory / own.frees;
        own.frees = own.from_memory = 0;
    }
    ++epoch_;
}

}  // namespace pcpbench
