// list_loop.hpp: what a list access costs in running code, with and without its extras.
#pragma once

#include <cstdint>
#include <memory>

namespace pcpbench::calibrate {

enum class ListVariant {
    bare,       // the lists stand in the structure itself
    indirect,   // one more dependent load: the lists are found through a pointer (October 2021 RFC)
    try_locked  // a lock that is free is tried and released around each access
};

// Lists of pages as v5.15 keeps them for a CPU: a pop takes the head, a push puts one there.
class ListLoop {
  public:
    // `placement`: which of the lines of a page the data begins at; where data lies relative to the
    // stack and to itself can matter as well.
    explicit ListLoop(int placement);
    ~ListLoop();

    // The loop exists several times, at different places relative to the lines of the instruction
    // cache: where code lies can matter as much as what it does.
    static constexpr int kLayouts = 12;

    // ns for a pop and a push, on a CPU. `serialised`: each begins when all before has its result,
    // so that nothing is overlapped; else the processor overlaps what it can.
    double ns_per_pair(int cpu, ListVariant variant, bool serialised, int layout,
                       std::uint64_t pairs);

  private:
    struct State;
    std::unique_ptr<unsigned char[]> memory_;
    State* state_;
};

}  // namespace pcpbench::calibrate
