// streams.hpp: the streams compiled into the core. What they are modelled on: docs/workloads.md.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "machine/remainder.hpp"
#include "simulation/stream.hpp"

namespace pcpbench {

// Walks a working set in a cycle (each touch of a page that was reclaimed is a fault), between
// short-lived allocations. Calm and burst phases differ in how many calls are faults.
class MemoryPressureStream final : public Stream {
  public:
    MemoryPressureStream(const StreamParameters& parameters, std::uint64_t seed, int cpu);
    void draw(std::span<Op> ops) override;
    bool next_prefill(Op& op) override;
    bool oldest(std::uint32_t& slot) override;
    bool anything_to_reclaim() const override;

  private:
    std::uint64_t key_;
    std::uint64_t number_ = 0;
    std::uint32_t set_slots_;
    std::uint32_t churn_slots_;
    std::uint64_t calm_ops_;
    std::uint64_t burst_ops_;
    std::uint64_t calls_;  // after which the task rests; 0: it never does
    std::uint32_t calm_faults_;
    std::uint32_t burst_faults_;
    Picoseconds think_;
    std::uint32_t touch_ = 0;
    std::uint32_t victim_ = 0;
    std::uint64_t phase_;  // operations since the last calm phase began
    struct ChurnBlock {
        std::uint8_t order;
        std::uint8_t type;
        bool held;
    };
    std::vector<ChurnBlock> churn_;
    Remainder within_churn_;
};

// A polling loop that replaces its pages once a period: it frees them and touches them anew.
class IsolatedLoopStream final : public Stream {
  public:
    IsolatedLoopStream(const StreamParameters& parameters, std::uint64_t seed, int cpu);
    void draw(std::span<Op> ops) override {
        for (Op& op : ops) op = next();
    }

  private:
    Op next();
    std::uint32_t pages_;
    Picoseconds period_;
    Picoseconds call_gap_;
    Picoseconds first_gap_;
    std::uint32_t step_ = 0;
};

// Takes all its blocks, then frees them, in order or shuffled; so many rounds, or without end.
class BulkStream final : public Stream {
  public:
    BulkStream(const StreamParameters& parameters, std::uint64_t seed, int cpu);
    void draw(std::span<Op> ops) override {
        for (Op& op : ops) op = next();
    }

  private:
    Op next();
    void shuffle();

    std::uint64_t key_;
    std::uint64_t draws_ = 0;
    std::uint32_t blocks_;
    std::uint8_t order_;
    bool shuffled_;
    Picoseconds gap_;
    std::uint64_t rounds_;  // 0: without end
    std::uint64_t round_ = 0;
    std::uint32_t at_ = 0;
    bool freeing_ = false;
    std::vector<std::uint32_t> turns_;  // shuffled: slots in the order of their frees
};

// One block taken and given back, again and again: the fast path and nothing else.
class RepeatStream final : public Stream {
  public:
    RepeatStream(const StreamParameters& parameters, std::uint64_t seed, int cpu);
    void draw(std::span<Op> ops) override;

  private:
    std::uint64_t key_;
    std::uint64_t number_ = 0;
    std::uint8_t order_;
    Picoseconds think_;
    Remainder within_think_;
};

// A table of operations, repeated until the cell ends.
struct OpTable {
    std::vector<std::uint8_t> kind;
    std::vector<std::uint8_t> order;
    std::vector<std::uint8_t> type;
    std::vector<std::uint32_t> slot;
    std::vector<std::uint32_t> gap_ns;
    std::size_t start = 0;
    std::vector<std::array<std::uint32_t, 3>> preload;  // slot, order, type
};

class TableStream final : public Stream {
  public:
    TableStream(OpTable table, std::shared_ptr<Slots> slots);
    void draw(std::span<Op> ops) override;
    bool next_prefill(Op& op) override;

  private:
    std::vector<Op> ops_;
    std::vector<std::array<std::uint32_t, 3>> preload_;
    std::size_t at_;
    std::size_t preloaded_ = 0;
};

}  // namespace pcpbench
