#include "simulation/simulation.hpp"

#include <algorithm>

namespace pcpbench {

namespace {

int first_housekeeping_cpu(const MachineConfig& config) {
    for (int cpu = 0; cpu < config.cpus; ++cpu) {
        const auto& isolated = config.isolated;
        if (std::find(isolated.begin(), isolated.end(), cpu) == isolated.end()) return cpu;
    }
    return 0;
}

}  // namespace

Simulation::Simulation(const SimulationConfig& config)
    : config_(config), housekeeping_(first_housekeeping_cpu(config.machine)),
      machine_(config.machine, *this),
      memory_(machine_, measurements_, config.memory, config.rules), workqueue_(machine_),
      drains_(machine_, measurements_, memory_, workqueue_, config.rcu_normal),
      streams_(static_cast<std::size_t>(config.machine.cpus)),
      reclaim_(machine_, measurements_, memory_, streams_, housekeeping_,
               config.memory.reclaim_cluster),
      slow_path_(machine_, measurements_, memory_, reclaim_, drains_, config.memory.reclaim_retries),
      pending_(streams_.size()), zone_calls_(streams_.size()), next_ops_(streams_.size()),
      private_slots_(streams_.size(), false), vmstat_pending_(streams_.size(), false) {
    measurements_.cpu_alloc_latency.resize(config.machine.isolated.empty() ? 0 : streams_.size());
    measurements_.refills_after_drain.assign(streams_.size(), 0);
    restart_noise();
}

void Simulation::add_stream(int cpu, std::unique_ptr<Stream> stream, bool fifo) {
    machine_.cpu(cpu).fifo = fifo;
    streams_[static_cast<std::size_t>(cpu)] = std::move(stream);
}

bool Simulation::run() {
    if (!set_up_done_) set_up();
    const bool decide = machine_.run_until(config_.warm_up + config_.time);
    if (!decide) finish();
    return decide;
}

std::string Simulation::check() { return memory_.check(); }

// --- operations ---------------------------------------------------------------------------

void Simulation::main_step(int cpu) {
    Cpu& c = machine_.own(cpu);
    if (c.zone_call) return zone_step(cpu);
    if (c.mid_call) {
        c.mid_call = false;
        retry(cpu, next_ops_[static_cast<std::size_t>(cpu)].current());
        return;
    }
    count_latency(cpu);
    Pending& pending = pending_[static_cast<std::size_t>(cpu)];
    if (!c.at_kernel_entry.empty()) {
        pending.entered = machine_.now();
        machine_.start(c.main, enter_kernel(c.main));
        return;
    }
    c.op_began = c.op_end = machine_.now();
    pending.started = pending.entered < 0 ? c.op_end : std::exchange(pending.entered, -1);
    execute(cpu, next_ops_[static_cast<std::size_t>(cpu)].current());
}

// A call's latency is known only when the next begins: an interrupt may have hit it.
void Simulation::count_latency(int cpu) {
    Pending& pending = pending_[static_cast<std::size_t>(cpu)];
    if (pending.timed == Pending::none) return;
    const Picoseconds latency = machine_.own(cpu).op_end - pending.started;
    if (pending.timed == Pending::alloc) {
        measurements_.alloc_latency.add(latency);
        if (machine_.own(cpu).isolated) measurements_.cpu_alloc_latency[cpu].add(latency);
    } else {
        measurements_.free_latency.add(latency);
    }
    pending.timed = Pending::none;
}

void Simulation::execute(int cpu, const Op& op) {
    Thread& main = machine_.cpu(cpu).main;
    switch (op.kind) {
        case OpKind::alloc: allocate(cpu, op); break;
        case OpKind::free: free(cpu, op); break;
        case OpKind::drain: machine_.start(main, drain_op(main, {})); break;
        case OpKind::drain_zone: machine_.start(main, drain_op(main, {true, memory_.node_of_cpu(cpu)})); break;
        case OpKind::lists_off: machine_.start(main, lists_off_op(main)); break;
        case OpKind::lists_on:
            drains_.lists_on();
            finish_op(cpu);
            break;
        case OpKind::cpu_off: machine_.start(main, cpu_off_op(main)); break;
        case OpKind::lru_drain: machine_.start(main, lru_drain_op(main, false)); break;
        case OpKind::lru_drain_forced: machine_.start(main, lru_drain_op(main, true)); break;
        case OpKind::pause: finish_op(cpu); break;
    }
}

void Simulation::allocate(int cpu, const Op& op) {
    const Pfn held = streams_[static_cast<std::size_t>(cpu)]->slots()[op.slot];
    if (held != kNoPage) return finish_op(cpu);  // a touch of a page that is still there
    pending_[static_cast<std::size_t>(cpu)].timed = Pending::alloc;
    Cpu& c = machine_.own(cpu);
    PageCalls& calls = memory_.of_cpu(cpu);
    calls.look_at_high(op.order);
    if ((calls.view().low_orders >> op.order & 1) == 0) {
        // Another node may have what this one has not.
        if (memory_.nodes() > 1) {
            return machine_.start(c.main, slow_allocate(c.main, op, Since::start));
        }
        c.mid_call = true;
        c.op_end = c.main.end = std::max(machine_.now(), c.irq_until) + slow_path_.enter(cpu);
        return;
    }
    if (!calls.on_lists(op.order) && c.irq_until <= machine_.now()) {
        return take_from_zone(cpu, false);
    }
    Pfn page = kNoPage;
    const Picoseconds length = calls.try_allocate(cpu, op.order, op.type, page);
    if (length < 0) return machine_.start(c.main, slow_allocate(c.main, op, Since::start));
    count_allocated(cpu, op, page + calls.first_page());
    c.op_end = machine_.now() + length;
    finish_op(cpu);
}

// The first retry of an allocation that found the zone below its low watermark.
void Simulation::retry(int cpu, const Op& op) {
    Cpu& c = machine_.own(cpu);
    Pfn page = kNoPage;
    PageCalls& calls = memory_.of_cpu(cpu);
    calls.look_at_high(op.order);
    const PageCalls::View& view = calls.view();
    const bool serves = !view.kswapd_needed && (view.min_orders >> op.order & 1) != 0;
    if (serves && !calls.on_lists(op.order) && c.irq_until <= machine_.now()) {
        return take_from_zone(cpu, true);
    }
    const Picoseconds length =
        serves ? calls.try_allocate(cpu, op.order, op.type, page) : -1;
    if (length < 0) return machine_.start(c.main, slow_allocate(c.main, op, Since::entry));
    count_allocated(cpu, op, page + calls.first_page());
    c.op_end = machine_.now() + length;
    finish_op(cpu);
}

void Simulation::count_allocated(int cpu, const Op& op, Pfn page) {
    ++measurements_.counters.alloc_calls;
    if (page == kNoPage) {
        ++measurements_.counters.alloc_failures;
        return;
    }
    measurements_.counters.alloc_pages += 1 << op.order;
    streams_[static_cast<std::size_t>(cpu)]->slots()[op.slot] = page;
    memory_.note_held(cpu, page, 1);
}

void Simulation::free(int cpu, const Op& op) {
    Pfn& slot = streams_[static_cast<std::size_t>(cpu)]->slots()[op.slot];
    const Pfn held = std::exchange(slot, kNoPage);
    if (held == kNoPage) {
        ++measurements_.counters.free_noops;
        return finish_op(cpu);
    }
    memory_.note_held(cpu, held, -1);
    PageCalls& calls = memory_.of(held);
    const Pfn page = held - calls.first_page();
    ++measurements_.counters.free_calls;
    measurements_.counters.free_pages += 1 << calls.zone().frames()[page].order;
    pending_[static_cast<std::size_t>(cpu)].timed = Pending::free;
    if (!calls.on_lists(calls.zone().frames()[page].order) &&
        machine_.own(cpu).irq_until <= machine_.now()) {
        return give_to_zone(cpu, calls, page);
    }
    std::uint32_t flush = 0;
    const Picoseconds length = calls.try_free(cpu, page, flush);
    Thread& thread = machine_.cpu(cpu).main;
    if (length < 0) return machine_.start(thread, slow_free(thread, held));
    if (flush != 0) return machine_.start(thread, flush_after_free(thread, length, held, flush));
    machine_.own(cpu).op_end = machine_.now() + length;
    finish_op(cpu);
}

// Draws the next operation; it comes one gap of the task's own time after this one's end.
void Simulation::finish_op(int cpu) {
    Cpu& c = machine_.own(cpu);
    c.op_end = std::max({c.op_end, machine_.now(), c.irq_until});
    Lookahead& next = next_ops_[static_cast<std::size_t>(cpu)];
    next.advance(*streams_[static_cast<std::size_t>(cpu)]);
    machine_.schedule_main(cpu, next.current().gap);
}

Task<> Simulation::slow_allocate(Thread& thread, Op op, Since since) {
    const Pfn page = co_await slow_path_.allocate(thread, op.order, op.type, since);
    count_allocated(thread.cpu, op, page);
    finish_op(thread.cpu);
}

Task<> Simulation::slow_free(Thread& thread, Pfn page) {
    PageCalls& calls = memory_.of(page);
    co_await calls.free_one(thread, page - calls.first_page());
    finish_op(thread.cpu);
}

Task<> Simulation::flush_after_free(Thread& thread, Picoseconds length, Pfn page,
                                    std::uint32_t pages) {
    PageCalls& calls = memory_.of(page);
    co_await calls.finish_flush(thread, length, page - calls.first_page(), pages);
    finish_op(thread.cpu);
}

Task<> Simulation::drain_op(Thread& thread, DrainRequest request) {
    co_await drains_.drain_all(thread, request);
    finish_op(thread.cpu);
}

Task<> Simulation::lists_off_op(Thread& thread) {
    co_await drains_.lists_off(thread);
    finish_op(thread.cpu);
}

Task<> Simulation::lru_drain_op(Thread& thread, bool forced) {
    co_await drains_.lru_drain_all(thread, forced);
    finish_op(thread.cpu);
}

// page_alloc_cpu_dead: the lists of a CPU that goes away are emptied, its counters folded.
Task<> Simulation::cpu_off_op(Thread& thread) {
    co_await memory_.empty_own(thread);
    memory_.fold(thread.cpu);
    memory_.of_cpu(thread.cpu).empty_lru(thread.cpu);
    finish_op(thread.cpu);
}

// What waited for this moment comes first; then the operation that entered the kernel.
Task<> Simulation::enter_kernel(Thread& thread) {
    co_await machine_.run_kernel_entry(thread, thread.cpu);
    Cpu& c = machine_.cpu(thread.cpu);
    c.op_end = std::max(machine_.now(), c.irq_until);
    machine_.schedule_main(thread.cpu, 0);
}

}  // namespace pcpbench
