// Which task has a CPU for which several compete: FIFO jobs first, fair tasks by CFS or by EEVDF.
//
// Sources, kernel/sched: fair.c of v5.15 (sched_slice, place_entity, wakeup_preempt_entity,
// check_preempt_tick), fair.c of v6.12 (place_entity, pick_eevdf with RUN_TO_PARITY,
// update_deadline), core.c:get_update_sysctl_factor. All tasks have nice 0. A kernel thread keeps the
// CPU until it sleeps; the workload's task gives way in user mode and where it calls cond_resched.
#include <algorithm>

#include "machine/machine.hpp"
#include "machine/random.hpp"

namespace pcpbench {

namespace {

// The scheduler's times grow with the logarithm of the CPUs, up to eight of them.
Picoseconds scaled(int cpus, Picoseconds one_cpu) {
    Picoseconds factor = 1;
    for (int n = std::min(cpus, 8); n > 1; n /= 2) ++factor;
    return factor * one_cpu;
}

constexpr Picoseconds kLatency = 6 * kMillisecond;        // sysctl_sched_latency
constexpr Picoseconds kSlice = 750 * kMicrosecond;        // .._min_granularity, .._base_slice
constexpr Picoseconds kWakeGranularity = kMillisecond;    // sysctl_sched_wakeup_granularity

// Who has the CPU, perhaps in an interrupt.
Thread* current_of(const Cpu& c) { return c.handler.active ? c.handler.interrupted : c.current; }

}  // namespace

// --- the competitors ----------------------------------------------------------------------

void Machine::share(int number) {
    Cpu& c = cpu(number);
    if (c.isolated || c.fifo || (config_.runnable <= 1 && config_.fifo_load == 0)) return;
    c.shared = std::make_unique<Competitors>();
    Competitors& shared = *c.shared;
    for (int i = 1; i < config_.runnable; ++i) {
        shared.tasks.push_back(std::make_unique<Thread>());
        Thread& thread = *shared.tasks.back();
        thread.cpu = number;
        thread.role = Role::other_task;
        park(thread, compute(thread));
        thread.asleep = false;
        c.ready.push_back(&thread);
    }
    if (config_.fifo_load > 0) {
        shared.fifo = std::make_unique<Thread>();
        shared.fifo->cpu = number;
        shared.fifo->role = Role::fifo_task;
        park(*shared.fifo, work_off_jobs(c));
        next_fifo_job(number, 0);
    }
    if (c.current == nullptr) reschedule(number);
}

Task<> Machine::compute(Thread& thread) {
    for (;;) co_await run(thread, kSecond);
}

Task<> Machine::work_off_jobs(Cpu& c) {
    Thread& thread = *c.shared->fifo;
    for (;;) {
        while (c.shared->backlog > 0) co_await run(thread, std::exchange(c.shared->backlog, 0));
        co_await sleep(thread);
    }
}

// Gaps and lengths of jobs are uniform from nothing to twice their mean.
void Machine::next_fifo_job(int number, std::uint64_t job) {
    const std::uint64_t key = stream_key(config_.seed, kFifoStream, number);
    const auto up_to_twice = [](std::uint64_t random, Picoseconds mean) {
        return (mean / 1000 * static_cast<Picoseconds>(random >> 48) >> 15) * 1000;
    };
    const Picoseconds mean_gap = (config_.fifo_run / config_.fifo_load) << 16;
    const Picoseconds gap = up_to_twice(keyed_random(key, 2 * job), mean_gap);
    const Picoseconds length = up_to_twice(keyed_random(key, 2 * job + 1), config_.fifo_run);
    at(now_ + gap, number, [this, number, job, length] {
        Competitors& shared = *cpu(number).shared;
        shared.backlog += length;
        if (shared.fifo->asleep) {
            shared.fifo->asleep = false;
            join(*shared.fifo);
        }
        next_fifo_job(number, job + 1);
    });
}

// --- the order of turns -------------------------------------------------------------------

// Counts the current thread's run time up to now.
void Machine::charge(Cpu& c) {
    Competitors& shared = *c.shared;
    if (Thread* thread = current_of(c); thread != nullptr) thread->vruntime += now_ - shared.charged_at;
    shared.charged_at = now_;
    Picoseconds least = kNever;
    for (const Thread* each : candidates(c, true)) least = std::min(least, each->vruntime);
    if (least != kNever) shared.floor = std::max(shared.floor, least);
}

// Where a woken thread comes into the order: with CFS it gets up to half a latency for having slept
// (GENTLE_FAIR_SLEEPERS); with EEVDF the mean of the others, one slice before its deadline.
void Machine::place(Cpu& c, Thread& thread) {
    if (!config_.eevdf) {
        const Picoseconds bonus = scaled(config_.cpus, kLatency) / 2;
        thread.vruntime = std::max(thread.vruntime, c.shared->floor - bonus);
        return;
    }
    const std::vector<Thread*> others = candidates(c, true);
    Picoseconds sum = 0;
    for (const Thread* each : others) sum += each->vruntime - c.shared->floor;
    const auto count = static_cast<Picoseconds>(others.size());
    const Picoseconds mean = count == 0 ? c.shared->floor : c.shared->floor + sum / count;
    thread.vruntime = std::max(thread.vruntime, mean);
    thread.deadline = thread.vruntime + scaled(config_.cpus, kSlice);
}

// Fair threads that can run, without or with the one that does.
std::vector<Thread*> Machine::candidates(Cpu& c, bool current_too) const {
    std::vector<Thread*> fair;
    for (Thread* thread : c.ready) {
        if (thread->role != Role::fifo_task) fair.push_back(thread);
    }
    Thread* current = current_of(c);
    if (c.main_runnable && (current_too || current != &c.main)) fair.push_back(&c.main);
    if (current_too && current != nullptr && current != &c.main &&
        current->role != Role::fifo_task) {
        fair.push_back(current);
    }
    return fair;
}

// Who has the CPU next; null: nobody wants it. With CFS it is who ran least, with EEVDF the earliest
// deadline of those that have not had more than their share.
Thread* Machine::first(Cpu& c, bool current_too) const {
    if (Thread* fifo = c.shared->fifo.get(); fifo != nullptr) {
        const bool waits = std::find(c.ready.begin(), c.ready.end(), fifo) != c.ready.end();
        if (waits || (current_too && c.current == fifo)) return fifo;
    }
    const std::vector<Thread*> fair = candidates(c, current_too);
    Thread* best = nullptr;
    Picoseconds sum = 0;
    for (const Thread* each : fair) sum += each->vruntime - c.shared->floor;
    const auto count = static_cast<Picoseconds>(fair.size());
    for (Thread* each : fair) {
        const bool eligible = (each->vruntime - c.shared->floor) * count <= sum;
        if (config_.eevdf && !eligible) continue;
        const bool before = best == nullptr || (config_.eevdf ? each->deadline < best->deadline
                                                              : each->vruntime < best->vruntime);
        if (before) best = each;
    }
    return best;
}

// Whether a thread that wakes takes the CPU from the one that has it. With EEVDF none does: that
// one's slice is used up first.
bool Machine::preempts(const Cpu& c, const Thread& woken) const {
    if (woken.role == Role::fifo_task) return true;
    if (c.current != &c.main && c.current->role != Role::other_task) return false;
    return !config_.eevdf && c.current->vruntime - woken.vruntime >
                                 scaled(config_.cpus, kWakeGranularity);
}

// Whether the current thread has had its turn, as seen by a tick.
bool Machine::slice_over(const Cpu& c) const {
    const Competitors& shared = *c.shared;
    const auto runnable = static_cast<Picoseconds>(c.ready.size() + 1 +
                                                   (c.main_runnable && c.current != &c.main));
    if (config_.eevdf) return c.current->vruntime >= c.current->deadline;
    const Picoseconds least = scaled(config_.cpus, kSlice);
    const Picoseconds slice =
        std::max(scaled(config_.cpus, kLatency), runnable * least) / runnable;
    const Picoseconds ran = now_ - shared.since;
    if (ran > slice || ran < least) return ran > slice;
    return c.current->vruntime - shared.floor > slice;
}

// --- taking turns -------------------------------------------------------------------------

// A thread that can run again stands in line, or takes the CPU.
void Machine::join(Thread& thread) {
    Cpu& c = cpu(thread.cpu);
    charge(c);
    if (thread.role != Role::fifo_task) place(c, thread);
    if (thread.is_main) {
        c.main_runnable = true;
        if (c.current != nullptr) {
            c.foreign_since = now_;
            c.foreign_counted = false;
        }
    } else {
        c.ready.push_back(&thread);
    }
    if (c.current == nullptr || preempts(c, thread)) reschedule(thread.cpu);
}

void Machine::scheduler_tick(int number) {
    Cpu& c = cpu(number);
    if (c.current == nullptr || c.handler.active) return;
    charge(c);
    if (c.current != &c.main && c.current->role != Role::other_task) return;
    if (!slice_over(c)) return;
    c.current->deadline = c.current->vruntime + scaled(config_.cpus, kSlice);
    reschedule(number);
}

// Gives the CPU to who is first in line, as soon as its current thread can be preempted.
void Machine::reschedule(int number) {
    Cpu& c = cpu(number);
    const bool kernel_thread = c.current != nullptr && c.current != &c.main && !c.current->computes();
    const bool in_call = c.current == &c.main && (c.main.resume || c.mid_call);
    if (c.handler.active || kernel_thread || in_call) {
        c.shared->resched = true;
        return;
    }
    const Picoseconds until = std::max(c.irq_until, c.current == &c.main ? c.op_end : 0);
    if (now_ < until) {
        at(until, number, [this, number] { reschedule(number); });
        return;
    }
    charge(c);
    Thread* next = first(c, true);
    if (next == nullptr || next == c.current) return;
    if (c.current != nullptr && c.current != &c.main) {
        c.current->remaining = c.current->end - now_;
        note(EventKind::thread, number, c.current->since,
             {.flag = static_cast<std::uint8_t>(c.current->role)});
        c.ready.push_back(c.current);
    }
    hand_over(c, *next);
}

void Machine::hand_over(Cpu& c, Thread& next) {
    c.shared->resched = false;
    c.shared->since = now_;
    if (&next == &c.main) return return_to_main(c);
    std::erase(c.ready, &next);
    switch_to(c, next);
}

// --- giving the CPU away, with competitors or without --------------------------------------

Task<> Machine::yield_for(Thread& thread, Picoseconds length) {
    Cpu& c = cpu(thread.cpu);
    if (!c.main_runnable && c.ready.empty()) co_return;
    if (c.shared) length = 0;  // its place in line decides when it goes on
    at(now_ + length, thread.cpu, [this, &thread] {
        thread.asleep = false;
        arrive(thread);
    });
    co_await sleep(thread);
}

bool Machine::PreemptionPoint::await_ready() const noexcept {
    if (!thread.is_main) return true;
    const Cpu& c = machine.cpu(thread.cpu);
    return c.shared ? !c.shared->resched : c.ready.empty();
}

void Machine::PreemptionPoint::await_suspend(std::coroutine_handle<> handle) {
    Cpu& c = machine.cpu(thread.cpu);
    thread.resume = handle;
    thread.end = machine.now_;
    if (c.shared) {
        machine.charge(c);
        c.shared->resched = false;
        Thread* first = machine.first(c, true);
        if (first != &thread) machine.hand_over(c, *first);
        return;
    }
    Thread* next = c.ready.front();
    c.ready.pop_front();
    machine.switch_to(c, *next);
}

}  // namespace pcpbench
