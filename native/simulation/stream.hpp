// stream.hpp: the operations of one CPU's workload, and the slots that name the blocks it holds.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "allocator/page_frame.hpp"
#include "machine/costs.hpp"

namespace pcpbench {

// `drain` asks for all zones, `drain_zone` for one; `lists_off` and `lists_on` are zone_pcp_disable
// and zone_pcp_enable; `lru_drain` is lru_add_drain_all, `lru_drain_forced` what lru_cache_disable
// does on v5.15 (every CPU, whether it holds entries or not); `cpu_off` empties the CPU's lists and lets it rest until its next operation.
enum class OpKind : std::uint8_t {
    alloc, free, drain, pause, drain_zone, lists_off, lists_on, cpu_off, lru_drain, lru_drain_forced
};
inline constexpr int kOpKinds = 10;

struct Op {
    OpKind kind = OpKind::pause;
    std::uint8_t order = 0;
    std::uint8_t type = kMovable;
    std::uint32_t slot = 0;
    Picoseconds gap = 0;  // user time before the operation
};

// Which block each slot holds; streams that free each other's blocks share one.
using Slots = std::vector<Pfn>;

class Stream {
  public:
    explicit Stream(std::shared_ptr<Slots> slots) : slots_(std::move(slots)) {}
    virtual ~Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // The next operations; they depend on nothing but the stream itself, so that no strategy can
    // shift another's workload.
    virtual void draw(std::span<Op> ops) = 0;
    // A slot to fill before time starts, for workloads that begin with memory in use.
    virtual bool next_prefill(Op&) { return false; }
    // The slot of the page that reclaim takes next; false if there is none.
    virtual bool oldest(std::uint32_t&) { return false; }
    virtual bool anything_to_reclaim() const { return false; }

    Slots& slots() { return *slots_; }
    const Slots& slots() const { return *slots_; }

  private:
    std::shared_ptr<Slots> slots_;
};

using StreamParameters = std::map<std::string, std::int64_t>;

// Makes a generator of the core. Throws std::invalid_argument naming an unknown kind, or a
// parameter that is missing, unknown or out of range.
std::unique_ptr<Stream> make_stream(const std::string& kind, const StreamParameters& parameters,
                                    std::uint64_t seed, int cpu);

}  // namespace pcpbench
