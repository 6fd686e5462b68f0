// Taking a block from a zone: own lists first, then those of other migratetypes. steal_whole is the
// scheme through 6.9 (mm/page_alloc.c:__rmqueue_fallback, steal_suitable_fallback, v5.15),
// claim_then_steal the one of 6.15 (__rmqueue_claim, try_to_claim_block, __rmqueue_steal).
#include <algorithm>

#include "allocator/zone.hpp"

namespace pcpbench {

namespace {

using Kind = ZoneEvent::Kind;

constexpr int kFallbacks[kPcpTypes][2] = {
    {kReclaimable, kMovable},    // unmovable
    {kReclaimable, kUnmovable},  // movable
    {kUnmovable, kMovable},      // reclaimable
};

void note(ZoneWork& work, const ZoneEvent& event) {
    if (work.events != nullptr) work.events->push_back(event);
}

std::uint8_t small(int number) { return static_cast<std::uint8_t>(number); }

// Whether a fallback of the order may take the pageblock along (can_steal_fallback).
bool may_claim(const KernelPolicy& policy, int order, int type) {
    return order >= policy.pageblock_order / 2 || type != kMovable;
}

int least_order(const KernelPolicy& policy, const TakeRequest& request) {
    if (!request.nofragment) return request.order;
    if (policy.nofragment_below_pageblock && request.order >= policy.pageblock_order) {
        return request.order;
    }
    return policy.pageblock_order;  // earlier releases even for a larger request
}

}  // namespace

Pfn Zone::take(TakeRequest& request, ZoneWork& work) {
    Pfn page = kNoPage;
    if (policy_.fallback == Fallback::steal_whole) {
        do {
            page = take_own(request.cpu, request.order, request.type, work);
        } while (page == kNoPage && fall_back(request, work));
    } else {
        if (request.mode == TakeMode::normal) {
            page = take_own(request.cpu, request.order, request.type, work);
        }
        if (page == kNoPage && request.mode != TakeMode::steal) {
            page = claim(request, work);
            if (page != kNoPage) request.mode = TakeMode::normal;
        }
        if (page == kNoPage && !request.nofragment) page = steal_smallest(request, work);
    }
    if (page == kNoPage) return page;
    ++work.blocks;
    work.pages += 1U << request.order;
    return page;
}

Pfn Zone::step(TakeRequest& request, ZoneWork& work) {
    if (policy_.fallback != Fallback::steal_whole) return take(request, work);
    const Pfn page = take_own(request.cpu, request.order, request.type, work);
    if (page == kNoPage) fall_back(request, work);
    return page;
}

std::uint32_t Zone::expand(Pfn page, int from_order, int order, int type, ZoneWork& work) {
    std::uint32_t pages = 0;
    // The lowest part is kept; each upper half goes to the head of its list.
    for (int o = from_order; o > order;) {
        --o;
        ++work.splits;
        insert(page + (Pfn{1} << o), o, type, false);
        pages += 1U << o;
    }
    return pages;
}

Pfn Zone::take_own(int cpu, int order, int type, ZoneWork& work) {
    for (int o = order; o <= policy_.max_order; ++o) {
        const Pfn page = areas_[o].lists[type].head;
        if (page == kNoPage) continue;
        remove(page, o);
        expand(page, o, order, type, work);
        if (policy_.account_each_block) account(cpu, -(std::int64_t{1} << order), work);
        finish_take(page, order, type, work);
        note(work, {.kind = Kind::taken, .order = small(order), .type = small(type), .page = page});
        return page;
    }
    return kNoPage;
}

void Zone::finish_take(Pfn page, int order, int type, ZoneWork&) {
    frames_[page].order = small(order);
    frames_[page].list_type = small(type);
}

int Zone::other_type(int order, int type) const {
    if (areas_[order].nr_free == 0) return -1;
    for (const int from : kFallbacks[type]) {
        if (!areas_[order].lists[from].empty()) return from;
    }
    return -1;
}

bool Zone::fall_back(TakeRequest& request, ZoneWork& work) {
    const int order = request.order;
    const int type = request.type;
    for (int o = policy_.max_order; o >= least_order(policy_, request); --o) {
        int from = other_type(o, type);
        if (from < 0) continue;
        int found = o;
        if (!may_claim(policy_, o, type) && o > order) {
            // A movable request that cannot claim a pageblock takes the smallest block there is.
            for (found = order; (from = other_type(found, type)) < 0;) ++found;
        }
        const Pfn page = areas_[found].lists[from].head;
        steal(page, found, from, request, work);
        note(work, {.kind = Kind::fallback, .order = small(order), .type = small(type),
                    .other_order = small(found), .other_type = small(from),
                    .flag = pageblock_type(page) == type, .page = page});
        return true;
    }
    return false;
}

void Zone::boost_for(Pfn page, TakeRequest& request, ZoneWork& work) {
    if (work.events != nullptr) {
        note(work, {.kind = Kind::claim, .flag = request.wakes_kswapd, .page = page, .amount = 1});
    } else if (boost_watermark() && request.wakes_kswapd) {
        boosted_flag_ = true;
    }
}

void Zone::change_block_type(Pfn page, int type, ZoneWork& work) {
    set_pageblock_type(page, type);
    note(work, {.kind = Kind::block_type, .type = small(type), .page = page});
}

void Zone::steal(Pfn page, int order, int from, TakeRequest& request, ZoneWork& work) {
    const int to = request.type;
    if (pageblock_type(page) == kHighAtomic) {
        move_to_tail(page, order, to);
        return;
    }
    if (order >= policy_.pageblock_order) {
        note(work, {.kind = Kind::claim, .page = page});
        for (Pfn p = page; p < page + (Pfn{1} << order); p += Pfn{1} << policy_.pageblock_order) {
            change_block_type(p, to, work);
        }
        move_to_tail(page, order, to);
        return;
    }
    boost_for(page, request, work);
    (void)from;
    if (!may_claim(policy_, order, to) || !claim_pageblock(page, to, work)) {
        move_to_tail(page, order, to);
    }
}

namespace {

// As many movable pages as make the pageblock change its owner, or leave it.
struct RecordedOwner final : MovablePages {
    RecordedOwner(bool changes, bool wants_movable) : most(changes == wants_movable) {}
    bool known(Pfn, Pfn& movable) override {
        movable = most ? kNoPage / 4 : 0;
        return true;
    }
    bool most;
};

}  // namespace

void Zone::steal_as_recorded(Pfn page, int order, bool owner_changes, TakeRequest& request,
                             ZoneWork& work) {
    RecordedOwner owner(owner_changes, request.type == kMovable);
    work.movable = &owner;
    steal(page, order, frames_[page].list_type, request, work);
    work.movable = nullptr;
}

// Free and movable pages of the pageblock that begins at `start` (or where the zone begins).
void Zone::count_block(Pfn start, Pfn& free_pages, Pfn& movable_pages, ZoneWork& work) const {
    const Pfn end = (start | ((Pfn{1} << policy_.pageblock_order) - 1)) + 1;
    free_pages = 0;
    movable_pages = 0;
    for (Pfn p = start; p < end;) {
        const PageFrame& frame = frames_[p];
        const Pfn block = Pfn{1} << frame.order;
        if (frame.state == PageState::buddy) {
            free_pages += block;
            p += block;
        } else {
            if (frame.state == PageState::in_use && frame.used_as == kMovable) {
                movable_pages += block;
            }
            ++p;
        }
    }
    if (work.movable != nullptr) work.movable->known(start, movable_pages);
}

// Moves every free block of the pageblock to the lists of `to`; the pageblock changes type when at
// least half of it is free or in use by alike pages. False if it could not move any.
bool Zone::claim_pageblock(Pfn page, int to, ZoneWork& work) {
    const Pfn size = Pfn{1} << policy_.pageblock_order;
    Pfn start = page & ~(size - 1);
    if (start + size > frames_.size()) return false;
    if (start < start_) start = page;
    const int old = pageblock_type(page);
    Pfn free_pages = 0;
    Pfn movable_pages = 0;
    count_block(start, free_pages, movable_pages, work);
    for (Pfn p = start; p < (start & ~(size - 1)) + size;) {
        if (frames_[p].state != PageState::buddy) {
            ++p;
            continue;
        }
        const int order = frames_[p].order;
        move_to_tail(p, order, to);
        ++work.blocks;
        p += Pfn{1} << order;
    }
    const Pfn alike = to == kMovable    ? movable_pages
                      : old == kMovable ? size - std::min(size, free_pages + movable_pages)
                                        : 0;
    if (free_pages + alike >= size / 2) change_block_type(start, to, work);
    return free_pages != 0;
}

Pfn Zone::claim(TakeRequest& request, ZoneWork& work) {
    for (int o = policy_.max_order; o >= least_order(policy_, request); --o) {
        if (!may_claim(policy_, o, request.type)) break;
        const int from = other_type(o, request.type);
        if (from < 0) continue;
        const Pfn page =
            try_to_claim(areas_[o].lists[from].head, o, from, request, work);
        if (page == kNoPage) continue;
        note(work, {.kind = Kind::fallback, .order = small(request.order),
                    .type = small(request.type), .other_order = small(o),
                    .other_type = small(from), .flag = pageblock_type(page) == request.type,
                    .page = page});
        return page;
    }
    return kNoPage;
}

Pfn Zone::try_to_claim(Pfn page, int order, int from, TakeRequest& request, ZoneWork& work) {
    const int to = request.type;
    const Pfn size = Pfn{1} << policy_.pageblock_order;
    if (order >= policy_.pageblock_order) {
        note(work, {.kind = Kind::claim, .page = page});
        remove(page, order);
        if (policy_.account_each_block) account(request.cpu, -(std::int64_t{1} << order), work);
        for (Pfn p = page; p < page + (Pfn{1} << order); p += size) change_block_type(p, to, work);
        const std::uint32_t put_back = expand(page, order, request.order, to, work);
        if (policy_.account_each_block) account(request.cpu, put_back, work);
        finish_take(page, request.order, to, work);
        return page;
    }
    boost_for(page, request, work);
    const Pfn start = page & ~(size - 1);
    if (!spans_block(start)) return kNoPage;
    Pfn free_pages = 0;
    Pfn movable_pages = 0;
    count_block(start, free_pages, movable_pages, work);
    const Pfn alike = to == kMovable     ? movable_pages
                      : from == kMovable ? size - std::min(size, free_pages + movable_pages)
                                         : 0;
    if (free_pages + alike < size / 2) return kNoPage;
    move_free_blocks(start, to, request.cpu, work);
    change_block_type(start, to, work);
    return take_own(request.cpu, request.order, to, work);
}

std::uint32_t Zone::move_free_blocks(Pfn page, int type, int cpu, ZoneWork& work) {
    const Pfn size = Pfn{1} << policy_.pageblock_order;
    const Pfn start = page & ~(size - 1);
    if (start + size > frames_.size()) return 0;  // it ends beyond the zone (move_freepages_block)
    std::uint32_t moved = 0;
    for (Pfn p = start; p < start + size;) {
        if (frames_[p].state != PageState::buddy) {
            ++p;
            continue;
        }
        const int order = frames_[p].order;
        const int old = frames_[p].list_type;
        const std::int64_t pages = std::int64_t{1} << order;
        move_to_tail(p, order, type);
        ++work.blocks;
        if (policy_.account_each_block) {
            if (old != policy_.isolate_type()) account(cpu, -pages, work);
            if (type != policy_.isolate_type()) account(cpu, pages, work);
        }
        moved += static_cast<std::uint32_t>(pages);
        p += static_cast<Pfn>(pages);
    }
    return moved;
}

Pfn Zone::steal_smallest(TakeRequest& request, ZoneWork& work) {
    for (int o = request.order; o <= policy_.max_order; ++o) {
        const int from = other_type(o, request.type);
        if (from < 0) continue;
        const Pfn page = areas_[o].lists[from].head;
        remove(page, o);
        expand(page, o, request.order, from, work);
        if (policy_.account_each_block) {
            account(request.cpu, -(std::int64_t{1} << request.order), work);
        }
        // The type of the list it came from matters only where a drain remembers it.
        finish_take(page, request.order, policy_.drain_by_pageblock ? request.type : from, work);
        note(work, {.kind = Kind::fallback, .order = small(request.order),
                    .type = small(request.type), .other_order = small(o),
                    .other_type = small(from), .flag = pageblock_type(page) == request.type,
                    .page = page});
        request.mode = TakeMode::steal;
        return page;
    }
    return kNoPage;
}

bool Zone::boost_watermark() {
    const std::int64_t block = std::int64_t{1} << policy_.pageblock_order;
    if (policy_.watermark_boost_factor == 0 || 4 * block > managed_pages()) return false;
    const std::int64_t most = marks_.high * policy_.watermark_boost_factor / 10000;
    if (most == 0) return false;
    boost_ = std::min(boost_ + block, std::max(block, most));
    return true;
}

}  // namespace pcpbench
