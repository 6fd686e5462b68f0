// Pageblocks kept for atomic requests: limits and what is given back, worked out by hand.
#include "allocator/zone.hpp"
#include "tests/check.hpp"

using namespace pcpbench;

namespace {

constexpr std::uint32_t kPages = 102400;  // 200 pageblocks, two of them a hundredth

Zone zone_of(bool newer) {
    KernelPolicy policy;
    policy.account_each_block = newer;
    return Zone(policy, kPages, 1, {64, 80, 96});
}

}  // namespace

TEST(a_reserved_pageblock_moves_its_free_blocks_and_hides_them) {
    for (const bool newer : {false, true}) {
        Zone zone = zone_of(newer);
        ZoneWork work;
        const Pfn page = zone.take(1, kMovable, work);
        zone.mark_in_use(page, 1, kMovable);
        CHECK(zone.reserve_highatomic(page, 1, 0));
        CHECK_EQ(zone.pageblock_type(page), int{kHighAtomic});
        CHECK(!zone.area(1).lists[kHighAtomic].empty());
        // 6.12 counts what is free of it, earlier releases the whole pageblock.
        CHECK_EQ(zone.highatomic_pages(), newer ? 510 : 512);
        CHECK(!zone.reserve_highatomic(page, 1, 0));  // it is reserved
    }
}

TEST(no_more_than_a_hundredth_of_a_zone_is_reserved) {
    for (const bool newer : {false, true}) {
        Zone zone = zone_of(newer);
        int reserved = 0;
        for (Pfn page = 0; page < kPages; page += 512) {
            reserved += zone.reserve_highatomic(page, 1, 0) ? 1 : 0;
        }
        CHECK_EQ(reserved, newer ? 2 : 3);
    }
    Zone small(KernelPolicy{.account_each_block = true}, 40960, 1, {64, 80, 96});
    CHECK(!small.reserve_highatomic(0, 1, 0));  // a hundredth is less than a pageblock
}

TEST(the_last_reserved_pageblock_is_given_back_only_by_force) {
    Zone zone = zone_of(true);
    CHECK(zone.reserve_highatomic(0, 1, 0));
    CHECK(!zone.unreserve_highatomic(false, kUnmovable, 0));
    CHECK(zone.unreserve_highatomic(true, kUnmovable, 0));
    CHECK_EQ(zone.pageblock_type(0), int{kUnmovable});
    CHECK_EQ(zone.highatomic_pages(), 0);
    CHECK(!zone.unreserve_highatomic(true, kUnmovable, 0));
}

TEST(the_watermark_does_not_count_what_is_reserved) {
    Zone zone = zone_of(false);
    CHECK(zone.watermark_ok(0, kPages - 100, 0, {}));
    zone.reserve_highatomic(0, 1, 0);
    CHECK(!zone.watermark_ok(0, kPages - 100, 0, {}));
    CHECK(zone.watermark_ok(0, kPages - 100, 0, {.reserved = true}));
}
