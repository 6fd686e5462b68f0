// learned_lists.hpp: what events have shown of the per-CPU lists of a machine whose lists were never
// seen: which pages are on them, in which order, and from where on nothing is known.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "allocator/kernel_policy.hpp"

namespace pcpbench {

using RecordedPfn = std::uint64_t;
inline constexpr RecordedPfn kUnknownPage = ~RecordedPfn{0};

// The lists of one CPU in one zone; two numbers that address them.
struct ListOwner {
    std::uint16_t cpu = 0;
    std::uint16_t zone = 0;
    bool operator==(const ListOwner&) const = default;
};

class LearnedLists {
  public:
    LearnedLists(const KernelPolicy& policy, std::size_t zones) : policy_(policy), zones_(zones) {}

    // What may stand at one end of a list. `page`: the only one it can be, or kUnknownPage;
    // `ambiguous`: pages whose list is not known stand there, so that several may be meant.
    struct End {
        RecordedPfn page = kUnknownPage;
        bool ambiguous = false;
        bool empty = false;  // the list is known to hold nothing
    };
    End head(ListOwner owner, int list);
    End tail(ListOwner owner, int list);

    // A page is freed to the list of (order, type); type < 0: of its pageblock, which is not known.
    void push(ListOwner owner, RecordedPfn page, int order, int type);
    // The list was found empty and refilled: all of it is known from here on.
    void clear(ListOwner owner, int list);
    void append(ListOwner owner, int list, RecordedPfn page, int order);
    // The page was seen to leave the list's head. Pages above it that were certain have left without
    // an event: they are added to `vanished`. False if it was not known to be there: then the list
    // is not known any more.
    bool pop(ListOwner owner, int list, RecordedPfn page, std::vector<RecordedPfn>& vanished);
    // The page was seen to leave a list's tail (drained): what stood behind it had left before, and
    // is added to `vanished`.
    void drain(RecordedPfn page, std::vector<RecordedPfn>& vanished);
    // The page is elsewhere, however it got there.
    void forget(RecordedPfn page) { where_.erase(page); }

    // Whose certain list a page is on. `list` < 0: one of several.
    struct Where {
        std::uint32_t serial = 0;
        ListOwner owner;
        std::int8_t list = -1;
        std::uint8_t order = 0;
        std::uint8_t not_in = 0;  // by type: lists that it was seen not to be on
    };
    const Where* find(RecordedPfn page) const {
        const auto found = where_.find(page);
        return found == where_.end() ? nullptr : &found->second;
    }

  private:
    struct Entry {
        RecordedPfn page;
        std::uint32_t serial;
    };
    struct List {
        std::deque<Entry> pages;  // front: head
        bool whole = false;       // nothing but these is on it
    };
    List& at(ListOwner owner, int list);
    // Whether an entry still says where its page is; certain: nowhere else.
    bool holds(const Entry& entry, int list, bool& certain) const;
    void exclude(const Entry& entry, int list);
    End end(ListOwner owner, int list, bool at_head);

    KernelPolicy policy_;
    std::size_t zones_;
    std::vector<std::array<List, kMaxPcpLists>> lists_;  // by CPU and zone
    std::unordered_map<RecordedPfn, Where> where_;
    std::uint32_t serial_ = 0;
};

}  // namespace pcpbench
