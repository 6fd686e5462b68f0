// The allocator as function: known small cases worked out by hand, and conservation over random runs.
#include <cstring>
#include <random>

#include "allocator/invariants.hpp"
#include "tests/check.hpp"

using namespace pcpbench;

namespace {

Zone small_zone(std::uint32_t pages = 4096, Watermarks marks = {64, 80, 96}) {
    return Zone(KernelPolicy{}, pages, 2, marks);
}

}  // namespace

// The system's zeroed memory is taken for new frames, so what is none must be all zero bytes.
TEST(a_new_frame_is_on_no_list_and_touched_by_no_cpu) {
    FrameArray frames(3);
    CHECK_EQ(frames.size(), 3U);
    for (const PageFrame& frame : frames) {
        CHECK(frame.next == kNoPage);
        CHECK(frame.prev == kNoPage);
        CHECK(frame.line_owner == kNoCpu);
        CHECK(frame.state == PageState::tail);
        const PageFrame initial{};
        CHECK_EQ(std::memcmp(&frame, &initial, sizeof(PageFrame)), 0);
    }
}

TEST(a_link_tells_the_first_and_the_last_number_from_none) {
    for (const Pfn page : {Pfn{0}, Pfn{1}, kNoPage - 1, kNoPage}) {
        CHECK_EQ(Pfn{ZeroForNone<Pfn>{page}}, page);
    }
    for (const std::uint16_t cpu : {std::uint16_t{0}, std::uint16_t{511}, kNoCpu}) {
        CHECK_EQ(std::uint16_t{ZeroForNone<std::uint16_t>{cpu}}, cpu);
    }
}

TEST(split_returns_ascending_pages_and_puts_upper_halves_at_the_head) {
    Zone zone = small_zone(1024);
    ZoneWork work;
    CHECK_EQ(zone.take(0, kMovable, work), 0U);
    CHECK_EQ(work.splits, 10U);
    CHECK_EQ(zone.area(0).lists[kMovable].head, 1U);
    CHECK_EQ(zone.area(2).lists[kMovable].head, 4U);
    CHECK_EQ(zone.take(0, kMovable, work), 1U);
    CHECK_EQ(zone.take(0, kMovable, work), 2U);
}

TEST(freeing_everything_merges_to_the_largest_blocks) {
    Zone zone = small_zone(2048);
    ZoneWork work;
    std::vector<Pfn> pages;
    for (int i = 0; i < 2048; ++i) {
        const Pfn page = zone.take(0, kMovable, work);
        zone.mark_in_use(page, 0, kMovable);
        zone.account(0, -1);
        pages.push_back(page);
    }
    CHECK_EQ(zone.take(0, kMovable, work), kNoPage);
    std::shuffle(pages.begin(), pages.end(), std::mt19937(7));
    for (const Pfn page : pages) zone.give(page, 0, kMovable, 1, work);
    CHECK_EQ(zone.area(10).nr_free, 2U);
    CHECK_EQ(zone.check_buddy(), std::string{});
}

TEST(block_whose_parent_could_merge_goes_to_the_tail) {
    Zone zone = small_zone(1024);
    ZoneWork work;
    for (int i = 0; i < 10; ++i) zone.mark_in_use(zone.take(0, kMovable, work), 0, kMovable);
    // 8, 9 in use, 10 free in the order-1 block 10-11: freeing 8 finds 9 in use, parent buddy free.
    zone.give(0, 0, kMovable, 0, work);  // parent's buddy 2-3 in use: head
    zone.give(8, 0, kMovable, 0, work);  // parent's buddy 10-11 free: tail
    CHECK_EQ(zone.area(0).lists[kMovable].head, 0U);
    CHECK_EQ(zone.area(0).lists[kMovable].tail, 8U);
}

TEST(unmovable_request_claims_a_movable_pageblock_and_boosts) {
    Zone zone = small_zone(4096);
    ZoneWork work;
    // Break every top block so that the fallback finds less than a whole pageblock.
    std::vector<Pfn> blocks;
    for (Pfn i = 0; i < 4096 / 256; ++i) {
        const Pfn page = zone.take(8, kMovable, work);
        zone.mark_in_use(page, 8, kMovable);
        zone.account(0, -256);
        blocks.push_back(page);
    }
    zone.give(256, 8, kMovable, 0, work);
    CHECK_EQ(zone.take(0, kUnmovable, work), 256U);
    // 256 free pages are just half of the pageblock: it changes type.
    CHECK_EQ(zone.pageblock_type(256), static_cast<int>(kUnmovable));
    CHECK_EQ(zone.boost_pages(), 512);
    CHECK(zone.clear_boosted_flag());
    CHECK(!zone.clear_boosted_flag());
}

TEST(whole_free_pageblock_changes_type_without_boost) {
    Zone zone = small_zone(4096);
    ZoneWork work;
    CHECK_EQ(zone.take(0, kUnmovable, work), 0U);
    CHECK_EQ(zone.pageblock_type(0), static_cast<int>(kUnmovable));
    CHECK_EQ(zone.boost_pages(), 0);
}

TEST(refill_appends_at_the_tail_and_halves_by_order) {
    Zone zone = small_zone();
    PcpLists lists(zone, 0, 378, 63);
    ZoneWork work;
    lists.refill(0, 0, kMovable, work);
    CHECK_EQ(lists.count(), 63U);
    CHECK_EQ(lists.pop(0, 0, kMovable), 0U);
    CHECK_EQ(lists.pop(0, 0, kMovable), 1U);
    lists.refill(0, 3, kMovable, work);
    CHECK_EQ(lists.count(), 61U + 7 * 8);
    lists.refill(0, 9, kMovable, work);
    CHECK_EQ(lists.count(), 61U + 7 * 8 + 2 * 512);
    const std::vector<PcpLists> all{lists};
    CHECK_EQ(zone.check_buddy(), std::string{});
}

TEST(flush_size_doubles_until_an_allocation) {
    Zone zone = small_zone();
    PcpLists lists(zone, 0, 200, 63);
    ZoneWork work;
    std::vector<Pfn> pages;
    for (int i = 0; i < 600; ++i) {
        const Pfn page = zone.take(0, kMovable, work);
        zone.mark_in_use(page, 0, kMovable);
        zone.account(0, -1);
        pages.push_back(page);
    }
    std::vector<std::uint32_t> flushes;
    for (const Pfn page : pages) {
        const std::uint32_t n = lists.push(0, page, 0);
        if (n == 0) continue;
        flushes.push_back(n);
        std::vector<Pfn> out;
        lists.collect(0, n, out);
        free_collected(zone, 0, out, work);
    }
    CHECK_EQ(flushes.at(0), 63U);
    CHECK_EQ(flushes.at(1), 126U);
    CHECK_EQ(flushes.at(2), 137U);  // clamped to high - batch
    const std::vector<PcpLists> all{lists};
}

TEST(collect_follows_weighted_round_robin) {
    Zone zone = small_zone();
    PcpLists lists(zone, 0, 1000, 63);
    ZoneWork work;
    for (const int type : {kUnmovable, kMovable, kReclaimable}) {
        lists.refill(0, 0, type, work);
    }
    std::vector<Pfn> out;
    lists.collect(0, 6, out);
    // First looked at is order-0 movable (weight 1: one page), then reclaimable (1), then around
    // twelve empty lists to unmovable (weight 13: the remaining four).
    std::vector<int> types;
    for (const Pfn page : out) types.push_back(zone.frames()[page].list_type);
    CHECK(types == (std::vector<int>{1, 2, 0, 0, 0, 0}));
}

TEST(pages_are_conserved_over_random_runs) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        Zone zone = small_zone(3000 + seed);
        std::vector<PcpLists> lists;
        for (int cpu = 0; cpu < 2; ++cpu) lists.emplace_back(zone, cpu, 100, 15);
        std::vector<std::pair<Pfn, int>> held;
        for (int step = 0; step < 3000; ++step) {
            ZoneWork work;
            const int cpu = static_cast<int>(random() % 2);
            const int type = static_cast<int>(random() % 3);
            const int order = random() % 8 == 0 ? static_cast<int>(random() % 11) : 0;
            if (random() % 2 == 0) {
                if (zone.policy().on_pcp(order)) {
                    if (lists[cpu].empty(0, order, type)) lists[cpu].refill(0, order, type, work);
                    if (lists[cpu].empty(0, order, type)) continue;
                    held.emplace_back(lists[cpu].pop(0, order, type), order);
                } else if (const Pfn page = zone.take(order, type, work); page != kNoPage) {
                    zone.mark_in_use(page, order, type);
                    zone.account(cpu, -(1LL << order));
                    held.emplace_back(page, order);
                }
            } else if (!held.empty()) {
                std::swap(held[random() % held.size()], held.back());
                const auto [page, held_order] = held.back();
                held.pop_back();
                if (!zone.policy().on_pcp(held_order)) {
                    zone.give(page, held_order, zone.pageblock_type(page), cpu, work);
                } else if (const auto n = lists[cpu].push(0, page, held_order); n != 0) {
                    std::vector<Pfn> out;
                    lists[cpu].collect(0, n, out);
                    free_collected(zone, cpu, out, work);
                }
            }
            if (step % 50 == 0) CHECK_EQ(check_invariants(zone, lists), std::string{});
        }
        CHECK_EQ(check_invariants(zone, lists), std::string{});
    }
}

TEST(invariant_checker_notices_a_page_on_two_lists) {
    Zone zone = small_zone(1024);
    ZoneWork work;
    const Pfn page = zone.take(0, kMovable, work);
    zone.account(0, -1);
    zone.mark_in_use(page, 0, kMovable);
    CHECK_EQ(check_invariants(zone, {}), std::string{});
    zone.frames()[page].state = PageState::pcp;
    CHECK(!check_invariants(zone, {}).empty());
}

TEST(what_an_operation_did_can_be_taken_back) {
    for (const Fallback scheme : {Fallback::steal_whole, Fallback::claim_then_steal}) {
        KernelPolicy policy;
        policy.fallback = scheme;
        Zone zone(policy, 4096, 2, {64, 80, 96});
        ZoneWork work;
        for (int i = 0; i < 700; ++i) zone.mark_in_use(zone.take(0, kMovable, work), 0, kMovable);
        zone.give(5, 0, kMovable, 0, work);
        const auto lists = [&] {
            std::vector<Pfn> pages;
            for (int order = 0; order <= 10; ++order) {
                for (int type = 0; type < policy.types; ++type) {
                    pages.push_back(kNoPage);
                    for (Pfn p = zone.area(order).lists[type].head; p != kNoPage;
                         p = zone.frames()[p].next) {
                        pages.push_back(p);
                    }
                }
            }
            for (Pfn p = 0; p < 4096; p += 512) {
                pages.push_back(static_cast<Pfn>(zone.pageblock_type(p)));
            }
            return pages;
        };
        const std::vector<Pfn> before = lists();
        ZoneJournal journal;
        std::vector<ZoneEvent> events;
        work.events = &events;
        zone.keep_journal(&journal);
        TakeRequest request{.order = 0, .type = kUnmovable};
        for (int i = 0; i < 5; ++i) zone.take(request, work);  // falls back to movable blocks
        zone.keep_journal(nullptr);
        CHECK(lists() != before);
        zone.take_back(journal);
        CHECK(lists() == before);
        CHECK(journal.steps.empty());
    }
}
