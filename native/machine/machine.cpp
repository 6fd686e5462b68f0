#include "machine/machine.hpp"

#include <algorithm>
#include <stdexcept>

#include "machine/random.hpp"

namespace pcpbench {

Machine::Machine(const MachineConfig& config, MainSteps& main_steps)
    : config_(config), main_steps_(&main_steps),
      cpus_(static_cast<std::size_t>(config.cpus)), clocks_(config.cpus) {
    for (int i = 0; i < config.cpus; ++i) {
        places_.push_back(place_of(config.topology, i));
        Cpu& cpu = own(i);
        cpu.main.cpu = i;
        cpu.main.is_main = true;
        // Idle until a workload drives it.
        cpu.current = nullptr;
        cpu.main_runnable = false;
        cpu.isolated = std::find(config.isolated.begin(), config.isolated.end(), i) !=
                       config.isolated.end();
        cpu.nohz_full = cpu.isolated && config.nohz_full;
        cpu.tick = !cpu.nohz_full;
    }
}

Picoseconds Machine::transfer(int from, int to) const {
    if (from == to) return 0;
    return transfer_ps(config_.costs, distance(places_[static_cast<std::size_t>(from)],
                                               places_[static_cast<std::size_t>(to)]));
}

void Machine::at(Picoseconds time, int cpu, std::function<void()> what) {
    events_.push({time, cpu, sequence_++, std::move(what)});
}

bool Machine::run_until(Picoseconds end) {
    paused_ = false;
    while (!paused_) {
        const auto [clock_time, clock_cpu] = clocks_.first();
        const bool event_first =
            !events_.empty() &&
            (events_.top().time < clock_time ||
             (events_.top().time == clock_time && events_.top().cpu <= clock_cpu));
        const Picoseconds next = event_first ? events_.top().time : clock_time;
        if (next >= end) {
            advance_to(end, -1);
            settle_all();
            return false;
        }
        advance_to(next, event_first ? events_.top().cpu : clock_cpu);
        if (event_first) {
            // The queue gives only const access to its top; the event leaves it next.
            auto what = std::move(const_cast<Event&>(events_.top()).what);
            events_.pop();
            what();
        } else {
            step(clock_cpu);
        }
    }
    return true;
}

// At one moment CPUs act in ascending order. One that has had its turn may be given another; those
// that lag and are not beyond the highest so far have had theirs all the same.
void Machine::advance_to(Picoseconds time, int actor) {
#ifdef PCPBENCH_CHECK_INVARIANTS
    if (time < now_) throw std::logic_error("broken invariant: time runs backwards");
#endif
    turn_ = time == now_ ? std::max(turn_, actor) : actor;
    now_ = time;
}

void Machine::update(int number) {
    Cpu& c = own(number);
    c.behind = false;
    clocks_.set(number, c.current == nullptr ? kNever : c.current->end);
}

void Machine::step(int number) {
    Cpu& c = own(number);
    if (c.current->resume) {
        resume(*c.current);
    } else {
        settle(number);
        c.behind = false;
        if (c.main.end == now_) {
            c.main.end = kNever;
            main_steps_->main_step(number);
        }
    }
    if (!at_local_operation(c)) return update(number);
    const Picoseconds until = main_steps_->local_until(number);
    // An operation that comes at once is in its order behind others of this moment: no lagging.
    c.behind = until > c.main.end && c.main.end > now_;
    clocks_.set(number, c.behind ? until : c.main.end);
}

void Machine::resume(Thread& thread) {
    const auto handle = std::exchange(thread.resume, nullptr);
    thread.end = kNever;
    handle.resume();
    // Whoever awaits next has set `resume`; a finished task leaves its thread.
    if (thread.task.done()) {
        thread.task.rethrow();
        thread.task.reset();
        if (&thread == &cpu(thread.cpu).handler.thread) {
            leave_handler(thread.cpu);
        } else if (!thread.is_main) {
            thread.asleep = true;
            leave(thread.cpu);
        }
    }
    update(thread.cpu);
}

void Machine::schedule_main(int number, Picoseconds gap) {
    Cpu& c = cpu(number);
    c.main.end = std::max(c.op_end, c.irq_until) + gap;
    if (!c.main_runnable) {
        c.main_runnable = true;
        if (c.current == nullptr) c.current = &c.main;
    }
    if (c.shared) {
        if (std::exchange(c.shared->resched, false)) {
            at(std::max(c.op_end, c.irq_until), number, [this, number] { reschedule(number); });
        }
        return;
    }
    while (!c.ready.empty()) {
        Thread* waiting = c.ready.front();
        c.ready.pop_front();
        at(std::max(c.op_end, c.irq_until), number, [this, waiting] { arrive(*waiting); });
    }
}

bool Machine::in_quiet_user_mode(int number) {
    const Cpu& c = cpu(number);
    return c.nohz_full && c.current == &c.main && outside_kernel(number);
}

bool Machine::outside_kernel(int number) {
    const Cpu& c = cpu(number);
    if (c.current == nullptr) return true;
    if (c.current->computes()) return now_ >= c.irq_until;
    return c.current == &c.main && !c.main.resume && !c.mid_call && now_ >= c.op_end &&
           now_ >= c.irq_until;
}

bool Machine::in_reader(int number) {
    const Cpu& c = cpu(number);
    return c.readers > 0 || now_ < c.section_until;
}

void Machine::reader_leave(int number) {
    Cpu& c = cpu(number);
    if (--c.readers > 0) return;
    for (auto& call : std::exchange(c.at_reader_end, {})) call();
}

// --- threads ------------------------------------------------------------------------------

void Machine::Run::await_suspend(std::coroutine_handle<> handle) {
    thread.resume = handle;
    thread.end = std::max(machine.now_, machine.own(thread.cpu).irq_until) + length;
}

bool Machine::Sleep::await_suspend(std::coroutine_handle<> handle) {
    if (std::exchange(thread.wake_pending, false)) return false;
    thread.resume = handle;
    thread.asleep = true;
    thread.remaining = 0;
    if (thread.is_main) machine.cpu(thread.cpu).main_runnable = false;
    machine.leave(thread.cpu);
    return true;
}

void Machine::start(Thread& thread, Task<> task) {
    park(thread, std::move(task));
    if (thread.is_main) {
        thread.asleep = false;
        resume(thread);
    } else {
        wake(thread);
    }
}

void Machine::park(Thread& thread, Task<> task) {
    thread.task = std::move(task);
    thread.resume = thread.task.handle();
    thread.asleep = true;
}

void Machine::wake(Thread& thread) {
    if (!thread.asleep) {
        thread.wake_pending = true;
        return;
    }
    thread.asleep = false;
    thread.remaining = 0;
    thread.woken = now_;
    at(now_ + wake_latency(thread), thread.cpu, [this, &thread] { arrive(thread); });
}

void Machine::end_spin(Thread& thread) {
    thread.end = std::max(now_, cpu(thread.cpu).irq_until);
    update(thread.cpu);
}

Picoseconds Machine::wake_latency(const Thread& thread) {
    Cpu& c = cpu(thread.cpu);
    // A lone task on an isolated CPU is preempted as fast as an idle CPU wakes: no other
    // runnable tasks share its queue. Busy housekeeping CPUs follow the published distribution.
    if (thread.is_main) return config_.costs.task_wake;
    if (c.current == nullptr || c.isolated || c.shared) return config_.costs.kworker_wake_idle;
    const std::uint64_t random = hash_random(config_.seed, kWakeStream, thread.cpu, c.wakeups++);
    return config_.busy_wake.draw(static_cast<std::uint32_t>(random >> 32),
                                  config_.costs.kworker_wake_idle);
}

// First moment from `time` on at which RT tasks are throttled (sched_rt_runtime_us of a period).
Picoseconds Machine::throttle_window(Picoseconds time) const {
    const Picoseconds into = time % config_.rt_period;
    return into >= config_.rt_runtime ? time : time - into + config_.rt_runtime;
}

// When a fair thread may run behind a FIFO task: in the rest of a throttled period, or after the
// deadline server's deferral, whichever comes first (kernel/sched/deadline.c:dl_server_start, 6.12).
Picoseconds Machine::fifo_lets_in(Thread& thread) {
    if (thread.served_from == kNever && config_.fair_server_wait != kNever) {
        thread.served_from = now_ + config_.fair_server_wait;
    }
    return std::min(throttle_window(now_), std::max(thread.served_from, now_));
}

// A woken thread reaches its CPU: it runs at once if the CPU is idle or main can be preempted.
void Machine::arrive(Thread& thread) {
    Cpu& c = cpu(thread.cpu);
    if (c.handler.active) {
        c.handler.arrivals.push_back(&thread);
        return;
    }
    if (c.shared) return join(thread);
    if (thread.is_main) {
        c.main_runnable = true;
        if (c.current == nullptr) {
            return_to_main(c);
        } else {
            c.foreign_since = now_;  // from here on the others deprive it
            c.foreign_counted = false;
        }
        return;
    }
    if (c.current == nullptr) {
        switch_to(c, thread);
        return;
    }
    if (c.current != &c.main) {
        c.ready.push_back(&thread);
        return;
    }
    if (c.fifo) {
        const Picoseconds lets_in = fifo_lets_in(thread);
        if (lets_in > now_) {
            at(lets_in, thread.cpu, [this, &thread] { arrive(thread); });
            return;
        }
    }
    const Picoseconds busy_until = std::max(c.op_end, c.irq_until);
    if (!c.main.resume && !c.mid_call && now_ < busy_until) {
        at(busy_until, thread.cpu, [this, &thread] { arrive(thread); });
        return;
    }
    if (c.main.resume || c.mid_call) {
        c.ready.push_back(&thread);  // in the kernel: at its next preemption point or its end
        return;
    }
    switch_to(c, thread);
}

void Machine::switch_to(Cpu& c, Thread& thread) {
    if (c.current == &c.main) {
        // A throttled task that is not back yet has lost that time already.
        const Picoseconds since = std::max(now_, c.main_returns_at);
        c.main.remaining = std::max<Picoseconds>(c.main.end - since, 0);
        c.foreign_since = since;
        c.foreign_counted = false;
    }
    note_wake_up(thread);
    thread.since = now_;
    c.current = &thread;
    thread.end = now_ + config_.costs.context_switch_in + thread.remaining;
    thread.remaining = 0;
    thread.served_from = kNever;
    update(thread.cpu);
}

// The current thread sleeps or is done: the next one gets the CPU.
void Machine::leave(int number) {
    Cpu& c = cpu(number);
    if (c.current != nullptr && c.current != &c.main) {
        note(EventKind::thread, number, c.current->since,
             {.flag = static_cast<std::uint8_t>(c.current->role)});
    }
    if (c.shared) {
        charge(c);
        c.current = nullptr;
        if (Thread* next = first(c, false)) return hand_over(c, *next);
        return update(number);
    }
    if (!c.ready.empty()) {
        Thread* next = c.ready.front();
        c.ready.pop_front();
        if (c.current == &c.main) c.current = nullptr;  // main sleeps: nobody is deprived
        switch_to(c, *next);
        return;
    }
    if (c.main_runnable && c.current != &c.main) {
        return_to_main(c);
    } else {
        c.current = nullptr;
        update(number);
    }
}

void Machine::return_to_main(Cpu& c) {
    Picoseconds from = now_;
    if (c.foreign_since != kNever) {
        from += config_.costs.context_switch_back;
        // A throttled task does not come back before its period is over.
        if (c.fifo && throttle_window(now_) == now_) {
            from = std::max(from, now_ - now_ % config_.rt_period + config_.rt_period);
        }
        from = std::max(from, c.foreign_since);
        take_from_main(c, Mechanism::kworker, c.foreign_cause, c.foreign_since,
                       from - c.foreign_since, !c.foreign_counted);
        c.foreign_since = kNever;
    } else {
        from += config_.costs.context_switch_in;
    }
    note_wake_up(c.main);
    c.current = &c.main;
    c.main_returns_at = from;
    c.main.end = std::max(from, c.irq_until) + c.main.remaining;
    c.main.remaining = 0;
    update(c.main.cpu);
}

void Machine::mark_foreign_work(int number, Cause cause) {
    Cpu& c = cpu(number);
    if (c.foreign_since == kNever) return;
    const bool first = !c.foreign_counted || c.foreign_cause != cause;
    const Picoseconds until = std::max(now_, c.foreign_since);
    take_from_main(c, Mechanism::kworker, cause, c.foreign_since, until - c.foreign_since, first);
    c.foreign_since = until;
    c.foreign_cause = cause;
    c.foreign_counted = true;
}

void Machine::take_from_main(Cpu& c, Mechanism mechanism, Cause cause, Picoseconds start,
                             Picoseconds length, bool counted) {
    c.noise.add(mechanism, cause, start, length, counted);
    if (log_ != nullptr) {
        log_->add(EventKind::interruption, c.main.cpu, start, start + length,
                  {.mechanism = mechanism, .cause = cause, .flag = counted});
    }
}

void Machine::note_wake_up(Thread& thread) {
    const Picoseconds woken = std::exchange(thread.woken, -1);
    if (woken < 0) return;
    note(EventKind::wake_up, thread.cpu, woken, {.flag = static_cast<std::uint8_t>(thread.role)});
}

}  // namespace pcpbench
