// context.hpp: what one task, or one CPU's interrupt, is in the middle of.
#pragma once

#include <cstdint>
#include <vector>

#include "replay/memory.hpp"
#include "trace/replay_line.hpp"

namespace pcpbench {

// An event of the model that the recording is to confirm, or an effect that others see in between.
struct Expected {
    ZoneEvent event;
    ReplayZone* zone = nullptr;
    int cpu = 0;
};

// An allocation between its call and its answer.
struct Attempt {
    bool open = false;
    bool tested = false;        // the zone at `position` passed its watermark
    bool nofragment = false;
    bool pcp_entered = false;   // the pcp lock was got (PA; 6.1: rmqueue_bulk)
    bool from_buddy = false;
    bool missed = false;        // its block was not the one predicted (--resync)
    bool spread_dirty = false;
    std::uint8_t order = 0;
    std::uint8_t type = 0;
    std::uint8_t highest_zone = 3;
    std::uint8_t effort = 0;    // guessed: 0 fast path, 1 slow path, 2 without watermarks
    int node = 0;
    int refill_blocks = -1;     // decided at the entry, asked for under the lock
    std::uint32_t flags = 0;
    std::uint64_t gfp = 0;
    std::size_t position = 0;   // in the zone list
    std::size_t first = 0;      // the preferred zone
    Place page;                 // taken
};

// A bulk allocation that takes its pages from one list in one hold of its lock.
struct Bulk {
    bool open = false;
    bool answered = false;
    std::uint8_t type = 0;
    std::uint64_t gfp = 0;
    int refill_blocks = -1;
    std::size_t wanted = 0;
    std::size_t prefilled = 0;
    ReplayZone* zone = nullptr;
    std::vector<Place> pages;
    std::size_t returned = 0;  // of them that went back, to be taken one by one (--resync)
};

// A page whose free was announced and that has not entered a list yet.
struct PendingFree {
    std::uint64_t recorded_pfn = 0;
    Place page;
    std::uint8_t order = 0;
    std::uint8_t type = 0;
    bool batched = false;
    bool settles = false;  // a line of its own shows where it enters a list
};

// A flush or drain that was decided and takes effect where the recording shows it.
struct ListWork {
    enum class Kind : std::uint8_t { flush, drain, decay, expire };
    Kind kind = Kind::flush;
    ReplayZone* zone = nullptr;
    int owner = 0;             // CPU whose lists they are
    std::int64_t pages = 0;    // left
    int first_list = 0;
    bool started = false;
    bool announced = false;    // its probe line was seen: its turn has come
};

// Movable pages in use in the pageblocks that a hold considers claiming, as probe lines say.
struct ClaimFacts final : MovablePages {
    struct Fact {
        std::uint64_t pfn;
        Pfn movable;
    };
    std::vector<Fact> facts;
    const ReplayZone* zone = nullptr;

    bool known(Pfn page, Pfn& movable) override {
        const int order = zone->zone.policy().pageblock_order;
        const std::uint64_t block = (std::uint64_t{zone->base} + page) >> order;
        for (std::size_t i = 0; i < facts.size(); ++i) {
            if (facts[i].pfn >> order != block) continue;
            movable = facts[i].movable;
            // Used up: a later claim of the same block has its own line.
            facts.erase(facts.begin() + static_cast<std::ptrdiff_t>(i));
            return true;
        }
        return false;
    }
};

// A hold of a zone's lock that is followed line by line (--resync).
struct Followed {
    enum class Kind : std::uint8_t { none, take, flush };
    Kind kind = Kind::none;
    ReplayZone* zone = nullptr;
    int owner = 0;             // CPU whose lists they are
    TakeRequest request{};
    int wanted = 0;            // blocks, as predicted
    int got = 0;
    bool to_lists = false;     // a refill
    bool exhausted = false;    // the zone has no more
    bool answers = false;      // its first block is the call's answer
    std::int64_t counted = 0;  // on the counter since the last block was predicted
    Pfn block = kNoPage;       // the last one, to be taken back if wrong
    FlushCursor cursor{};
    bool of_flush = false;     // not of a drain
    bool last = false;         // nothing is left of it afterwards
    bool exact = true;
    bool corrected = false;    // counted once a hold
};

struct CpuContext {
    Attempt attempt;
    std::vector<PendingFree> frees;
    std::size_t first_free = 0;
    std::uint64_t direct_pfn = 0;  // it waits for the zone lock (K free_one_page)
    std::vector<ListWork> works;
    std::size_t first_work = 0;
    int drain_zone = -1;         // of the drain under way, -1 for all
    bool draining = false;
    bool to_tail = false;        // the next free puts memory online (FPI_TO_TAIL)
    std::vector<Expected> expected;
    std::size_t first_expected = 0;
    std::vector<ReplayLine> recorded;  // outcomes that came before their prediction
    CaptureSlot capture;
    ReplayZone* capture_zone = nullptr;
    const ReplayZone* compacted = nullptr;  // the zone under compaction
    bool capturing = false;
    std::uint64_t isolated_pfn = 0;
    int isolated_order = 0;
    Bulk bulk;
    std::uint32_t taken_recorded = 0;   // since the last answer
    std::uint32_t taken_predicted = 0;
    bool hold_exact = true;      // the flush being compared
    bool surplus = false;        // drained lines that no flush predicts
    ClaimFacts claims;
    bool claiming = false;       // a fallback moves a pageblock: its lines are not isolation's
    Followed hold;

    bool idle() const {
        return !attempt.open && first_free == frees.size() && first_work == works.size() &&
               first_expected == expected.size() && !bulk.open;
    }
};

}  // namespace pcpbench
