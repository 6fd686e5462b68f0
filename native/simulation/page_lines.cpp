// What page calls pay for the lines of struct pages that they look at.
#include "simulation/page_calls.hpp"

namespace pcpbench {

// check_new_pages looks at every page of a block that leaves the buddy lists.
Picoseconds PageCalls::touch_new(int cpu, std::span<const Pfn> heads, int order, bool checked) {
    Picoseconds lines = 0;
    for (const Pfn page : heads) {
        const bool from_afar = lines_.is_elsewhere(cpu, page);
        lines += lines_.touch_taken(cpu, page, order);
        if (checked) lines += lines_.pass(cpu, order, from_afar);
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
