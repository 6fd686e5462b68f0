// frame_lines.hpp: where the cache line of each struct page is, and what touching it costs.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "allocator/zone.hpp"
#include "machine/machine.hpp"

namespace pcpbench {

// A line is in the cache of the CPU that touched it last, as long as the CPUs that share that CPU's
// last-level cache have touched no more lines since than the cache holds; after that it is in
// memory. Ages are counted in epochs, which end at the same moment for all CPUs: so the answer does
// not depend on which CPU's operations ran ahead.
class FrameLines {
  public:
    // `home`: a CPU of the node whose memory this is.
    FrameLines(const Machine& machine, std::span<PageFrame> frames, int home);

    // The CPU touches the line of a block's first frame. `ahead`: it comes in order behind the last
    // one, so that the hardware has fetched ahead, and a line from memory costs dram_stream.
    Picoseconds touch(int cpu, Pfn page, bool ahead = false) {
        return at_hand(cpu, frames_[page]) ? 0 : move(cpu, page, ahead);
    }
    // The CPU frees a block, or takes it from the buddy lists.
    Picoseconds touch_freed(int cpu, Pfn page, int order) {
        Course& own = course(cpu);
        const Pfn last = std::exchange(own.freed, page);
        ++own.frees;
        if (at_hand(cpu, frames_[page])) return 0;
        const Picoseconds cost = move(cpu, page, in_order(last, page, order));
        own.from_memory += cost == own.memory;
        return cost;
    }
    Picoseconds touch_taken(int cpu, Pfn page, int order);
    // What a pass over the other frames of a block costs: in the CPU's cache, or behind a first
    // frame that was elsewhere.
    Picoseconds pass(int cpu, int order, bool from_afar) {
        const std::uint32_t tails = (1U << order) - 1;
        if (from_afar) cache_of(cpu).touched += tails;
        return tails * (from_afar ? stream_ : tail_);
    }
    // In memory or in another CPU's cache.
    bool is_elsewhere(int cpu, Pfn page) const {
        return frames_[page].line_owner != cpu || in_memory(page);
    }
    // A look at a struct page whose block is not free. Whoever holds it may touch it at any moment,
    // so its state is not asked: it is expected to be where the blocks that this CPU itself freed in
    // the last epoch were, in a cache or in memory.
    Picoseconds look_in_vain(int cpu) const { return courses_[static_cast<std::size_t>(cpu)].look; }
    // Nobody's line moves: set-up, before time starts.
    void settle(int cpu, Pfn page) { mark(cpu, page); }
    void end_epoch();

  private:
    // CPUs that share a last-level cache.
    struct Cache {
        std::uint64_t touched = 0;           // lines new to it in this epoch
        std::deque<std::uint64_t> epochs;    // and in those before, as far back as it remembers
        std::uint64_t remembered = 0;
        std::uint16_t age = 0;               // a line touched longer ago is in memory
    };
    // How a CPU goes through memory.
    struct Course {
        Pfn freed = kNoPage;  // last
        Pfn taken = kNoPage;  // last
        std::int64_t frees = 0;        // in this epoch
        std::int64_t from_memory = 0;  // of these, not fetched ahead
        Picoseconds look = 0;
        Picoseconds memory = 0;        // what a line from memory costs this CPU
    };
    // Whether the hardware has seen it coming: prefetchers follow strides of up to 2 KiB, that is 32
    // struct pages (Intel 64 and IA-32 Architectures Optimization Reference Manual).
    static bool in_order(Pfn last, Pfn page, int order) {
        constexpr int kLongestStride = 5;
        const Pfn stride = Pfn{1} << order;
        return order <= kLongestStride && (page - last == stride || last - page == stride);
    }
    // The CPU itself touched the line in this epoch, and nobody since.
    bool at_hand(int cpu, const PageFrame& frame) const {
        return frame.line_owner == cpu && frame.touched_in == epoch_;
    }
    Course& course(int cpu) { return courses_[static_cast<std::size_t>(cpu)]; }
    Picoseconds memory(int cpu) const { return courses_[static_cast<std::size_t>(cpu)].memory; }
    bool in_memory(Pfn page) const;
    Picoseconds move(int cpu, Pfn page, bool ahead);
    Cache& cache_of(int cpu) { return caches_[static_cast<std::size_t>(cache_[cpu])]; }
    const Cache& cache_of(int cpu) const { return caches_[static_cast<std::size_t>(cache_[cpu])]; }
    void mark(int cpu, Pfn page) {
        frames_[page].line_owner = static_cast<std::uint16_t>(cpu);
        frames_[page].touched_in = epoch_;
    }

    const Machine* machine_;
    std::span<PageFrame> frames_;
    std::vector<int> cache_;  // by CPU: which cache is its last-level one
    std::vector<Cache> caches_;
    std::vector<Course> courses_;  // by CPU
    std::uint64_t capacity_;  // lines
    Picoseconds stream_;
    Picoseconds tail_;
    std::uint16_t epoch_ = 0;
};

}  // namespace pcpbench
