#include "machine/event_log.hpp"

#include <algorithm>

namespace pcpbench {

EventLog::EventLog(const EventWindow& window, int cpus, Sink sink)
    : window_(window), sink_(std::move(sink)), longest_(static_cast<std::size_t>(cpus)),
      longest_ps_(static_cast<std::size_t>(cpus)), noise_(static_cast<std::size_t>(cpus)) {
    start_measuring();
}

void EventLog::start_measuring() {
    for (auto& of_cpu : longest_ps_) of_cpu.fill(-1);
    for (LoggedEvent& noise : noise_) noise.end = -1;
}

void EventLog::add(EventKind kind, int cpu, Picoseconds begin, Picoseconds end,
                   const EventDetails& details) {
    const LoggedEvent event{begin,
                            end,
                            details.value,
                            details.drain,
                            cpu,
                            details.other,
                            static_cast<std::uint8_t>(kind),
                            static_cast<std::uint8_t>(details.mechanism),
                            static_cast<std::uint8_t>(details.cause),
                            details.flag,
                            {}};
    consider(event, end - begin);
    if (kind == EventKind::interruption) join_noise(event);
    const bool is_call = kind == EventKind::alloc_call || kind == EventKind::free_call;
    if (is_call && end - begin < window_.shortest_call) return;
    keep(event);
}

void EventLog::join_noise(const LoggedEvent& interruption) {
    LoggedEvent& noise = noise_[static_cast<std::size_t>(interruption.cpu)];
    const Picoseconds length = interruption.end - interruption.begin;
    if (noise.end >= 0 && interruption.begin <= noise.end) {
        noise.end = std::max(noise.end, interruption.end);
        noise.value += length;
    } else {
        noise = interruption;
        noise.kind = static_cast<std::uint8_t>(EventKind::noise);
        noise.value = length;
    }
    consider(noise, noise.value);
}

void EventLog::consider(const LoggedEvent& event, Picoseconds length) {
    const auto cpu = static_cast<std::size_t>(event.cpu);
    if (length <= longest_ps_[cpu][event.kind]) return;
    longest_ps_[cpu][event.kind] = length;
    longest_[cpu][event.kind] = event;
}

void EventLog::keep(const LoggedEvent& event) {
    if (event.end < window_.from || event.begin >= window_.to) return;
    if (events_.size() >= window_.most) {
        if (!sink_) {
            ++left_out_;
            return;
        }
        sink_(events_);
        events_.clear();
    }
    events_.push_back(event);
}

std::vector<LoggedEvent> EventLog::longest() const {
    std::vector<LoggedEvent> found;
    for (std::size_t cpu = 0; cpu < longest_.size(); ++cpu) {
        for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
            if (longest_ps_[cpu][kind] >= 0) found.push_back(longest_[cpu][kind]);
        }
    }
    return found;
}

}  // namespace pcpbench
