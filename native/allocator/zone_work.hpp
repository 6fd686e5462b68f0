// zone_work.hpp: what an operation asks of a zone, and what it reports to have done there.
#pragma once

#include <cstdint>
#include <vector>

#include "allocator/page_frame.hpp"

namespace pcpbench {

// One thing that happened under the zone lock, in order. Where a recorder listens, the effects that
// others can see while the lock is held (counter, boost, pageblock type) are left to it.
struct ZoneEvent {
    enum class Kind : std::uint8_t {
        taken,       // mm_page_alloc_zone_locked
        fallback,    // mm_page_alloc_extfrag
        freed,       // mm_page_pcpu_drain
        counter,     // NR_FREE_PAGES changes by `amount`
        claim,       // a pageblock is considered: the watermark is boosted by now
        block_type,  // the pageblock at `page` is of `type` from now on
        flushed,     // end of a flush
        hold_end,    // the zone lock of a flush or drain is dropped
    };
    Kind kind = Kind::taken;
    std::uint8_t order = 0;
    std::uint8_t type = 0;
    std::uint8_t other_order = 0;  // fallback: of the block found
    std::uint8_t other_type = 0;   // fallback: type it came from
    bool flag = false;             // fallback: the pageblock changed owner; claim: it boosted
    Pfn page = kNoPage;
    std::int32_t amount = 0;
};

// Movable pages in use in the pageblock that holds `page`, where a recording says.
struct MovablePages {
    virtual ~MovablePages() = default;
    virtual bool known(Pfn page, Pfn& movable) = 0;
};

// What an operation did under the zone lock; the machine turns it into time.
struct ZoneWork {
    std::uint32_t blocks = 0;
    std::uint32_t pages = 0;
    std::uint32_t splits = 0;
    std::uint32_t merges = 0;
    std::uint32_t looks_in_vain = 0;  // at a buddy that was not free; ended a block's merging
    // Where blocks taken, or merged from order 1 on, are to be noted, in order; null: nowhere.
    std::vector<Pfn>* looked_at = nullptr;
    std::vector<ZoneEvent>* events = nullptr;
    MovablePages* movable = nullptr;
};

// Where the next take of the same refill begins to look (6.12: enum rmqueue_mode).
enum class TakeMode : std::uint8_t { normal, claim, steal };

struct TakeRequest {
    int cpu = 0;
    int order = 0;
    int type = 0;
    bool nofragment = false;
    bool wakes_kswapd = true;
    TakeMode mode = TakeMode::normal;
};

// A block that a task's own direct compaction may take before it reaches a list (3.8).
struct CaptureSlot {
    int order = 0;
    int type = 0;
    Pfn page = kNoPage;
};

struct GiveOptions {
    bool to_tail = false;
    bool counted = true;  // false: the pages are counted as free already
    CaptureSlot* capture = nullptr;
};

}  // namespace pcpbench
