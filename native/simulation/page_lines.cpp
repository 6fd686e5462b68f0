// What page calls pay for the lines of struct pages that they look at.
#include "simulation/page_calls.hpp"

namespace pcpbench {

// free_pages_prepare passes over all pages of a block to reset their flags (v5.15 to v7.2).
Picoseconds PageCalls::touch_freed(int cpu, Pfn page, int order) {
    if (order == 0) return lines_.touch_freed(cpu, page, 0);
    const bool from_memory = lines_.in_memory(page);
    const Picoseconds first = lines_.touch_freed(cpu, page, order);
    return first + lines_.pass(cpu, order, from_memory);
}

// check_new_pages looks at every page of a block that leaves the buddy lists. That first frames which
// come one behind the other are fetched ahead is part of what refill_page was fitted to.
Picoseconds PageCalls::touch_new(int cpu, std::span<const Pfn> heads, int order, bool checked) {
    const Picoseconds ahead = machine_->costs().dram_stream;
    Picoseconds lines = 0;
    for (const Pfn page : heads) {
        const bool from_memory = lines_.in_memory(page);
        const Picoseconds line = lines_.touch_taken(cpu, page, order);
        if (line > ahead) lines += line;
        if (checked) lines += lines_.pass(cpu, order, from_memory);
    }
    looked_at_.clear();
    return lines;
}

// A block merges as long as its buddy's struct page says so: each look needs that line, but for the
// first one, whose line comes along with the page's own (lines are fetched in pairs). The last one
// is in vain, and whether the next larger block may merge soon is asked at the same time. The frames
// beside the buddy on its list are only written to, which nobody waits for.
Picoseconds PageCalls::touch_buddies(int cpu, const ZoneWork& work) {
    Picoseconds lines = work.looks_in_vain * lines_.look_in_vain(cpu);
    for (const Pfn page : looked_at_) lines += lines_.touch(cpu, page);
    looked_at_.clear();
    return lines;
}

}  // namespace pcpbench
