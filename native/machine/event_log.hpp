// event_log.hpp: what happened on which CPU, from when to when, kept only for one who asks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "machine/costs.hpp"
#include "metrics/interference.hpp"

namespace pcpbench {

// Meanings are in docs/explain.md; names are those the Python side reads.
#define PCPBENCH_EVENTS(X)                                                                      \
    X(alloc_call) X(free_call) X(refill) X(flush) X(zone_call) X(direct_reclaim)                 \
    X(zone_lock_wait) X(zone_lock_hold) X(list_lock_wait) X(list_lock_hold) X(interruption)      \
    X(handler) X(noise) X(drain) X(drain_skipped) X(drain_wait) X(drain_asks) X(drain_on_target) \
    X(grace_period) X(wake_up) X(thread) X(kswapd) X(lru_drain)

enum class EventKind : std::uint8_t {
#define PCPBENCH_FIELD(name) name,
    PCPBENCH_EVENTS(PCPBENCH_FIELD)
#undef PCPBENCH_FIELD
};
#define PCPBENCH_NAME(name) #name,
inline constexpr const char* kEventNames[] = {PCPBENCH_EVENTS(PCPBENCH_NAME)};
#undef PCPBENCH_NAME
inline constexpr std::size_t kEventKinds = std::size(kEventNames);

// What else there is to say of an event; what a field means depends on the kind.
struct EventDetails {
    std::int64_t value = 0;
    std::int64_t drain = -1;  // number of the drain it belongs to
    int other = -1;           // another CPU
    Mechanism mechanism = Mechanism::ipi;
    Cause cause = Cause::other;
    std::uint8_t flag = 0;
};

// Handed out as bytes in this layout.
struct LoggedEvent {
    Picoseconds begin;
    Picoseconds end;
    std::int64_t value;
    std::int64_t drain;
    std::int32_t cpu;
    std::int32_t other;
    std::uint8_t kind;
    std::uint8_t mechanism;
    std::uint8_t cause;
    std::uint8_t flag;
    std::uint8_t padding[4];
};
static_assert(sizeof(LoggedEvent) == 48);

// What of a simulation is kept: events that touch [from, to), `most` of them at a time.
struct EventWindow {
    Picoseconds from = 0;
    Picoseconds to = 0;
    Picoseconds shortest_call = 0;  // page calls that took less are left out
    std::size_t most = std::size_t{1} << 20;
};

class EventLog {
  public:
    // Takes the events when there are `most`; without one, those beyond are only counted.
    using Sink = std::function<void(std::span<const LoggedEvent>)>;

    EventLog(const EventWindow& window, int cpus, Sink sink);

    void add(EventKind kind, int cpu, Picoseconds begin, Picoseconds end,
             const EventDetails& details);
    // Forgets the longest events so far: those of the warm-up do not count.
    void start_measuring();

    std::span<const LoggedEvent> events() const { return events_; }
    std::uint64_t left_out() const { return left_out_; }
    // The longest event of each kind on each CPU. Interruptions that touch are one `noise`, whose
    // value is the time taken, as in Interference.
    std::vector<LoggedEvent> longest() const;

  private:
    void consider(const LoggedEvent& event, Picoseconds length);
    void keep(const LoggedEvent& event);
    void join_noise(const LoggedEvent& interruption);

    EventWindow window_;
    Sink sink_;
    std::vector<LoggedEvent> events_;
    std::uint64_t left_out_ = 0;
    std::vector<std::array<LoggedEvent, kEventKinds>> longest_;
    std::vector<std::array<Picoseconds, kEventKinds>> longest_ps_;  // -1: none yet
    std::vector<LoggedEvent> noise_;                                // by CPU: the one that grows
};

}  // namespace pcpbench
