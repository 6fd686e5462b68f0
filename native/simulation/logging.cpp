// What a cell keeps of moments: interruptions of isolated CPUs always, all events for one who asks.
#include <algorithm>
#include <stdexcept>

#include "simulation/simulation.hpp"

namespace pcpbench {

namespace {
// Of all isolated CPUs together; what a run file keeps of a cell stays small.
constexpr std::size_t kMostPieces = 4096;
constexpr std::size_t kLeastPieces = 64;
}  // namespace

void Simulation::restart_noise() {
    const std::size_t isolated = std::max<std::size_t>(1, config_.machine.isolated.size());
    const std::size_t most = std::max(kLeastPieces, kMostPieces / isolated);
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) {
        Cpu& c = machine_.own(cpu);
        c.noise.restart(c.isolated ? most : 0);
    }
}

void Simulation::note_pace() {
    const Pace now = measurements_.so_far();
    carried_.pages += now.pages - counted_.pages;
    carried_.calls += now.calls - counted_.calls;
    carried_.alloc_ps += now.alloc_ps - counted_.alloc_ps;
    counted_ = now;
}

// Events at the last moment do not come, the end of a whole epoch among them.
void Simulation::finish() {
    drains_.finish();
    note_pace();
    if (machine_.now() % kMillisecond == 0) course_.push_back(carried_);
}

void Simulation::log_events(const EventWindow& window, EventLog::Sink sink) {
    log_ = std::make_unique<EventLog>(window, machine_.cpus(), std::move(sink));
    machine_.set_log(log_.get());
    machine_.set_main_steps(logged_steps_);
}

EventLog& Simulation::log() {
    if (!log_) throw std::logic_error("no events were asked for");
    return *log_;
}

// Its latency is known when the next step begins (count_latency).
void Simulation::LoggedSteps::main_step(int cpu) {
    Simulation& s = *simulation_;
    const Cpu& c = s.machine_.own(cpu);
    const Pending& pending = s.pending_[static_cast<std::size_t>(cpu)];
    if (!c.mid_call && pending.timed != Pending::none) {
        const EventKind kind =
            pending.timed == Pending::alloc ? EventKind::alloc_call : EventKind::free_call;
        s.log_->add(kind, cpu, pending.started, c.op_end, {});
    }
    s.main_step(cpu);
}

Picoseconds Simulation::LoggedSteps::local_until(int cpu) {
    return simulation_->machine_.own(cpu).main.end;
}

void Simulation::LoggedSteps::catch_up(int cpu, Picoseconds limit) {
    simulation_->catch_up(cpu, limit);
}

}  // namespace pcpbench
