#include "simulation/drains.hpp"

#include <algorithm>

namespace pcpbench {

Drains::Drains(Machine& machine, Measurements& measurements, Memory& memory, Workqueue& works,
               bool rcu_normal)
    : machine_(&machine), measurements_(&measurements), memory_(&memory), workqueue_(&works),
      grace_periods_(machine), rcu_normal_(rcu_normal), mutex_(machine), lists_off_lock_(machine),
      lru_mutex_(machine),
      swapped_at_(static_cast<std::size_t>(memory.nodes() * machine.cpus()), 0),
      entry_flags_(static_cast<std::size_t>(machine.cpus()), 0) {}

Task<> Drains::drain_all(Thread& thread, DrainRequest request) {
    const Picoseconds asked = machine_->now();
    const bool measured = measuring_;
    Counters& counters = measurements_->counters;
    counters.drain_asked += measured;
    const bool mutex = memory_->rules().mutex;
    if (mutex && mutex_.held() && !request.one_zone) {
        counters.drain_skipped += measured;
        machine_->note(EventKind::drain_skipped, thread.cpu, asked);
        co_return;
    }
    if (mutex) co_await mutex_.acquire(thread);
    const std::int64_t number = generators_;
    request.number = number;
    request.asker = thread.cpu;
    machine_->note(EventKind::drain_wait, thread.cpu, asked, {.drain = number});
    if (measured) running_[number] = {asked, thread.cpu};
    const bool watched = memory_->zone(0).watched();
    for (PageCalls* zone : memory_->zones(-1)) {
        if (watched) listed_[number].push_back(zone->listed());
    }
    co_await converse(thread, {Context::initiator, thread.cpu, request});
    if (mutex) mutex_.release();
    running_.erase(number);
    machine_->note(EventKind::drain, thread.cpu, asked,
                   {.drain = number, .flag = measured ? kMeasuredDrain : std::uint8_t{0}});
    if (watched) record(request, asked);
    if (measured) {
        ++measurements_->counters.drain_completed;
        measurements_->drain_latency.add(machine_->now() - asked);
    }
}

void Drains::request(int cpu) {
    auto task = std::make_unique<Thread>();
    task->cpu = cpu;
    machine_->start(*task, drain_all(*task));
    // A task that is over leaves its place to the next request.
    std::erase_if(tasks_, [](const auto& old) { return old->asleep && !old->task.handle(); });
    tasks_.push_back(std::move(task));
}

Task<> Drains::lists_off(Thread& thread) {
    co_await lists_off_lock_.acquire(thread);
    lists_off_node_ = memory_->node_of_cpu(thread.cpu);
    memory_->zone(lists_off_node_).set_lists_off(true);
    co_await drain_all(thread, {true, lists_off_node_, true});
}

void Drains::lists_on() {
    if (!lists_off_lock_.held()) return;
    memory_->zone(lists_off_node_).set_lists_off(false);
    lists_off_lock_.release();
}

void Drains::finish() {
    for (const auto& [number, drain] : running_) {
        machine_->note(EventKind::drain, drain.asker, drain.asked,
                       {.drain = number, .flag = kMeasuredDrain | kUnfinishedDrain});
        ++measurements_->counters.drain_unfinished;
        measurements_->drain_censored.add(machine_->now() - drain.asked);
    }
}

// --- LRU batches ----------------------------------------------------------------------------

Task<> Drains::lru_drain_all(Thread& thread, bool forced) {
    const Costs& costs = machine_->costs();
    const Picoseconds began = machine_->now();
    co_await lru_mutex_.acquire(thread);
    std::vector<std::shared_ptr<Work>> works;
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        co_await machine_->run(thread, costs.l2_load + machine_->transfer(cpu, thread.cpu));
        if (!forced && memory_->zone(0).lru_entries(cpu) == 0) continue;
        if (memory_->rules().drains_lru) {
            co_await machine_->run(thread, costs.spin_lock_pair +
                                               memory_->zone(0).lru_entries(cpu) * costs.flush_page);
            memory_->zone(0).empty_lru(cpu);
            continue;
        }
        works.push_back(std::make_shared<Work>());
        works.back()->cause = Cause::lru;
        works.back()->body = [this](Thread& target) { return lru_drain_work(target); };
        co_await machine_->run(thread, costs.work_queue);
        const int ipis = workqueue_->queue(thread.cpu, cpu, works.back());
        if (ipis > 0) co_await machine_->run(thread, costs.ipi_send);
    }
    for (const auto& work : works) co_await workqueue_->flush(thread, work);
    lru_mutex_.release();
    machine_->note(EventKind::lru_drain, thread.cpu, began);
}

// Pages move to the LRU lists under a lock, as in a flush.
Task<> Drains::lru_drain_work(Thread& thread) {
    const Costs& costs = machine_->costs();
    co_await machine_->run(thread, costs.irq_save_restore +
                                       memory_->zone(0).lru_entries(thread.cpu) * costs.flush_page);
    memory_->zone(0).empty_lru(thread.cpu);
}

// --- what becomes of listed pages ----------------------------------------------------------

void Drains::watch(Picoseconds grace) {
    grace_ = grace;
    for (PageCalls* zone : memory_->zones(-1)) zone->watch();
}

// A forced drain has no grace: its caller relies on empty lists. Only the zones it was asked to drain
// count.
void Drains::record(DrainRequest request, Picoseconds asked) {
    const Picoseconds ended = machine_->now();
    const auto look = [this, request, asked, ended] {
        const auto listed = std::move(listed_[request.number]);
        listed_.erase(request.number);
        DrainRecord record{request.force, asked, ended, 0, 0};
        for (int node = 0; node < memory_->nodes(); ++node) {
            if (request.one_zone && node != request.zone) continue;
            const PageCalls::Listed& pages = listed[static_cast<std::size_t>(node)];
            record.listed_blocks += static_cast<std::int64_t>(pages.pages.size());
            record.left_blocks += memory_->zone(node).never_left(pages);
        }
        records_.push_back(record);
    };
    if (grace_ == 0 || request.force) {
        look();
    } else {
        machine_->at(ended + grace_, -1, look);
    }
}

// --- the conversation with a strategy -----------------------------------------------------

void Drains::Ask::await_suspend(std::coroutine_handle<> handle) {
    thread.resume = handle;
    drains.asking_ = this;
    drains.machine_->pause();
}

void Drains::answer(Command command) {
    Ask& ask = *std::exchange(asking_, nullptr);
    ask.command = std::move(command);
    machine_->end_spin(ask.thread);
}

// A generator speaks until it finishes: start or result goes out, a primitive comes in.
Task<> Drains::converse(Thread& thread, Side side) {
    const std::int64_t generator = generators_++;
    const Picoseconds began = machine_->now();
    Numbers result;
    const bool asks =
        side.context == Context::initiator || !memory_->rules().target_drains_local;
    if (!asks) {
        co_await Answered{*machine_, thread};
        co_await drain_local(thread, side);
        co_await Answered{*machine_, thread};
    }
    for (bool start = true; asks; start = false) {
        decision_ = {generator, start, side.context, side.cpu, side.request, std::move(result)};
        Command command = co_await Ask{*this, thread};
        if (command.primitive == Primitive::finish) break;
        result = co_await carry_out(thread, std::move(command), side);
    }
    if (side.context != Context::initiator) {
        machine_->note(EventKind::drain_on_target, thread.cpu, began,
                       {.value = side.cpu, .drain = side.request.number,
                        .other = side.request.asker,
                        .flag = static_cast<std::uint8_t>(side.context)});
    }
}

void Drains::note_asking(const Thread& thread, int cpu, const DrainRequest& request,
                         Context context) {
    machine_->note(EventKind::drain_asks, thread.cpu, machine_->now(),
                   {.drain = request.number, .other = cpu,
                    .flag = static_cast<std::uint8_t>(context)});
}

Task<Drains::Numbers> Drains::carry_out(Thread& thread, Command command, Side side) {
    require_cpus(command);
    require_side(command.primitive, side.context);
    Numbers result;
    switch (command.primitive) {
        case Primitive::scan_counts: result = co_await scan_counts(thread, side.request); break;
        case Primitive::swap_lists: co_await swap_lists(thread, command.cpus, side.request); break;
        case Primitive::synchronize_rcu:
            co_await synchronize_rcu(thread, command.value != 0);
            break;
        case Primitive::queue_work:
            result = co_await queue_work(thread, command.cpus, side.request);
            break;
        case Primitive::flush_work: co_await flush_work(thread, command.cpus); break;
        case Primitive::send_ipi: co_await send_ipi(thread, command.cpus, side.request); break;
        case Primitive::at_kernel_entry:
            co_await at_kernel_entry(thread, command.cpus, command.value, side.request);
            break;
        case Primitive::all: result = co_await all(thread, command.parts, side); break;
        default:
            const std::int64_t freed = co_await carry_out_freeing(thread, command, side);
            if (freed >= 0) result.push_back(freed);
    }
    co_return result;
}

// Primitives whose result is the number of pages freed; -1 for none.
Task<std::int64_t> Drains::carry_out_freeing(Thread& thread, const Command& command, Side side) {
    std::int64_t freed = -1;
    switch (command.primitive) {
        case Primitive::free_lists: 
            freed = co_await free_lists(thread, command.cpus, side.request);
            break;
        case Primitive::drain_remote:
            freed = co_await drain_remote(thread, command.cpus.at(0), command.value,
                                          side.request);
            break;
        case Primitive::free_at_no_cost:
            freed = co_await free_at_no_cost(thread, command.cpus, side.request);
            break;
        case Primitive::drain_local: freed = co_await drain_local(thread, side); break;
        case Primitive::run_for:
            require_lock("run_for");
            co_await converse(thread, {Context::remote, command.cpus.at(0), side.request});
            break;
        default: break;
    }
    co_return freed;
}

void Drains::require_cpus(const Command& command) const {
    if (command.primitive == Primitive::flush_work) return;
    for (const int cpu : command.cpus) {
        if (cpu < 0 || cpu >= machine_->cpus()) {
            throw StrategyError("there is no CPU " + std::to_string(cpu) + " on this machine of " +
                                std::to_string(machine_->cpus()));
        }
    }
}

void Drains::require_side(Primitive primitive, Context context) const {
    const bool on_target = context != Context::initiator;
    if (on_target == (primitive == Primitive::drain_local)) return;
    throw StrategyError(on_target ? "on_target may yield only t.drain_local()"
                                  : "t.drain_local() runs only on the target");
}

void Drains::require_lock(const char* what) const {
    if (memory_->rules().locked()) return;
    throw StrategyError(std::string(what) + " needs an access with a lock on the strategy");
}

}  // namespace pcpbench
