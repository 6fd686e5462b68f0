// learner.hpp: predicts a recording that has no snapshot: the per-CPU lists are learnt from its
// events, and only what these determine is scored.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "allocator/kernel_policy.hpp"
#include "allocator/pcp_lists.hpp"
#include "allocator/zone.hpp"
#include "replay/learned_lists.hpp"
#include "replay/score.hpp"
#include "trace/recording_lines.hpp"

namespace pcpbench {

// A zone as /proc/zoneinfo tells: pages [start, end). `batch` 0: not known.
struct LearnedZone {
    int node = 0;
    std::string name;
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    int batch = 0;
    int high_min = 0;
    int high_max = 0;
};

class Learner {
  public:
    // `cpus`: numbers of CPUs that there can be.
    Learner(const KernelPolicy& policy, std::vector<LearnedZone> zones, int cpus);
    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;

    // Reads on; a line may be split over chunks. False after a fault.
    bool feed(std::string_view chunk);
    // After the last chunk.
    bool finish();

    const Score& score() const { return score_; }
    const RecordingFault& fault() const { return lines_.fault(); }
    std::uint64_t lines() const { return lines_.lines(); }
    const LearnedLists& lists() const { return lists_; }

  private:
    // What a task, or a CPU's interrupt, took from a zone since its last answer.
    struct Taker {
        std::vector<RecordedPfn> taken;
        int order = 0;
        int type = 0;
        int zone = -1;
        std::uint16_t cpu = 0;
        bool compacted = false;      // it may have captured a page
    };
    // A prediction that failed. `excuse`: what the recording hides, which explains it; `proven`: one
    // of the pages that were thought to have left a list without an event was still on it.
    struct Miss {
        Divergence what;
        Tally* tally = nullptr;
        const char* excuse = nullptr;
        bool proven = false;
    };

    void take(const ReplayLine& line);
    void process_front();
    void process(const ReplayLine& line);
    void on_taken(const ReplayLine& line);
    void on_alloc(const ReplayLine& line);
    void answer_from_zone(Taker& taker, const ReplayLine& line);
    void answer_from_list(Taker& taker, const ReplayLine& line, ListOwner owner);
    void settle_refill(Taker& taker);
    void on_free(const ReplayLine& line);
    void on_drained(const ReplayLine& line);

    void exclude(Tally& tally, const char* reason, std::uint64_t count = 1);
    void miss(const ReplayLine& line, Tally& tally, const char* cause, std::string predicted,
              const std::vector<RecordedPfn>& vanished);
    void excuse(RecordedPfn page, const char* reason);
    void prove(RecordedPfn page);
    void given(const char* kind, std::uint64_t count = 1) { score_.inputs_used[kind] += count; }

    int zone_of(RecordedPfn page) const;
    int block_type(RecordedPfn page) const;
    void learn_type(RecordedPfn page, int type);
    // Blocks that a refill asks for; 0 where that is not known.
    int refill_blocks(ListOwner owner, int order);
    Taker& taker(const ReplayLine& line);
    // Upper bound of alloc_factor of a CPU's lists.
    int& factor_bound(ListOwner owner);

    KernelPolicy policy_;
    std::vector<LearnedZone> zones_;
    int cpus_;
    Zone rules_zone_;   // empty; carries the policy for the rules of PcpLists
    RecordingLines lines_;
    LearnedLists lists_;
    Score score_;
    std::deque<ReplayLine> window_;
    std::uint32_t front_ = 1;           // serial of the window's first line
    std::unordered_map<RecordedPfn, std::uint32_t> last_free_;  // serial, within the window
    std::unordered_map<std::uint32_t, Taker> takers_;
    std::vector<int> factor_bounds_;
    std::vector<bool> draining_;        // by CPU: its last event was a drained page
    std::unordered_map<std::uint64_t, std::uint8_t> block_types_;  // by number of pageblock
    std::deque<Miss> misses_;
    std::unordered_map<RecordedPfn, std::size_t> vanished_;  // page -> miss
    std::array<std::uint64_t, kLineKinds> seen_{};
};

}  // namespace pcpbench
