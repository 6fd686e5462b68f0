// replayer.hpp: predicts a recording: runs the allocator from a snapshot on the recorded calls, in
// the order of lock holds that the recording shows, and scores what it predicts.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "replay/context.hpp"
#include "replay/memory.hpp"
#include "replay/score.hpp"
#include "trace/recording_lines.hpp"

namespace pcpbench {

class Replayer {
  public:
    Replayer(const KernelPolicy& policy, const Snapshot& before, Inputs inputs, bool resync);
    Replayer(const Replayer&) = delete;
    Replayer& operator=(const Replayer&) = delete;

    // Reads on; a line may be split over chunks. False after a fault.
    bool feed(std::string_view chunk);
    // After the last chunk: runs what is left and compares with the snapshot after.
    bool finish(const Snapshot* after);

    const Score& score() const { return score_; }
    // The first contradiction among the model's lists and counters, empty without one. O(pages).
    std::string check() const;
    const RecordingFault& fault() const { return lines_.fault(); }
    std::uint64_t lines() const { return lines_.lines(); }
    // Lists that differ at the end, in words; at most 50.
    const std::vector<std::string>& differences() const { return differences_; }

  private:
    // Reading: a window of lines is kept so that a call is known where its outcomes stand.
    void take(ReplayLine& line);
    void gather_counts();
    void enter(ReplayLine& line);
    void process_front();
    const ReplayLine* later(std::uint32_t serial) const;
    CpuContext& context(const ReplayLine& line);

    void process(const ReplayLine& line);
    void process_call(CpuContext& ctx, const ReplayLine& line);
    void process_system(CpuContext& ctx, const ReplayLine& line);

    // Allocating.
    void begin_attempt(CpuContext& ctx, const ReplayLine& line);
    void attempt_from_call(CpuContext& ctx, const ReplayLine& line);
    void on_dirty_verdict(CpuContext& ctx, const ReplayLine& line);
    void settle_zone(CpuContext& ctx, ReplayZone* recorded, int cpu);
    void settle_pop(CpuContext& ctx, int cpu);
    void on_pop(CpuContext& ctx, const ReplayLine& line);
    void on_taken(CpuContext& ctx, const ReplayLine& line);
    void on_alloc(CpuContext& ctx, const ReplayLine& line);
    void keep_highatomic(const Attempt& attempt, int cpu);
    void on_bulk_alloc(CpuContext& ctx, const ReplayLine& line);
    PcpLists* bulk_list(CpuContext& ctx, int cpu);
    void bulk_pops(CpuContext& ctx, int cpu, int refills);
    void on_bulk_end(CpuContext& ctx, const ReplayLine& line);
    void on_bulk_pages(CpuContext& ctx, const ReplayLine& line);
    void take(CpuContext& ctx, int cpu, bool trylock_failed);
    void look_at_boost(const Attempt& attempt, ReplayZone& zone);
    Place rmqueue(CpuContext& ctx, ReplayZone& zone, int cpu, bool trylock_failed);
    Place take_from_pcp(CpuContext& ctx, ReplayZone& zone, int cpu);
    Place take_from_buddy(CpuContext& ctx, ReplayZone& zone, int cpu);
    bool next_sweep(Attempt& attempt);
    void test_zones(Attempt& attempt);
    bool zone_passes(const Attempt& attempt, ReplayZone& zone);
    void count_refill(CpuContext& ctx, const ReplayLine& line);
    void answer(const ReplayLine& line, const Attempt& attempt, std::uint64_t recorded);

    // Freeing.
    void on_free(CpuContext& ctx, const ReplayLine& line);
    void merge_run(CpuContext& ctx, std::size_t at);
    void on_push(CpuContext& ctx, const ReplayLine& line);
    void on_free_inner(CpuContext& ctx, const ReplayLine& line);
    void on_contig_free(CpuContext& ctx, const ReplayLine& line);
    std::size_t find_pending(CpuContext& ctx, std::uint64_t recorded_pfn) const;
    PendingFree take_pending(CpuContext& ctx, std::size_t at);
    void push_to_pcp(CpuContext& ctx, const PendingFree& pending, int cpu);
    void settle_type(PendingFree& pending, const ReplayLine& line);
    void free_direct(CpuContext& ctx, const ReplayLine& line);
    static bool would_flush(ReplayZone& zone, PcpLists& pcp, int order, bool reclaim, bool below);
    void learn_flags(CpuContext& ctx, ReplayZone& zone, PcpLists& pcp, int order);
    bool flush_follows(CpuContext& ctx) const;
    void free_to_buddy(CpuContext& ctx, const PendingFree& pending, int cpu);

    // Flushes and drains.
    void on_drained(CpuContext& ctx, const ReplayLine& line);
    int chunk_batches(const ListWork& work) const;
    void start_hold(CpuContext& ctx, int cpu);
    void run_hold(CpuContext& ctx, ListWork& work, std::uint32_t pages, int cpu);
    void end_works(CpuContext& ctx, const ReplayLine& line);
    void add_drain(CpuContext& ctx, int owner, int node, int zone_index);
    void on_drain_all(CpuContext& ctx, const ReplayLine& line);
    void on_drain_work(CpuContext& ctx, const ReplayLine& line);
    void on_drain_local(CpuContext& ctx, const ReplayLine& line);
    void add_expiry(CpuContext& ctx, ReplayZone& zone, int cpu);
    void on_flush(CpuContext& ctx, const ReplayLine& line);
    void on_drain_cpu_zone(CpuContext& ctx, const ReplayLine& line);
    void on_refresh(CpuContext& ctx, const ReplayLine& line);
    void on_decay(CpuContext& ctx, const ReplayLine& line);
    void decay(CpuContext& ctx, ReplayZone& zone, int cpu);
    void pop_before_drain(int owner);

    // Compaction, reclaim, isolation.
    void on_compaction(CpuContext& ctx, const ReplayLine& line);
    void on_heads(CpuContext& ctx, const ReplayLine& line);
    void on_isolate_free(CpuContext& ctx, const ReplayLine& line);
    void on_move_list_tail(const ReplayLine& line);
    // The capture slot of a task in direct compaction, nullptr without one.
    CpuContext& capturer(CpuContext& ctx);
    CaptureSlot* slot_of(CpuContext& ctx, const ReplayZone& zone);
    void note_capture(CpuContext& ctx, ReplayZone& zone);
    // After a divergence a page may be free in the model already: freeing it again would break lists.
    bool may_free(const Place& place, int order) const;
    bool rotate_to_head(ReplayZone& zone, int order, Pfn page);
    void rotate_to_tail(ReplayZone& zone, int order, Pfn page);
    void retype(Place block, int type);
    void on_set_block_type(CpuContext& ctx, const ReplayLine& line);
    void on_move_blocks(CpuContext& ctx, const ReplayLine& line);
    Pfn large_buddy(const Zone& zone, Pfn page) const;
    void on_isolate_block(CpuContext& ctx, const ReplayLine& line);
    void on_put_back(CpuContext& ctx, const ReplayLine& line);
    void on_offline(CpuContext& ctx, const ReplayLine& line);
    void on_boot_free(CpuContext& ctx, const ReplayLine& line);
    void update_marks();
    void on_pcp_switch(CpuContext& ctx, const ReplayLine& line);
    void on_kswapd(const ReplayLine& line);
    void on_unreserve(CpuContext& ctx, const ReplayLine& line);
    // Types that changed at once, not by a claim that others see late.
    void show_block_types(ReplayZone& zone);

    // Comparing.
    ZoneWork work_for(CpuContext& ctx, ReplayZone& zone);
    void gather_claims(CpuContext& ctx, const ReplayLine& line);
    void expect(CpuContext& ctx, ReplayZone& zone, int cpu);
    void apply(CpuContext& ctx, const Expected& expected);
    void on_refill(CpuContext& ctx, const ReplayLine& line);
    void run_all_works(CpuContext& ctx, int cpu);
    void settle(CpuContext& ctx);
    bool compare(CpuContext& ctx, const ReplayLine& line);
    // Scores a line against what was expected there; whether the page is right.
    bool match(CpuContext& ctx, const ReplayLine& line, const Expected& expected);
    // The same for the next event expected; applies what precedes it and, if it is right, follows it.
    bool confirm(CpuContext& ctx, const ReplayLine& line);
    static ZoneEvent::Kind next_visible(const CpuContext& ctx);
    void apply_until_claim(CpuContext& ctx);
    void drop_expected(CpuContext& ctx);
    void diverge(const ReplayLine& line, const char* event, const std::string& recorded,
                 const std::string& predicted);
    void learn(const char* kind) {
        if (inputs_ == Inputs::facts) {
            given(kind);
        } else {
            resync(kind);
        }
    }
    // `kind`: a literal; counted by its address, gathered by its words at the end.
    void given(const char* kind, std::int64_t times = 1) {
        for (auto& [known, count] : given_) {
            if (known == kind) {
                count += times;
                return;
            }
        }
        given_.emplace_back(kind, times);
    }

    // Going on after a divergence: following the recording hold by hold.
    void resync(const char* cause);
    TakeRequest request_of(const Attempt& attempt, int cpu) const;
    bool would_serve(ReplayZone& at, TakeRequest request);
    void reach_zone(CpuContext& ctx, ReplayZone* recorded, int cpu);
    void settle_marks(Attempt attempt, ReplayZone& recorded);
    void open_take(CpuContext& ctx, const ReplayLine& line);
    void open_bulk_take(CpuContext& ctx, const ReplayLine& line);
    void predict_block(CpuContext& ctx);
    void keep_block(CpuContext& ctx, Pfn page);
    void drop_block(CpuContext& ctx);
    void follow_taken(CpuContext& ctx, const ReplayLine& line);
    const ReplayLine* fallback_of(const ReplayLine& line) const;
    void claim_block(Followed& hold, Pfn page, int type);
    void force_taken(CpuContext& ctx, const ReplayLine& line);
    void force_steal(Followed& hold, const ReplayLine& line, Pfn page);
    void close_take(CpuContext& ctx, const ReplayLine& line);
    void close_hold(CpuContext& ctx, const ReplayLine& line);
    Place pop_listed(CpuContext& ctx, int cpu);
    void open_flush(CpuContext& ctx, const ListWork& work, std::uint32_t pages);
    int owner_of(const Place& place) const;
    void next_flush(CpuContext& ctx, const ReplayLine& line, const Place& recorded);
    void follow_drained(CpuContext& ctx, const ReplayLine& line);
    void close_flush(CpuContext& ctx, const ReplayLine& line);
    void settle_high(PcpLists& pcp, int above);
    void follow_bulk(CpuContext& ctx, const ReplayLine& line, std::string_view pfns);
    void end_flush(CpuContext& ctx);
    void skip_flush(CpuContext& ctx, const ReplayLine& line);
    void follow_free(CpuContext& ctx, PendingFree& pending, const ReplayLine& line);
    // Lists changed to what the recording implies.
    void unlist(ReplayZone& at, Pfn page);
    FreeList* shared_list(ReplayZone& at, Pfn a, Pfn b);
    void pass_over(ReplayZone& at, Pfn wrong, Pfn right, bool from_head);
    void unfree(ReplayZone& at, Pfn page, int cpu);
    Pfn covering_block(const Zone& zone, Pfn page, int order) const;
    bool take_out(const Place& place, int order, int rest_type, int cpu);
    bool take_off_larger(ReplayZone& at, Pfn page, int order);
    void put_back(const Place& page, int cpu, int order, int type);
    void empty_list(ReplayZone& at, int cpu, int order, int type);
    void empty_if_listed(ReplayZone& zone, int cpu, int order, int type);
    void clear_the_way(Followed& hold, const ReplayLine& line, Pfn page);

    // Handles.
    Place handle(std::uint64_t recorded_pfn) const;
    void remember(std::uint64_t recorded_pfn, Place page, int order);

    void compare_final(const Snapshot& after);
    void differ(std::string what);

    KernelPolicy policy_;
    ReplayMemory memory_;
    Inputs inputs_;
    bool resync_;
    Score score_;
    RecordingLines lines_;
    struct Held {
        ReplayLine line;
        std::string text;
    };
    std::deque<Held> window_;
    std::uint32_t front_serial_ = 1;
    const ReplayLine* now_ = nullptr;  // the line in process
    std::unordered_map<std::uint32_t, CpuContext> contexts_;
    std::vector<std::uint32_t> handles_;  // by recorded pfn: predicted pfn + 1, 0 = the same
    std::uint32_t claims_ahead_ = 0;  // claim lines in the window
    int drain_zone_ = -1;  // what drain_all_pages asked the CPUs for, through 5.19
    int drain_node_ = 0;
    bool stale_marks_ = false;  // memory came or went, the watermarks have not followed
    std::vector<ZoneEvent> events_;
    std::vector<Pfn> collected_;
    ZoneJournal journal_;  // of the block that is predicted (--resync)
    std::vector<std::string> differences_;
    std::unordered_map<std::uint32_t, std::uint32_t> first_outcome_;  // by context: serial
    std::vector<std::uint32_t> last_free_;  // by pfn: serial of its last free, 0 = none
    std::vector<std::pair<const char*, std::int64_t>> given_;
    std::array<std::uint64_t, kLineKinds> seen_{};  // lines by kind
    struct Recent {
        std::uint32_t key = 0;
        CpuContext* context = nullptr;
    };
    std::vector<Recent> recent_;  // by CPU: the context of its last line
};

}  // namespace pcpbench
