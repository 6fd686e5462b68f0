// What goes on beside the workloads: setting up, ticks, vmstat, epochs, requested drains.
#include <algorithm>
#include <map>

#include "machine/random.hpp"
#include "simulation/simulation.hpp"

namespace pcpbench {

void Simulation::set_up() {
    set_up_done_ = true;
    prefill();
    for (PageCalls* zone : memory_.zones(-1)) zone->refresh_view();
    std::map<const Slots*, int> users;
    for (const auto& stream : streams_) {
        if (stream) ++users[&stream->slots()];
    }
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) {
        const auto& stream = streams_[static_cast<std::size_t>(cpu)];
        if (!stream) continue;
        private_slots_[static_cast<std::size_t>(cpu)] = users[&stream->slots()] == 1;
        finish_op(cpu);
        machine_.update(cpu);
    }
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) machine_.share(cpu);
    start_ticks();
    machine_.at(config_.warm_up, -1, [this] { start_measuring(); });
    machine_.at(kMillisecond, -1, [this] { end_epoch(); });
    // The shepherd's first round comes at a moment of the seed's choice within the interval.
    const std::uint64_t random = hash_random(config_.machine.seed, kPhaseStream, 0, 1);
    const auto phase = static_cast<Picoseconds>(
        random % static_cast<std::uint64_t>(config_.stat_interval));
    machine_.at(phase, -1, [this] { shepherd(); });
    if (config_.drain_period > 0) request_drains(0);
}

// Streams fill their slots page by page in turn, so that their pages lie mixed in memory.
void Simulation::prefill() {
    std::vector<int> filling;
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) {
        if (streams_[static_cast<std::size_t>(cpu)]) filling.push_back(cpu);
    }
    const auto fill = [this](int cpu) {
        Op op;
        Stream& stream = *streams_[static_cast<std::size_t>(cpu)];
        if (!stream.next_prefill(op)) return true;
        const Pfn page = memory_.prefill(cpu, op.order, op.type, config_.prefill_keep_free);
        if (page == kNoPage) return true;
        stream.slots()[op.slot] = page;
        memory_.note_held(cpu, page, 1);
        return false;
    };
    while (!filling.empty()) std::erase_if(filling, fill);
}

void Simulation::start_measuring() {
    machine_.settle_all();
    note_pace();
    Measurements fresh;
    fresh.cpu_alloc_latency.resize(measurements_.cpu_alloc_latency.size());
    fresh.refills_after_drain.assign(streams_.size(), 0);
    fresh.counters.limbo_pages_max = drains_.limbo_pages();
    measurements_ = std::move(fresh);
    counted_ = {};
    restart_noise();
    if (log_) log_->start_measuring();
    drains_.start_measuring();
}

void Simulation::end_epoch() {
    machine_.settle_all();
    for (PageCalls* zone : memory_.zones(-1)) zone->end_epoch();
    note_pace();
    course_.push_back(std::exchange(carried_, {}));
    measurements_.end_epoch();
    std::int64_t parked = drains_.limbo_pages();
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) parked += memory_.listed_pages(cpu);
    Counters& counters = measurements_.counters;
    counters.parked_pages_sum += parked;
    ++counters.parked_samples;
    counters.parked_pages_max = std::max(counters.parked_pages_max, parked);
    machine_.at(machine_.now() + kMillisecond, -1, [this] { end_epoch(); });
}

// Ticks of the CPUs are spread over a jiffy (skew_tick); a nohz_full CPU with one task has none.
void Simulation::start_ticks() {
    const Picoseconds jiffy = kSecond / config_.machine.hz;
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) {
        if (!machine_.cpu(cpu).tick) continue;
        tick(cpu, jiffy * cpu / machine_.cpus());
    }
}

void Simulation::tick(int cpu, Picoseconds time) {
    machine_.at(time, cpu, [this, cpu, time] {
        const Costs& costs = machine_.costs();
        machine_.interrupt(
            cpu, {costs.irq_entry_exit + costs.tick_handler, Mechanism::tick, Cause::other, {}});
        if (machine_.own(cpu).shared) machine_.scheduler_tick(cpu);
        tick(cpu, time + kSecond / config_.machine.hz);
    });
}

// vmstat_shepherd: queues work where a remainder waits to be folded (mm/vmstat.c, v5.15).
void Simulation::shepherd() {
    const int from = housekeeping_;
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) {
        if (config_.vmstat_skips_isolated && machine_.own(cpu).isolated) continue;
        if (memory_.has_remainder(cpu)) queue_vmstat(cpu, from);
    }
    machine_.at(machine_.now() + config_.stat_interval, -1, [this] { shepherd(); });
}

void Simulation::queue_vmstat(int cpu, int from) {
    if (vmstat_pending_[static_cast<std::size_t>(cpu)]) return;
    vmstat_pending_[static_cast<std::size_t>(cpu)] = true;
    const auto work = std::make_shared<Work>();
    work->cause = Cause::vmstat;
    work->body = [this](Thread& thread) { return vmstat_update(thread); };
    workqueue_.queue(from, cpu, work);
}

Task<> Simulation::vmstat_update(Thread& thread) {
    co_await machine_.run(thread, machine_.costs().vmstat_update);
    vmstat_pending_[static_cast<std::size_t>(thread.cpu)] = false;
    const bool folded = memory_.fold(thread.cpu);
    const bool decayed = co_await memory_.decay(thread);
    if (!folded && !decayed) co_return;
    // As long as something changes the CPU queues its own work again.
    const int cpu = thread.cpu;
    vmstat_pending_[static_cast<std::size_t>(cpu)] = true;
    machine_.at(machine_.now() + config_.stat_interval, cpu, [this, cpu] {
        vmstat_pending_[static_cast<std::size_t>(cpu)] = false;
        queue_vmstat(cpu, cpu);
    });
}

void Simulation::request_drains(std::int64_t number) {
    const std::uint64_t random = hash_random(config_.machine.seed, kPhaseStream, 0, 2);
    const auto phase =
        static_cast<Picoseconds>(random % static_cast<std::uint64_t>(config_.drain_period));
    machine_.at(phase + number * config_.drain_period, -1, [this, number] {
        drains_.request(housekeeping_);
        request_drains(number + 1);
    });
}

}  // namespace pcpbench
