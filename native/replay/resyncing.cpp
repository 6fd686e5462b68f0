// Going on after a divergence: puts what the recording names where the recording has it, and counts it.
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

void Replayer::resync(const char* cause) {
    ++score_.resyncs;
    ++score_.resync_causes[cause];
}

// Takes a listed page off the per-CPU list that it is on, wherever that is.
void Replayer::unlist(ReplayZone& at, Pfn page) {
    const auto frames = at.zone.frames();
    Pfn head = page;
    while (frames[head].prev != kNoPage) head = frames[head].prev;
    for (PcpLists& pcp : at.pcps) {
        for (int index = 0; index < policy_.nr_lists(); ++index) {
            if (pcp.list(index)->head != head) continue;
            pcp.withdraw(index, page);
            return;
        }
    }
}

// The list of a per-CPU list's page, and whether another page is on the same.
FreeList* Replayer::shared_list(ReplayZone& at, Pfn a, Pfn b) {
    const auto frames = at.zone.frames();
    if (frames[a].state != PageState::pcp || frames[b].state != PageState::pcp) return nullptr;
    const auto head_of = [&](Pfn page) {
        while (frames[page].prev != kNoPage) page = frames[page].prev;
        return page;
    };
    const Pfn head = head_of(a);
    if (head != head_of(b)) return nullptr;
    for (PcpLists& pcp : at.pcps) {
        for (int index = 0; index < policy_.nr_lists(); ++index) {
            if (pcp.list(index)->head == head) return pcp.list(index);
        }
    }
    return nullptr;
}

// `wrong` stood before `right` at an end of a list, and the recording took `right`: what is between
// them has gone without a line. Otherwise `wrong` stays.
void Replayer::pass_over(ReplayZone& at, Pfn wrong, Pfn right, bool from_head) {
    const FreeList* list = shared_list(at, wrong, right);
    if (list == nullptr) return;
    while (true) {
        const Pfn gone = from_head ? list->head : list->tail;
        if (gone == right || gone == kNoPage) return;
        const int order = at.zone.frames()[gone].order;
        unlist(at, gone);
        at.zone.mark_in_use(gone, order, kUnmovable);
    }
}

// A free block leaves its list for good; the counter follows unless `counted` elsewhere.
void Replayer::unfree(ReplayZone& at, Pfn page, int cpu) {
    const PageFrame& frame = at.zone.frames()[page];
    const int order = frame.order;
    const bool counts = frame.list_type != policy_.isolate_type();
    at.zone.remove(page, order);
    if (counts) at.zone.account(cpu, -(std::int64_t{1} << order));
    at.zone.mark_in_use(page, order, kUnmovable);
}

// The free block that covers all of a block of the order, kNoPage without one.
Pfn Replayer::covering_block(const Zone& zone, Pfn page, int order) const {
    for (int o = order; o <= policy_.max_order; ++o) {
        const Pfn head = page & ~((Pfn{1} << o) - 1);
        if (zone.is_free_block(head, o)) return head;
    }
    return kNoPage;
}

// Takes a block out of whatever lists hold it or parts of it. The rest of a larger free block goes to
// the heads of the lists of `rest_type`, as a split leaves it. True if any of it was free.
bool Replayer::take_out(const Place& place, int order, int rest_type, int cpu) {
    ReplayZone& at = *place.zone;
    Zone& zone = at.zone;
    const Pfn page = place.page;
    const Pfn end = page + (Pfn{1} << order);
    if (end > zone.frames().size()) return false;
    bool found = false;
    if (const Pfn head = covering_block(zone, page, order); head != kNoPage) {
        int o = zone.frames()[head].order;
        unfree(at, head, cpu);
        zone.account(cpu, (std::int64_t{1} << o) - (std::int64_t{1} << order));
        for (Pfn block = head; o > order;) {
            --o;
            const Pfn upper = block + (Pfn{1} << o);
            zone.insert(page >= upper ? block : upper, o, rest_type, false);
            if (page >= upper) block = upper;
        }
        found = true;
    } else {
        for (Pfn p = page; p < end; ++p) {
            const PageState state = zone.frames()[p].state;
            if (state == PageState::buddy) unfree(at, p, cpu);
            if (state == PageState::pcp) unlist(at, p);
            found = found || state == PageState::buddy || state == PageState::pcp;
        }
        found = take_off_larger(at, page, order) || found;
    }
    for (Pfn p = page + 1; p < end; ++p) zone.frames()[p].state = PageState::tail;
    zone.mark_in_use(page, order, kUnmovable);
    return found;
}

// A page within a larger block on a per-CPU list: that block is in use from now on.
bool Replayer::take_off_larger(ReplayZone& at, Pfn page, int order) {
    for (int o = order + 1; o <= policy_.max_order; ++o) {
        const Pfn head = page & ~((Pfn{1} << o) - 1);
        const PageFrame& frame = at.zone.frames()[head];
        if (head == page || frame.state != PageState::pcp || frame.order < o) continue;
        unlist(at, head);
        at.zone.mark_in_use(head, 0, kUnmovable);
        return true;
    }
    return false;
}

// A list that the recording found empty: what the model has there is in use, or was never freed.
void Replayer::empty_list(ReplayZone& at, int cpu, int order, int type) {
    PcpLists& pcp = at.pcps[static_cast<std::size_t>(cpu)];
    const int index = policy_.list_index(order, type);
    while (pcp.list(index)->head != kNoPage) {
        const Pfn page = pcp.list(index)->head;
        pcp.withdraw(index, page);
        at.zone.mark_in_use(page, order, type);
    }
}

// Before a block is taken that the model did not expect: what stood ahead of it does not.
void Replayer::clear_the_way(Followed& hold, const ReplayLine& line, Pfn page) {
    Zone& zone = hold.zone->zone;
    const int type = line.type;
    const Pfn block = covering_block(zone, page, line.order);
    const bool listed = block != kNoPage && zone.frames()[block].list_type == type;
    const int order = listed ? int{zone.frames()[block].order} : policy_.max_order + 1;
    for (int o = line.order; o < order; ++o) {
        const FreeList& list = *zone.list(o, type);
        if (list.empty()) continue;
        if (!listed) {
            zone.move_to_tail(list.head, o, type);
            return;
        }
        // A smaller block would have been taken first: those are free no more.
        while (!list.empty()) unfree(*hold.zone, list.head, hold.request.cpu);
    }
    if (listed) rotate_to_head(*hold.zone, order, block);
}

// No page on two lists, lists as long as their counters.
std::string Replayer::check() const {
    for (const auto& at : memory_.zones) {
        if (std::string error = at->zone.check_buddy(); !error.empty()) return at->name + ": " + error;
        std::vector<bool> listed(at->zone.frames().size());
        for (Pfn page = 0; page < listed.size(); ++page) {
            const PageFrame& frame = at->zone.frames()[page];
            if (frame.state != PageState::buddy && frame.state != PageState::pcp) continue;
            for (Pfn p = page; p < page + (Pfn{1} << frame.order); ++p) {
                if (listed[p]) return at->name + ": page " + std::to_string(p) + " is listed twice";
                listed[p] = true;
            }
        }
        for (const PcpLists& pcp : at->pcps) {
            if (std::string error = pcp.check(); !error.empty()) return at->name + ": " + error;
        }
    }
    return {};
}

}  // namespace pcpbench
