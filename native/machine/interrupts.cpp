// Interrupts: those of known length only take time; handlers that do work are threads of their own.
#include <algorithm>

#include "machine/machine.hpp"

namespace pcpbench {

void Machine::interrupt(int number, Interrupt interrupt) {
    Cpu& c = cpu(number);
    if (c.irq_off > 0) {
        c.pending.push_back(std::move(interrupt));
        return;
    }
    const Picoseconds free_at = std::max(c.irq_until, c.masked_until);
    if (now_ < free_at) {
        at(free_at, number,
           [this, number, interrupt = std::move(interrupt)] { this->interrupt(number, interrupt); });
        return;
    }
    if (interrupt.body) return enter_handler(number, std::move(interrupt));
    const bool from_outside = outside_kernel(number);
    take_time(number, interrupt);
    c.irq_until = now_ + interrupt.length;
    if (interrupt.then) at(c.irq_until, number, std::move(interrupt.then));
    if (from_outside && !c.at_kernel_entry.empty()) enter_kernel(number, interrupt.mechanism);
}

// Deferred work goes on in the handler that brought the CPU into the kernel.
void Machine::enter_kernel(int number, Mechanism mechanism) {
    Interrupt work{0, mechanism, Cause::drain, {}};
    work.counted = false;
    work.body = [this, number](Thread& thread) { return run_kernel_entry(thread, number); };
    at(cpu(number).irq_until, number, [this, number, work = std::move(work)] {
        if (outside_kernel(number)) interrupt(number, work);
    });
}

Task<> Machine::run_kernel_entry(Thread& thread, int number) {
    auto works = std::exchange(cpu(number).at_kernel_entry, {});
    for (auto& work : works) co_await work(thread);
}

void Machine::enter_handler(int number, Interrupt interrupt) {
    Cpu& c = cpu(number);
    Handler& handler = c.handler;
    ++c.irq_off;  // others wait until this one is over
    handler.active = true;
    handler.began = now_;
    handler.interrupted = c.current;
    handler.rest = -1;
    if (c.current != nullptr && c.current->end != kNever) {
        handler.rest = c.current->end - now_;
        c.current->end = kNever;
    }
    handler.thread.cpu = number;
    handler.thread.task = interrupt.body(handler.thread);
    handler.thread.resume = handler.thread.task.handle();
    handler.thread.end = now_ + interrupt.length;
    handler.interrupt = std::move(interrupt);
    c.current = &handler.thread;
    update(number);
}

void Machine::leave_handler(int number) {
    Cpu& c = cpu(number);
    Handler& handler = c.handler;
    handler.active = false;
    handler.thread.end = kNever;
    c.current = handler.interrupted;
    const Picoseconds length = now_ - handler.began;
    const Interrupt& was = handler.interrupt;
    note(EventKind::handler, number, handler.began,
         {.mechanism = was.mechanism, .cause = was.cause});
    if (Thread* thread = c.current; thread != nullptr) {
        // A spin that ended meanwhile goes on now; one that did not still waits.
        if (handler.rest >= 0) thread->end = now_ + handler.rest;
        if (thread->end != kNever) thread->end = std::max(thread->end, now_);
        if (thread == &c.main) {
            if (handler.began < c.op_end) c.op_end += length;
            take_from_main(c, was.mechanism, was.cause, handler.began, length, was.counted);
        } else if (was.counted) {
            c.noise.count(was.mechanism, was.cause);
        }
    }
    update(number);
    if (was.then) at(now_, number, was.then);
    for (Thread* arrived : std::exchange(handler.arrivals, {})) arrive(*arrived);
    if (c.shared && c.shared->resched) at(now_, number, [this, number] { reschedule(number); });
    irq_on(number);
}

void Machine::take_time(int number, const Interrupt& interrupt) {
    Cpu& c = cpu(number);
    if (log_ != nullptr) {
        log_->add(EventKind::handler, number, now_, now_ + interrupt.length,
                  {.mechanism = interrupt.mechanism, .cause = interrupt.cause});
    }
    if (c.current == nullptr) return;  // an idle CPU loses nothing
    if (c.current == &c.main && now_ < c.main_returns_at) {
        c.noise.count(interrupt.mechanism, interrupt.cause);  // the CPU is not the task's yet
        return;
    }
    if (c.current->end != kNever) c.current->end += interrupt.length;
    if (c.current == &c.main) {
        if (now_ < c.op_end) c.op_end += interrupt.length;
        take_from_main(c, interrupt.mechanism, interrupt.cause, now_, interrupt.length);
    } else {
        // The time is part of the foreign thread's stay, which is noise as a whole.
        c.noise.count(interrupt.mechanism, interrupt.cause);
    }
    update(number);
}

// The thread that calls this is in the middle of its step: a handler with work of its own, which may
// want a lock that the thread takes next, comes once the step is over.
void Machine::irq_on(int number) {
    Cpu& c = cpu(number);
    if (--c.irq_off > 0 || c.pending.empty()) return;
    for (auto& interrupt : std::exchange(c.pending, {})) {
        if (!interrupt.body) {
            this->interrupt(number, std::move(interrupt));
            continue;
        }
        ++c.due;
        at(now_, number, [this, number, interrupt = std::move(interrupt)] {
            --cpu(number).due;
            this->interrupt(number, interrupt);
        });
    }
}

}  // namespace pcpbench
