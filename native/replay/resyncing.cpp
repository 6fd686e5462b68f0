// Going on after a divergence: the page that the recording names takes the place of the one predicted.
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

namespace {

// Splits free blocks until the page heads one of the order; false if it is not in a free block.
bool carve(Zone& zone, Pfn page, int order) {
    for (int o = order; o <= zone.policy().max_order; ++o) {
        const Pfn head = page & ~((Pfn{1} << o) - 1);
        if (!zone.is_free_block(head, o)) continue;
        const int type = zone.frames()[head].list_type;
        zone.remove(head, o);
        Pfn block = head;
        while (o > order) {
            --o;
            const Pfn half = Pfn{1} << o;
            const bool upper = page >= block + half;
            zone.insert(upper ? block : block + half, o, type, false);
            if (upper) block += half;
        }
        zone.insert(page, order, type, false);
        return true;
    }
    return false;
}

}  // namespace

// The list that a listed page is on; nullptr for a page in use.
FreeList* Replayer::list_of(ReplayZone& at, Pfn page) {
    const auto frames = at.zone.frames();
    const PageFrame& frame = frames[page];
    if (frame.state == PageState::buddy) return at.zone.list(frame.order, frame.list_type);
    if (frame.state != PageState::pcp) return nullptr;
    Pfn head = page;
    // Bounded: what a divergence left behind need not be a list any more.
    for (std::size_t i = 0; i < frames.size() && frames[head].prev != kNoPage; ++i) {
        head = frames[head].prev;
    }
    for (PcpLists& pcp : at.pcps) {
        for (int index = 0; index < policy_.nr_lists(); ++index) {
            if (pcp.lists(0).lists[static_cast<std::size_t>(index)].head == head) {
                return pcp.list(index);
            }
        }
    }
    return nullptr;
}

// Exchanges what two blocks of an order are: in use, or on a list at their place. False if one of them
// is not known as a block.
bool Replayer::exchange(ReplayZone& at, Pfn a, Pfn b, int order) {
    auto frames = at.zone.frames();
    const Pfn pages = Pfn{1} << order;
    if (a == b || a + pages > frames.size() || b + pages > frames.size()) return false;
    for (const Pfn page : {a, b}) {
        if (frames[page].state == PageState::buddy || frames[page].state == PageState::tail) {
            carve(at.zone, page, order);
        }
    }
    FreeList* list_a = list_of(at, a);
    FreeList* list_b = list_of(at, b);
    if ((list_a == nullptr) == (list_b == nullptr)) return false;  // both in use, or both free
    FreeList* list = list_a != nullptr ? list_a : list_b;
    const Pfn listed = list_a != nullptr ? a : b;
    const Pfn other = list_a != nullptr ? b : a;
    if (frames[listed].order != order || !may_free({&at, other}, order)) return false;
    std::swap(frames[listed], frames[other]);
    PageFrame& frame = frames[other];
    frame.order = static_cast<std::uint8_t>(order);
    (frame.prev == kNoPage ? list->head : frames[frame.prev].next) = other;
    (frame.next == kNoPage ? list->tail : frames[frame.next].prev) = other;
    frames[listed].state = PageState::in_use;
    frames[listed].next = frames[listed].prev = kNoPage;
    return true;
}

// After a wrong prediction: `predicted` gives way to the page that was recorded.
void Replayer::resynchronise(const ReplayLine& line, Place predicted, const char* cause) {
    if (!resync_ || inputs_ == Inputs::calls) return;
    const Place recorded = memory_.place(line.pfn);
    ++score_.resyncs;
    ++score_.resync_causes[cause];
    if (!predicted.valid() || predicted.zone != recorded.zone) return;
    exchange(*recorded.zone, predicted.page, recorded.page, line.order);
}

}  // namespace pcpbench
