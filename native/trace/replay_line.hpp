// replay_line.hpp: one line of a recording as the replay reads it: allocator events and probe lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <string>

namespace pcpbench {

enum class LineKind : std::uint8_t {
    other,
    alloc,             // mm_page_alloc
    free,              // mm_page_free
    free_batched,      // mm_page_free_batched
    taken,             // mm_page_alloc_zone_locked
    fallback,          // mm_page_alloc_extfrag
    drained,           // mm_page_pcpu_drain
    attempt,           // K gpff
    pop,               // PA
    push,              // PF
    refill,            // K rmqueue_bulk
    flush,             // K free_pcppages_bulk
    free_direct,       // K free_one_page
    free_inner,        // K __free_one_page
    claim,             // K claim
    bulk_alloc,        // K alloc_pages_bulk
    bulk_end,          // R alloc_pages_bulk
    bulk_pages,        // BULK
    drain_all,         // K drain_all_pages
    drain_inner,       // K __drain_all_pages
    drain_all_end,     // R drain_all_pages, R __drain_all_pages
    drain_work,        // K drain_local_pages_wq
    drain_cpu,         // K drain_pages
    drain_cpu_zone,    // K drain_pages_zone
    drain_local,       // K drain_local_pages
    refresh,           // K refresh_cpu_vm_stats
    refresh_end,       // R refresh_cpu_vm_stats
    decay,             // K decay_pcp_high
    kswapd_run,        // K balance_pgdat
    kswapd_run_end,    // K balance_pgdat_end
    threshold,         // K set_pgdat_percpu_threshold
    dirty_verdict,     // R node_dirty_ok
    wake_kswapd,       // K wakeup_kswapd
    compaction_begin,
    compaction_end,
    isolate_free,      // K __isolate_free_page
    isolate_free_end,  // R __isolate_free_page
    list_heads,        // K heads
    move_list_tail,    // K move_freelist_tail
    contig_free,       // K free_prepared_contig_range
    unreserve,         // K unreserve_highatomic_pageblock
    reclaim_begin,     // mm_vmscan_direct_reclaim_begin
    pcp_disable,       // K zone_pcp_disable
    pcp_enable,        // K zone_pcp_enable
    isolate_block,     // K move_freepages_block_isolate: c = type
    isolate_block_flag,  // K __move_freepages_block_isolate: c = whether isolated
    set_block_type,    // K set_pageblock_migratetype
    move_blocks,       // K move_freepages_block
    move_blocks_end,   // R move_freepages_block
    unisolate,         // K unset_migratetype_isolate
    put_back,          // K __putback_isolated_page
    offline,           // K __offline_isolated_pages
    boot_free,         // K __free_pages_core
    pcp_update,        // K zone_pcp_update
    split_free,        // K split_free_page
};
inline constexpr std::size_t kLineKinds = static_cast<std::size_t>(LineKind::split_free) + 1;

// What the recording calls it, without "K" or "R"; empty for `other`.
const char* name_of(LineKind kind);

inline constexpr std::uint8_t kNoZone = 0xff;

struct ReplayLine {
    std::uint64_t time = 0;
    std::uint64_t pfn = 0;
    std::uint64_t gfp = 0;
    std::int64_t a = 0;      // a second number: pages, return value, address
    std::int64_t b = 0;
    std::int64_t c = 0;
    std::uint32_t number = 0;
    std::uint32_t pid = 0;
    std::uint32_t flags = 0;  // allocation flags
    std::uint32_t link = 0;   // number of a later line of the same call, 0 = none
    std::uint16_t cpu = 0;
    std::uint16_t owner = 0;  // CPU whose list it is
    LineKind kind = LineKind::other;
    std::uint8_t level = 0;   // 0 task, 1 softirq, 2 hardirq
    std::uint8_t preempt = 0;
    std::uint8_t order = 0;
    std::uint8_t type = 0;
    std::uint8_t other_order = 0;
    std::uint8_t other_type = 0;
    std::uint8_t node = 0;
    std::uint8_t zone = kNoZone;  // 0 DMA, 1 DMA32, 2 Normal, 3 Movable
    std::uint8_t highest_zone = 0;
    bool spread_dirty = false;
    bool flag = false;        // extfrag: change_ownership; claim: whole; compaction: a kernel thread's
    bool batched = false;     // free: a batched line follows
    std::string_view text;    // fields, valid while the line's buffer is
};

// Whose line it is: interrupts and idle tasks are their CPU's; tasks may move.
inline std::uint32_t context_key(const ReplayLine& line) {
    if (line.level != 0 || line.pid == 0) {
        return 0x80000000U | static_cast<std::uint32_t>(line.cpu) << 2 | line.level;
    }
    return line.pid & 0x7fffffffU;
}

enum class LineFault : std::uint8_t { none, ignored, lost, malformed };

class ReplayLineParser {
  public:
    // Reads a line without its newline. `ignored`: a comment or an event of no interest.
    LineFault parse(std::string_view text, ReplayLine& line);

  private:
    bool parse_fields(std::string_view fields, ReplayLine& line);
    std::uint64_t gfp_bits(std::string_view names);

    std::unordered_map<std::string, std::uint64_t> gfp_known_;
};

}  // namespace pcpbench
