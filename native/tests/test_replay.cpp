// Snapshots and replays of a machine small enough to follow by hand: one CPU, one zone of 1024 pages.
#include <string>

#include "replay/replayer.hpp"
#include "tests/check.hpp"

using namespace pcpbench;

namespace {

const std::string kSnapshot =
    "H pcpsnap=1 release=5.10.0 cpus=1 nodes=1 pageblock_order=9 norders=11 npcplists=3 "
    "migratetypes=5\n"
    "D nid=0 kswapd_sleeps=1 zonelist=0:0\n"
    "Z nid=0 idx=0 name=DMA start_pfn=400 spanned=1024 managed=1024 wmin=10 wlow=12 whigh=14 "
    "boost=0 flags=0 drift_mark=0 free=1024 lowmem_reserve=0,0,0,0,0\n"
    "F nid=0 idx=0 order=10 mt=1 : 400\n"
    "N nid=0 idx=0 order=10 nr_free=1\n"
    "P nid=0 idx=0 cpu=0 online=1 count=0 high=12 batch=2 free_diff=0 stat_threshold=2\n"
    "B nid=0 idx=0 start_pfn=400 : 11\n"
    "E truncated=0\n";

// A refill of two pages, of which the first is handed out.
const std::string kTrace =
    "# entries-in-buffer/entries-written: 3/3   #P:1\n"
    "     t-1     [000] d...  10: mm_page_alloc_zone_locked: page=0 pfn=1024 order=0 migratetype=1 "
    "percpu_refill=1\n"
    "     t-1     [000] d...  11: mm_page_alloc_zone_locked: page=0 pfn=1025 order=0 migratetype=1 "
    "percpu_refill=1\n"
    "     t-1     [000] ....  12: mm_page_alloc: page=0 pfn=1024 order=0 migratetype=1 "
    "gfp_flags=GFP_NOIO|__GFP_DMA|__GFP_MOVABLE\n";

KernelPolicy v5_10() {
    KernelPolicy policy;
    policy.costly_order = 0;
    policy.thp_order = -1;
    policy.thp_lists = ThpLists::none;
    policy.refill = Refill::batch;
    policy.free_scaling = FreeScaling::none;
    policy.reclaim_active_batches = 0;
    return policy;
}

Snapshot small_machine() {
    Snapshot snapshot;
    CHECK_EQ(read_snapshot(kSnapshot, snapshot).what, std::string{});
    return snapshot;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    CHECK(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

SnapshotError error_of(const std::string& text) {
    Snapshot snapshot;
    return read_snapshot(text, snapshot);
}

}  // namespace

TEST(a_snapshot_gives_lists_counters_and_types) {
    const Snapshot snapshot = small_machine();
    CHECK_EQ(snapshot.cpus, 1);
    CHECK_EQ(snapshot.zones.size(), std::size_t{1});
    CHECK_EQ(snapshot.zones[0].free_lists[0].blocks[0].pfn, std::uint64_t{0x400});
    CHECK_EQ(snapshot.zones[0].pcps[0].high, 12);
    CHECK_EQ(snapshot.zones[0].block_types, std::string("11"));
}

TEST(a_snapshot_that_contradicts_itself_is_refused_with_its_line) {
    CHECK_EQ(error_of("").line, 1U);
    CHECK_EQ(error_of(replaced(kSnapshot, "nr_free=1", "nr_free=2")).line, 8U);
    CHECK_EQ(error_of(replaced(kSnapshot, "mt=1 : 400", "mt=1 : 800")).line, 8U);
    CHECK_EQ(error_of(replaced(kSnapshot, "count=0", "count=1")).line, 8U);
    CHECK_EQ(error_of(replaced(kSnapshot, "cpus=1", "cpus=x")).line, 1U);
    CHECK_EQ(error_of(replaced(kSnapshot, "cpu=0", "cpu=7")).line, 6U);
    CHECK_EQ(error_of(replaced(kSnapshot, ": 11", ": 19")).line, 7U);
    CHECK_EQ(error_of(replaced(kSnapshot, "truncated=0", "truncated=1")).line, 8U);
    CHECK_EQ(error_of(replaced(kSnapshot, "E truncated=0\n", "")).line, 7U);
}

TEST(a_refill_is_predicted_from_the_call_and_the_place_of_its_lines) {
    const Snapshot before = small_machine();
    for (const Inputs inputs : {Inputs::calls, Inputs::order, Inputs::facts}) {
        Replayer replay(v5_10(), before, inputs, false);
        CHECK(replay.feed(kTrace));
        CHECK(replay.finish(nullptr));
        CHECK_EQ(replay.score().alloc_pfn.exact, 1U);
        CHECK_EQ(replay.score().refill_pfn.exact, 2U);
        CHECK_EQ(replay.score().refill_size.exact, 1U);
        CHECK_EQ(replay.score().first.line, 0U);
    }
}

TEST(an_answer_that_was_changed_is_one_miss_and_its_line_is_named) {
    const Snapshot before = small_machine();
    Replayer replay(v5_10(), before, Inputs::order, false);
    CHECK(replay.feed(replaced(kTrace, "mm_page_alloc: page=0 pfn=1024",
                               "mm_page_alloc: page=0 pfn=1030")));
    CHECK(replay.finish(nullptr));
    CHECK_EQ(replay.score().alloc_pfn.exact, 0U);
    CHECK_EQ(replay.score().alloc_pfn.total, 1U);
    CHECK_EQ(replay.score().refill_pfn.exact, 2U);
    CHECK_EQ(replay.score().first.line, 4U);
    CHECK_EQ(replay.score().first.predicted, std::string("pfn 1024"));
}

TEST(what_no_allocation_can_ask_for_is_not_a_line_of_a_recording) {
    const Snapshot before = small_machine();
    for (const char* answer : {"order=0 migratetype=3", "order=-0 migratetype=1"}) {
        Replayer replay(v5_10(), before, Inputs::calls, false);
        CHECK(!replay.feed(replaced(kTrace, "pfn=1024 order=0 migratetype=1 gfp",
                                    std::string("pfn=1024 ") + answer + " gfp")));
        CHECK_EQ(replay.fault().line, 4U);
    }
}

TEST(the_end_is_compared_list_by_list) {
    const Snapshot before = small_machine();
    Replayer replay(v5_10(), before, Inputs::order, false);
    CHECK(replay.feed(kTrace));
    CHECK(replay.finish(&before));  // the first snapshot is not how it ends
    CHECK(replay.score().final_free_pages.exact < replay.score().final_free_pages.total);
    CHECK_EQ(replay.score().final_pcp_pages.total, 1U);
    CHECK(!replay.differences().empty());
}

TEST(text_may_come_in_pieces_of_any_size) {
    const Snapshot before = small_machine();
    for (std::size_t piece = 1; piece < 50; piece += 7) {
        Replayer replay(v5_10(), before, Inputs::order, false);
        for (std::size_t at = 0; at < kTrace.size(); at += piece) {
            CHECK(replay.feed(std::string_view(kTrace).substr(at, piece)));
        }
        CHECK(replay.finish(nullptr));
        CHECK_EQ(replay.score().alloc_pfn.exact, 1U);
    }
}

TEST(a_broken_recording_is_refused_with_its_line) {
    const Snapshot before = small_machine();
    const auto fault = [&](const std::string& text) {
        Replayer replay(v5_10(), before, Inputs::order, false);
        replay.feed(text);
        replay.finish(nullptr);
        return replay.fault().line;
    };
    CHECK_EQ(fault(""), 1U);
    CHECK_EQ(fault("junk\n"), 1U);
    CHECK_EQ(fault(kTrace.substr(0, kTrace.size() - 5)), 4U);
    CHECK_EQ(fault(replaced(kTrace, "3/3", "3/4")), 1U);
    CHECK_EQ(fault(kTrace + "CPU:0 [LOST 7 EVENTS]\n"), 5U);
    CHECK_EQ(fault(replaced(kTrace, "  11:", "  9:")), 3U);
    CHECK_EQ(fault(replaced(kTrace, "[000] d...  11", "[003] d...  11")), 3U);
    CHECK_EQ(fault(replaced(kTrace, "pfn=1025", "pfn=4096")), 3U);
    CHECK_EQ(fault(replaced(kTrace, "pfn=1025 order=0", "pfn=1025 order=12")), 3U);
}

TEST(a_replay_that_resynchronises_keeps_its_lists_whole) {
    const Snapshot before = small_machine();
    Replayer exact(v5_10(), before, Inputs::order, true);
    CHECK(exact.feed(kTrace));
    CHECK(exact.finish(nullptr));
    CHECK_EQ(exact.score().resyncs, 0U);
    CHECK_EQ(exact.score().refill_size.exact, 1U);
    CHECK_EQ(exact.check(), std::string{});

    // The recording took other pages than those at the heads.
    Replayer wrong(v5_10(), before, Inputs::order, true);
    CHECK(wrong.feed(replaced(replaced(replaced(kTrace, "pfn=1024", "pfn=1300"), "pfn=1025", "pfn=1027"),
                              "pfn=1024", "pfn=1300")));
    CHECK(wrong.finish(nullptr));
    CHECK_EQ(wrong.score().alloc_pfn.exact, 0U);
    CHECK_EQ(wrong.score().resync_causes.at("block taken"), 2U);
    CHECK_EQ(wrong.check(), std::string{});
}

TEST(a_block_of_a_list_that_nobody_asks_for_is_followed_without_its_call) {
    for (const char* type : {"3", "4"}) {  // HIGHATOMIC, isolated
        Replayer replay(v5_10(), small_machine(), Inputs::order, true);
        CHECK(replay.feed(std::string("# entries-in-buffer/entries-written: 1/1   #P:1\n"
                                      "     t-1     [000] d...  10: mm_page_alloc_zone_locked: "
                                      "page=0 pfn=1024 order=0 migratetype=") +
                          type + " percpu_refill=1\n"));
        CHECK(replay.finish(nullptr));
        CHECK_EQ(replay.score().resync_causes.at("blocks taken without a call"), 1U);
        CHECK_EQ(replay.check(), std::string{});
    }
}

TEST(kswapd_runs_for_the_zones_up_to_the_one_it_was_woken_for) {
    KernelPolicy policy = v5_10();
    policy.reclaim_active_batches = 4;
    const std::string text = replaced(replaced(kSnapshot, "Z nid=0 idx=0", "Z nid=0 idx=1"),
                                      "zonelist=0:0", "zonelist=0:1");
    std::string moved = text;
    for (const std::string record : {"F nid=0 idx=0", "N nid=0 idx=0", "P nid=0 idx=0", "B nid=0 idx=0"}) {
        moved = replaced(moved, record, record.substr(0, 8) + "idx=1");
    }
    Snapshot before;
    CHECK_EQ(read_snapshot(moved, before).what, std::string{});
    const auto flag_differs = [&](const std::string& highest) {
        Replayer replay(policy, before, Inputs::facts, false);
        CHECK(replay.feed("     t-1     [000] d...  10: kp_pre: K balance_pgdat nid=0 order=0 hz=" + highest + "\n"));
        CHECK(replay.finish(&before));
        return replay.score().final_counters.exact != replay.score().final_counters.total;
    };
    CHECK(!flag_differs("0"));  // DMA only: this zone's flag stays clear
    CHECK(flag_differs("1"));
}
