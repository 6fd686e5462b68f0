#include "calibrate/list_loop.hpp"

#include <array>
#include <atomic>
#include <new>
#include <type_traits>
#include <utility>

#include "calibrate/pinning.hpp"
#include "calibrate/stopwatch.hpp"

namespace pcpbench::calibrate {

namespace {

constexpr std::size_t kPages = 512;
constexpr std::uintptr_t kFrameBytes = 4096;
constexpr std::size_t kBurst = 8;  // pages that a turn holds, so that it meets different ones
constexpr std::size_t kLists = 15;
constexpr std::size_t kList = 1;

struct Link {
    Link* next;
    Link* prev;
};

struct alignas(64) Page {
    std::uint64_t flags;
    Link lru;
    std::uint64_t index;
};

struct Lists {
    std::int64_t count;
    std::array<Link, kLists> heads;
};

struct alignas(64) Pcp {
    std::atomic<std::uint32_t> lock;
    std::int32_t high;
    std::int32_t batch;
    std::int16_t free_factor;
    std::int16_t expire;
    Lists* lists;
    Lists own;
};

void insert_head(Link& head, Link& link) {
    link.next = head.next;
    link.prev = &head;
    head.next->prev = &link;
    head.next = &link;
}

template <ListVariant variant>
Lists& lists_of(Pcp* pcp) {
    if constexpr (variant == ListVariant::indirect) {
        // As rcu_dereference: one load that the compiler may neither keep nor repeat.
        return **static_cast<Lists* volatile*>(&pcp->lists);
    } else {
        return pcp->own;
    }
}

template <ListVariant variant>
bool enter(Pcp* pcp) {
    if constexpr (variant != ListVariant::try_locked) return true;
    std::uint32_t free = 0;
    return pcp->lock.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                             std::memory_order_relaxed);
}

template <ListVariant variant>
void leave(Pcp* pcp) {
    if constexpr (variant == ListVariant::try_locked) {
        pcp->lock.store(0, std::memory_order_release);
    }
}

template <ListVariant variant>
[[gnu::always_inline]] inline Link* pop(Pcp* pcp, std::size_t index) {
    if (!enter<variant>(pcp)) return nullptr;
    pcp->free_factor = static_cast<std::int16_t>(pcp->free_factor >> 1);
    Lists& lists = lists_of<variant>(pcp);
    Link& head = lists.heads[index];
    Link* link = head.next;
    if (link == &head) link = nullptr;
    if (link != nullptr) {
        link->next->prev = link->prev;
        link->prev->next = link->next;
        --lists.count;
    }
    leave<variant>(pcp);
    return link;
}

template <ListVariant variant>
[[gnu::always_inline]] inline bool push(Pcp* pcp, std::size_t index, Link* link) {
    if (!enter<variant>(pcp)) return false;
    Lists& lists = lists_of<variant>(pcp);
    insert_head(lists.heads[index], *link);
    const bool full = ++lists.count >= pcp->high;
    leave<variant>(pcp);
    return full;
}

// Nothing begins before everything so far has its result.
void wait_for_all_results() {
#if defined(__x86_64__)
    asm volatile("lfence" : : : "memory");
#elif defined(__aarch64__)
    asm volatile("isb" : : : "memory");
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

// Moves what follows by so many short instructions, which are executed once.
template <int count>
[[gnu::always_inline]] inline void pad() {
    if constexpr (count > 0) {
        asm volatile("nop");
        pad<count - 1>();
    }
}

using Turns = void (*)(Pcp* pcp, std::uint64_t bursts);

template <ListVariant variant, bool serialised, int layout>
[[gnu::noinline]] void turns(Pcp* pcp, std::uint64_t bursts) {
    pad<5 * layout>();
    std::array<Link*, kBurst> held{};
    std::size_t index = kList;
    for (std::uint64_t burst = 0; burst < bursts; ++burst) {
        for (Link*& link : held) {
            // As after a call: the compiler knows neither the list nor what memory holds.
            launder(pcp);
            launder(index);
            link = pop<variant>(pcp, index);
            if constexpr (serialised) wait_for_all_results();
        }
        for (Link* link : held) {
            launder(pcp);
            launder(index);
            const bool full = push<variant>(pcp, index, link);
            asm volatile("" : : "r"(full) : "memory");
            if constexpr (serialised) wait_for_all_results();
        }
    }
}

template <ListVariant variant, bool serialised, int... layouts>
constexpr std::array<Turns, sizeof...(layouts)> every_layout(
    std::integer_sequence<int, layouts...>) {
    return {&turns<variant, serialised, layouts>...};
}

template <ListVariant variant>
Turns turns_of(bool serialised, std::size_t layout) {
    using Layouts = std::make_integer_sequence<int, ListLoop::kLayouts>;
    return (serialised ? every_layout<variant, true>(Layouts{})
                    : every_layout<variant, false>(Layouts{}))
        .at(layout);
}

Turns turns_of(ListVariant variant, bool serialised, std::size_t layout) {
    switch (variant) {
        case ListVariant::bare: return turns_of<ListVariant::bare>(serialised, layout);
        case ListVariant::indirect: return turns_of<ListVariant::indirect>(serialised, layout);
        case ListVariant::try_locked: return turns_of<ListVariant::try_locked>(serialised, layout);
    }
    return nullptr;
}

}  // namespace

struct ListLoop::State {
    Pcp pcp{};
    std::array<Page, kPages> pages{};

    State() {
        pcp.high = static_cast<std::int32_t>(2 * kPages);
        pcp.batch = 63;
        pcp.lists = &pcp.own;
        for (Link& head : pcp.own.heads) head = {&head, &head};
        for (Page& page : pages) insert_head(pcp.own.heads[kList], page.lru);
        pcp.own.count = static_cast<std::int64_t>(kPages);
    }
};

ListLoop::ListLoop(int placement)
    : memory_(std::make_unique<unsigned char[]>(sizeof(State) + 2 * kFrameBytes)) {
    auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    address = (address + kFrameBytes - 1) & ~(kFrameBytes - 1);
    address += static_cast<std::uintptr_t>(placement) * alignof(State) % kFrameBytes;
    state_ = new (reinterpret_cast<void*>(address)) State;
    static_assert(std::is_trivially_destructible_v<State>);
}

ListLoop::~ListLoop() = default;

double ListLoop::ns_per_pair(int cpu, ListVariant variant, bool serialised, int layout,
                             std::uint64_t pairs) {
    const Pinned pinned(cpu);
    const Turns run = turns_of(variant, serialised, static_cast<std::size_t>(layout));
    const std::uint64_t bursts = pairs / kBurst + 1;
    run(&state_->pcp, 16);  // warm
    return ns_each(bursts * kBurst, [&] { run(&state_->pcp, bursts); });
}

}  // namespace pcpbench::calibrate
