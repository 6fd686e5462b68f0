// page_frame.hpp: the metadata of one page frame, and the intrusive lists that free blocks sit on.
#pragma once

#include <cstdint>
#include <span>

namespace pcpbench {

using Pfn = std::uint32_t;
inline constexpr Pfn kNoPage = 0xffffffffU;
inline constexpr std::uint16_t kNoCpu = 0xffffU;

// A number, or its largest value for none, kept so that none is all zero bytes.
template <class Number>
class ZeroForNone {
  public:
    ZeroForNone() = default;
    // Converts both ways, so that a link is written and compared like the number it stands for.
    constexpr ZeroForNone(Number number) : one_more_(static_cast<Number>(number + 1)) {}
    constexpr operator Number() const { return static_cast<Number>(one_more_ - 1); }

  private:
    Number one_more_ = 0;
};

// Of a block, only the first frame (the head) carries a state other than `tail`.
enum class PageState : std::uint8_t { tail, in_use, buddy, pcp };

enum MigrateType : std::uint8_t { kUnmovable = 0, kMovable = 1, kReclaimable = 2, kHighAtomic = 3 };
inline constexpr int kPcpTypes = 3;

// The type as which a page is asked for and listed: CMA and HIGHATOMIC pages are lent to movable
// requests (mm/page_alloc.c:free_unref_page).
constexpr int pcp_type(int type) { return type < kPcpTypes ? type : int{kMovable}; }

// All zero bytes are a frame inside a block, on no list, that no CPU has touched: FrameArray relies
// on it.
struct PageFrame {
    ZeroForNone<Pfn> next;
    ZeroForNone<Pfn> prev;
    ZeroForNone<std::uint16_t> line_owner;  // CPU that touched this frame's line last, or kNoCpu
    std::uint8_t order = 0;
    PageState state = PageState::tail;
    std::uint8_t list_type = 0;  // list it was taken from, or pageblock type when freed (page->index)
    std::uint8_t used_as = 0;    // migratetype it was allocated as, while in use
    std::uint16_t touched_in = 0;  // epoch, modulo 2^16, in which it did
};
static_assert(sizeof(PageFrame) == 16, "a frame must stay within 16 bytes (architecture, section 2)");

// The head of a block that leaves the free pages.
inline void mark_in_use(PageFrame& frame, int order, int type) {
    frame.state = PageState::in_use;
    frame.order = static_cast<std::uint8_t>(order);
    frame.used_as = static_cast<std::uint8_t>(type);
}

// Doubly linked list through PageFrame::next/prev. Allocation takes the head.
struct FreeList {
    ZeroForNone<Pfn> head;
    ZeroForNone<Pfn> tail;
    std::uint32_t blocks = 0;

    bool empty() const { return head == kNoPage; }

    void push_head(std::span<PageFrame> frames, Pfn page) {
        frames[page].prev = kNoPage;
        frames[page].next = head;
        (head == kNoPage ? tail : frames[head].prev) = page;
        head = page;
        ++blocks;
    }

    void push_tail(std::span<PageFrame> frames, Pfn page) {
        frames[page].next = kNoPage;
        frames[page].prev = tail;
        (tail == kNoPage ? head : frames[tail].next) = page;
        tail = page;
        ++blocks;
    }

    // Takes the head of a list that is not empty.
    Pfn pop_head(std::span<PageFrame> frames) {
        const Pfn page = head;
        head = frames[page].next;
        (head == kNoPage ? tail : frames[head].prev) = kNoPage;
        frames[page].next = frames[page].prev = kNoPage;
        --blocks;
        return page;
    }

    void remove(std::span<PageFrame> frames, Pfn page) {
        PageFrame& frame = frames[page];
        (frame.prev == kNoPage ? head : frames[frame.prev].next) = frame.next;
        (frame.next == kNoPage ? tail : frames[frame.next].prev) = frame.prev;
        frame.next = frame.prev = kNoPage;
        --blocks;
    }
};

}  // namespace pcpbench
