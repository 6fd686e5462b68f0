// Calls that need one block of the zone and no list, as steps of their main thread: what from_buddy
// and to_buddy of PageCalls do in a coroutine, for the many calls that meet nothing else.
#include "simulation/simulation.hpp"

namespace pcpbench {

// `retried`: the first look, at the low watermark, failed; this is the retry at min.
void Simulation::take_from_zone(int cpu, bool retried) {
    Cpu& c = machine_.own(cpu);
    PageCalls& calls = memory_.of_cpu(cpu);
    c.zone_call = c.mid_call = true;
    zone_calls_[static_cast<std::size_t>(cpu)] = {
        .began = machine_.now(), .calls = &calls, .order = next_ops_[static_cast<std::size_t>(cpu)].current().order,
        .takes = true, .retried = retried};
    calls.note_look(cpu);
    machine_.irq_off(cpu);
    calls.zone_lock().acquire_in_step(c.main, Cause::other);
}

void Simulation::give_to_zone(int cpu, PageCalls& calls, Pfn page) {
    Cpu& c = machine_.own(cpu);
    c.zone_call = c.mid_call = true;
    zone_calls_[static_cast<std::size_t>(cpu)] = {
        .began = machine_.now(), .calls = &calls, .page = page, .order = calls.zone().frames()[page].order};
    calls.note_free(cpu, page);
    machine_.irq_off(cpu);
    calls.zone_lock().acquire_in_step(c.main, Cause::other);
}

// The lock is the CPU's since this moment, or the work under it is done.
void Simulation::zone_step(int cpu) {
    Cpu& c = machine_.own(cpu);
    ZoneCall& call = zone_calls_[static_cast<std::size_t>(cpu)];
    PageCalls& calls = *call.calls;
    const Op& op = next_ops_[static_cast<std::size_t>(cpu)].current();
    if (!std::exchange(call.has_lock, true)) {
        const Picoseconds length =
            call.takes ? calls.take_block(cpu, call.order, op.type, call.page, call.behind)
                       : calls.give_block(cpu, call.page, call.order, call.behind);
        c.main.end = machine_.now() + length;
        return;
    }
    calls.zone_lock().release(c.main);
    c.zone_call = c.mid_call = false;
    machine_.irq_on(cpu);
    machine_.note(EventKind::zone_call, cpu, call.began,
                  {.value = call.order, .flag = static_cast<std::uint8_t>(!call.takes)});
    c.op_end = machine_.now() + call.behind;
    if (!call.takes) return finish_op(cpu);
    if (call.page == kNoPage) {
        return machine_.start(c.main, slow_allocate(c.main, op, call.retried ? Since::second_look
                                                                             : Since::first_look));
    }
    calls.note_taken(cpu, op.order, op.type);
    const Pfn page = call.page + calls.first_page();
    if (calls.boosted() && calls.view().kswapd_needed) {
        return machine_.start(c.main, wake_and_finish(c.main, op, page));
    }
    count_allocated(cpu, op, page);
    finish_op(cpu);
}

Task<> Simulation::wake_and_finish(Thread& thread, Op op, Pfn page) {
    co_await reclaim_.wake_kswapd(thread, memory_.node_of(page));
    count_allocated(thread.cpu, op, page);
    finish_op(thread.cpu);
}

}  // namespace pcpbench
