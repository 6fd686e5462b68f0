// The part of page calls that touches nothing but the CPU's own list: millions a second go here.
#include <algorithm>

#include "simulation/page_calls.hpp"

namespace pcpbench {

Picoseconds PageCalls::take_header(int owner, int to) {
    machine_->settle(owner);
    int& at = header_owner_[static_cast<std::size_t>(owner)];
    if (at == to) return 0;
    return machine_->transfer(std::exchange(at, to), to);
}

void PageCalls::begin_local_section(int cpu, const ListAccess& access, Picoseconds end) {
    Cpu& c = machine_->own(cpu);
    if (access.mask != Mask::none) c.section_until = end;
    if (access.mask == Mask::irqs_off) c.masked_until = end;
    if (access.lock != ListLock::none) list_lock(cpu).hold_locally(cpu, end);
}

Picoseconds PageCalls::look_in_vain(int cpu) {
    Line& line = counter_line_[static_cast<std::size_t>(cpu)];
    ++line.reads;
    return line.read_ps + machine_->costs().l2_load;
}

Picoseconds PageCalls::try_allocate(int cpu, int order, int type, Pfn& page) {
    PcpLists& pcp = own_lists(cpu);
    const int set = pcp.live_set();
    if (!on_lists(order) || pcp.empty(set, order, type) || !entry_free(cpu)) return -1;
    pcp.note_allocation();
    page = pcp.pop(set, order, type);
    leave_list(page);
    Line& line = counter_line_[static_cast<std::size_t>(cpu)];
    ++line.reads;
    const Picoseconds length =
        alloc_ps_ + line.read_ps + take_header(cpu, cpu) + touch_listed(cpu, page);
    begin_local_section(cpu, rules_.alloc, machine_->now() + length);
    count_mapped(cpu, order, type, 1);
    ++measurements_->counters.fast_allocs;
    measurements_->counters.fast_alloc_ps += length;
    return length;
}

Picoseconds PageCalls::try_free(int cpu, Pfn page, std::uint32_t& flush) {
    const PageFrame& frame = zone_.frames()[page];
    const int order = frame.order;
    if (!on_lists(order) || !entry_free(cpu)) return -1;
    count_mapped(cpu, order, frame.used_as, -1);
    PcpLists& pcp = own_lists(cpu);
    const Picoseconds length = free_ps_ + take_header(cpu, cpu) + touch_freed(cpu, page, order);
    flush = pcp.push(pcp.live_set(), page, order);
    if (flush == 0) begin_local_section(cpu, rules_.free, machine_->now() + length);
    return length;
}

// The kernel counts mapped pages per node with per-CPU remainders, like free pages; vmstat work
// is queued while one is not zero (mm/vmstat.c:need_update, v5.15). 5.10 looks at the zone's NUMA
// events instead.
void PageCalls::count_mapped(int cpu, int order, int type, int sign) {
    int& remainder = mapped_[static_cast<std::size_t>(cpu)];
    if (numa_events_ && sign > 0) remainder = 1;  // one more NUMA_HIT to be folded
    if (type != kMovable) return;
    if (!numa_events_) {
        remainder += sign * (1 << order);
        if (std::abs(remainder) > zone_.stat_threshold()) remainder = 0;
    }
    // folio_add_lru: a new page waits in a batch of its CPU; one of a larger order empties it.
    if (sign > 0) {
        int& entries = lru_[static_cast<std::size_t>(cpu)];
        entries = order > 0 || entries + 1 >= most_lru_ ? 0 : entries + 1;
    }
}

bool PageCalls::fold(int cpu) {
    machine_->settle(cpu);
    const bool mapped = std::exchange(mapped_[static_cast<std::size_t>(cpu)], 0) != 0;
    const bool folded = zone_.fold(cpu);
    refresh_view();
    return folded || mapped;
}

void PageCalls::end_epoch() {
    machine_->settle_all();
    lines_.end_epoch();
    std::int64_t writes = 0;
    for (const Line& line : counter_line_) writes += line.writes;
    const Picoseconds far = machine_->costs().line_transfer_socket;
    for (Line& line : counter_line_) {
        // A read misses if another CPU wrote since this one's last access. With writes of others
        // and own accesses in random order that is w / (w + a).
        const std::int64_t others = writes - line.writes;
        const std::int64_t own = static_cast<std::int64_t>(line.reads) + line.writes;
        line.read_ps = others == 0 ? 0 : far * others / (others + std::max<std::int64_t>(own, 1));
        line.reads = line.writes = 0;
    }
}

}  // namespace pcpbench
