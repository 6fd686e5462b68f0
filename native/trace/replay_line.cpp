#include "trace/replay_line.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "trace/trace_fields.hpp"

namespace pcpbench {

namespace {

struct Named {
    std::string_view name;
    LineKind kind;
};

constexpr std::array kEvents = {
    Named{"mm_page_alloc", LineKind::alloc},
    Named{"mm_page_free", LineKind::free},
    Named{"mm_page_free_batched", LineKind::free_batched},
    Named{"mm_page_alloc_zone_locked", LineKind::taken},
    Named{"mm_page_alloc_extfrag", LineKind::fallback},
    Named{"mm_page_pcpu_drain", LineKind::drained},
    Named{"mm_compaction_begin", LineKind::compaction_begin},
    Named{"mm_compaction_end", LineKind::compaction_end},
    Named{"mm_vmscan_direct_reclaim_begin", LineKind::reclaim_begin},
};

// After "K ".
constexpr std::array kEntries = {
    Named{"gpff", LineKind::attempt},
    Named{"__free_one_page", LineKind::free_inner},
    Named{"free_pcppages_bulk", LineKind::flush},
    Named{"rmqueue_bulk", LineKind::refill},
    Named{"free_one_page", LineKind::free_direct},
    Named{"split_large_buddy", LineKind::free_inner},
    Named{"claim", LineKind::claim},
    Named{"alloc_pages_bulk", LineKind::bulk_alloc},
    Named{"drain_all_pages", LineKind::drain_all},
    Named{"__drain_all_pages", LineKind::drain_inner},
    Named{"drain_local_pages_wq", LineKind::drain_work},
    Named{"drain_pages", LineKind::drain_cpu},
    Named{"drain_pages_zone", LineKind::drain_cpu_zone},
    Named{"drain_local_pages", LineKind::drain_local},
    Named{"refresh_cpu_vm_stats", LineKind::refresh},
    Named{"decay_pcp_high", LineKind::decay},
    Named{"balance_pgdat", LineKind::kswapd_run},
    Named{"balance_pgdat_end", LineKind::kswapd_run_end},
    Named{"set_pgdat_percpu_threshold", LineKind::threshold},
    Named{"wakeup_kswapd", LineKind::wake_kswapd},
    Named{"__isolate_free_page", LineKind::isolate_free},
    Named{"heads", LineKind::list_heads},
    Named{"move_freelist_tail", LineKind::move_list_tail},
    Named{"free_prepared_contig_range", LineKind::contig_free},
    Named{"unreserve_highatomic_pageblock", LineKind::unreserve},
    Named{"zone_pcp_disable", LineKind::pcp_disable},
    Named{"zone_pcp_enable", LineKind::pcp_enable},
    Named{"move_freepages_block_isolate", LineKind::isolate_block},
    Named{"__move_freepages_block_isolate", LineKind::isolate_block_flag},
    Named{"set_pageblock_migratetype", LineKind::set_block_type},
    Named{"move_freepages_block", LineKind::move_blocks},
    Named{"unset_migratetype_isolate", LineKind::unisolate},
    Named{"__putback_isolated_page", LineKind::put_back},
    Named{"__offline_isolated_pages", LineKind::offline},
    Named{"__free_pages_core", LineKind::boot_free},
    Named{"zone_pcp_update", LineKind::pcp_update},
    Named{"split_free_page", LineKind::split_free},
};

// After "R ".
constexpr std::array kReturns = {
    Named{"node_dirty_ok", LineKind::dirty_verdict},
    Named{"alloc_pages_bulk", LineKind::bulk_end},
    Named{"drain_all_pages", LineKind::drain_all_end},
    Named{"__drain_all_pages", LineKind::drain_all_end},
    Named{"refresh_cpu_vm_stats", LineKind::refresh_end},
    Named{"__isolate_free_page", LineKind::isolate_free_end},
    Named{"move_freepages_block", LineKind::move_blocks_end},
};

template <std::size_t N>
LineKind find_kind(const std::array<Named, N>& table, std::string_view name) {
    for (const Named& row : table) {
        if (row.name == name) return row.kind;
    }
    return LineKind::other;
}

std::string_view next_word(std::string_view& rest) {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

bool quick_decimal(std::string_view text, std::uint64_t& number) {
    if (text.empty() || text.size() > 19) return false;
    number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
}

bool quick_hex(std::string_view text, std::uint64_t& number) {
    if (text.empty() || text.size() > 16) return false;
    number = 0;
    for (const char c : text) {
        std::uint64_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<std::uint64_t>(c - 'a' + 10);
        } else {
            return false;
        }
        number = number << 4 | digit;
    }
    return true;
}

std::uint8_t zone_index(std::string_view name) {
    if (name == "DMA") return 0;
    if (name == "DMA32") return 1;
    if (name == "Normal") return 2;
    if (name == "Movable") return 3;
    return kNoZone;
}

// include/trace/events/mmflags.h; the numbers of __GFP_ZERO on, which did not move (7.2 of
// kernel-allocator.md). Names that a release does not print cost nothing.
struct GfpName {
    std::string_view name;
    std::uint64_t bits;
};
constexpr std::uint64_t kReclaim = 0xc00;
constexpr std::uint64_t kKernel = kReclaim | 0x40 | 0x80;
constexpr std::uint64_t kUser = kKernel | 0x100000;
constexpr std::uint64_t kHighUserMovable = kUser | 0x2 | 0x8;
constexpr std::uint64_t kTranshugeLight =
    (kHighUserMovable | 0x40000 | 0x80000 | 0x2000) & ~kReclaim;
constexpr std::array kGfpNames = {
    GfpName{"GFP_TRANSHUGE", kTranshugeLight | 0x400},
    GfpName{"GFP_TRANSHUGE_LIGHT", kTranshugeLight},
    GfpName{"GFP_HIGHUSER_MOVABLE", kHighUserMovable},
    GfpName{"GFP_HIGHUSER", kUser | 0x2},
    GfpName{"GFP_USER", kUser},
    GfpName{"GFP_KERNEL_ACCOUNT", kKernel | 0x400000},
    GfpName{"GFP_KERNEL", kKernel},
    GfpName{"GFP_NOFS", kReclaim | 0x40},
    GfpName{"GFP_ATOMIC", 0x20 | 0x800},
    GfpName{"GFP_NOIO", kReclaim},
    GfpName{"GFP_NOWAIT", 0x800},
    GfpName{"GFP_DMA", 0x1},
    GfpName{"GFP_DMA32", 0x4},
    GfpName{"__GFP_DMA", 0x1},
    GfpName{"__GFP_HIGHMEM", 0x2},
    GfpName{"__GFP_DMA32", 0x4},
    GfpName{"__GFP_MOVABLE", 0x8},
    GfpName{"__GFP_RECLAIMABLE", 0x10},
    GfpName{"__GFP_HIGH", 0x20},
    GfpName{"__GFP_IO", 0x40},
    GfpName{"__GFP_FS", 0x80},
    GfpName{"__GFP_ZERO", 0x100},
    GfpName{"__GFP_ATOMIC", 0x200},
    GfpName{"__GFP_DIRECT_RECLAIM", 0x400},
    GfpName{"__GFP_KSWAPD_RECLAIM", 0x800},
    GfpName{"__GFP_RECLAIM", kReclaim},
    GfpName{"__GFP_WRITE", 0x1000},
    GfpName{"__GFP_NOWARN", 0x2000},
    GfpName{"__GFP_RETRY_MAYFAIL", 0x4000},
    GfpName{"__GFP_NOFAIL", 0x8000},
    GfpName{"__GFP_NORETRY", 0x10000},
    GfpName{"__GFP_MEMALLOC", 0x20000},
    GfpName{"__GFP_COMP", 0x40000},
    GfpName{"__GFP_NOMEMALLOC", 0x80000},
    GfpName{"__GFP_HARDWALL", 0x100000},
    GfpName{"__GFP_THISNODE", 0x200000},
    GfpName{"__GFP_ACCOUNT", 0x400000},
};

// "[002]", then latency flags such as "d.s4.": what the CPU was doing, and the preempt depth.
void read_state(std::string_view flags, ReplayLine& line) {
    line.level = 0;
    if (flags.size() < 3) return;
    const char context = flags[2];
    if (context == 's') {
        line.level = 1;
    } else if (context == 'h' || context == 'H' || context == 'z' || context == 'Z') {
        line.level = 2;
    }
    const char depth = flags.size() > 3 ? flags[3] : '.';
    line.preempt = depth >= '0' && depth <= '9' ? static_cast<std::uint8_t>(depth - '0') : 0;
}

// The task's pid: digits after the last '-' before the CPU column.
std::uint32_t read_pid(std::string_view head) {
    const std::size_t dash = head.rfind('-');
    if (dash == std::string_view::npos) return 0;
    std::uint64_t pid = 0;
    std::string_view digits = head.substr(dash + 1);
    while (!digits.empty() && digits.back() == ' ') digits.remove_suffix(1);
    return quick_decimal(digits, pid) ? static_cast<std::uint32_t>(pid) : 0;
}

}  // namespace

const char* name_of(LineKind kind) {
    for (const Named& row : kEvents) {
        if (row.kind == kind) return row.name.data();
    }
    for (const Named& row : kEntries) {
        if (row.kind == kind) return row.name.data();
    }
    for (const Named& row : kReturns) {
        if (row.kind == kind) return row.name.data();
    }
    return kind == LineKind::pop ? "PA" : kind == LineKind::push ? "PF" : "BULK";
}

std::uint64_t ReplayLineParser::gfp_bits(std::string_view names) {
    const auto found = gfp_known_.find(std::string(names));
    if (found != gfp_known_.end()) return found->second;
    std::uint64_t bits = 0;
    for (std::string_view rest = names; !rest.empty();) {
        const std::size_t bar = std::min(rest.find('|'), rest.size());
        const std::string_view name = rest.substr(0, bar);
        rest.remove_prefix(std::min(bar + 1, rest.size()));
        std::uint64_t number = 0;
        if (name.starts_with("0x") && read_hex(name, number)) bits |= number;
        for (const GfpName& row : kGfpNames) {
            if (row.name == name) bits |= row.bits;
        }
    }
    if (gfp_known_.size() < 4096) gfp_known_.emplace(names, bits);
    return bits;
}

LineFault ReplayLineParser::parse(std::string_view text, ReplayLine& line) {
    if (text.empty() || text.front() == '#') return LineFault::ignored;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.starts_with("CPU:") && text.find("[LOST ") != std::string_view::npos) {
        return LineFault::lost;
    }
    // A task may be called anything: the CPU is the first "[digits]" that is followed by flags, a
    // time and an event name.
    for (std::size_t open = text.find(" ["); open != std::string_view::npos;
         open = text.find(" [", open + 1)) {
        const std::size_t close = text.find(']', open);
        if (close == std::string_view::npos) return LineFault::malformed;
        std::uint64_t cpu = 0;
        if (!quick_decimal(text.substr(open + 2, close - open - 2), cpu) || cpu >= kMostCpus) {
            continue;
        }
        std::string_view rest = text.substr(close + 1);
        std::string_view flags = next_word(rest);
        std::string_view stamp = flags;
        if (!flags.ends_with(':')) {
            stamp = next_word(rest);
        } else {
            flags = {};
        }
        bool seconds = false;
        if (!stamp.ends_with(':')) continue;
        stamp.remove_suffix(1);
        if (!quick_decimal(stamp, line.time) && !read_time(stamp, line.time, seconds)) continue;
        while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
        const std::size_t colon = rest.find(':');
        if (colon == std::string_view::npos) return LineFault::malformed;
        line.cpu = static_cast<std::uint16_t>(cpu);
        line.pid = read_pid(text.substr(0, open));
        read_state(flags, line);
        const std::string_view name = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
        line.kind = name.starts_with("mm_") ? find_kind(kEvents, name) : LineKind::other;
        if (line.kind == LineKind::other && !name.starts_with("mm_")) {
            const std::string_view mark = next_word(rest);
            if (mark == "K") {
                line.kind = find_kind(kEntries, next_word(rest));
            } else if (mark == "R") {
                line.kind = find_kind(kReturns, next_word(rest));
            } else if (mark == "PA" || mark == "PF") {
                line.kind = mark == "PA" ? LineKind::pop : LineKind::push;
            } else if (mark == "BULK") {
                line.kind = LineKind::bulk_pages;
            }
        }
        if (line.kind == LineKind::other) return LineFault::ignored;
        line.text = rest;
        if (!parse_fields(rest, line)) return LineFault::malformed;
        if (line.kind == LineKind::compaction_begin) line.flag = of_kernel_thread(text);
        return LineFault::none;
    }
    return LineFault::malformed;
}

bool ReplayLineParser::parse_fields(std::string_view fields, ReplayLine& line) {
    line.pfn = line.gfp = 0;
    line.a = line.b = line.c = 0;
    line.flags = line.link = 0;
    line.order = line.type = line.node = 0;
    line.owner = line.cpu;
    line.zone = kNoZone;
    line.flag = line.batched = line.spread_dirty = false;
    // kmem events name the type "migratetype" and print frame numbers in decimal or 0x-hex; probe
    // lines print them in bare hex.
    const bool event = line.kind <= LineKind::drained && line.kind != LineKind::other;
    bool has_pfn = false;
    for (std::string_view rest = fields;;) {
        const std::string_view word = next_word(rest);
        if (word.empty()) break;
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view key = word.substr(0, equals);
        const std::string_view value = word.substr(equals + 1);
        std::uint64_t number = 0;
        if (key == "pfn" || key == "zone_start") {
            has_pfn = true;
            const bool good = value.starts_with("0x") ? quick_hex(value.substr(2), number)
                              : event                 ? quick_decimal(value, number)
                                                      : quick_hex(value, number);
            if (!good || number >= 0xffffffffU) return false;
            line.pfn = number;
            continue;
        }
        if (key == "gfp_flags") {
            line.gfp = gfp_bits(value);
            continue;
        }
        if (key == "gfp" || key == "f") {
            if (!quick_hex(value, number)) return false;
            if (key == "f") {
                line.flags = static_cast<std::uint32_t>(number);
            } else {
                line.gfp = number;
            }
            continue;
        }
        if (key == "z" || key == "zone") {
            line.zone = zone_index(value);
            continue;
        }
        if (key.size() == 2 && key[0] == 'a' && key[1] >= '0' && key[1] <= '9') {
            // Arguments of a probed function, as they are: bare hex.
            if (!quick_hex(value, number)) continue;
            const auto argument = static_cast<std::int64_t>(number);
            if (key[1] == '0') line.a = argument;
            if (key[1] == '1') line.b = argument;
            if (key[1] == '2') line.c = argument;
            continue;
        }
        const bool negative = value.starts_with('-');
        if (!quick_decimal(negative ? value.substr(1) : value, number)) continue;
        const auto small = static_cast<std::uint8_t>(negative ? 0xff : number & 0xff);
        const std::int64_t whole =
            negative ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number);
        if (key == "order" || key == "o" || key == "alloc_order") {
            if (number > 20 || negative) return false;
            line.order = small;
        } else if (key == "migratetype" || key == "mt" || key == "alloc_migratetype") {
            line.type = small;
        } else if (key == "m" || key == "st") {
            line.type = small;
        } else if (key == "n" && line.kind != LineKind::flush && line.kind != LineKind::refill) {
            line.node = small;
        } else if (key == "nid") {
            line.node = small;
        } else if (key == "c" || (key == "cpu" && line.kind == LineKind::flush)) {
            line.owner = static_cast<std::uint16_t>(number);
        } else if (key == "hz") {
            line.highest_zone = small;
        } else if (key == "sd") {
            line.spread_dirty = number != 0;
        } else if (key == "fallback_order") {
            line.other_order = small;
        } else if (key == "fallback_migratetype") {
            line.other_type = small;
        } else if (key == "change_ownership" || key == "whole") {
            line.flag = number != 0;
        } else if (key == "n" || key == "nr" || key == "ret" || key == "movable" ||
                   key == "pressure") {
            line.a = whole;
        } else if (key == "prefilled" || key == "free" || key == "i" ||
                   key == "pindex" || key == "fr") {
            line.b = whole;
        }
    }
    // What an allocation asks for is unmovable, movable or reclaimable (gfp_migratetype).
    const bool asks = line.kind == LineKind::alloc || line.kind == LineKind::attempt ||
                      line.kind == LineKind::fallback;
    if (asks && line.type > 2) return false;
    return has_pfn || !event;
}

}  // namespace pcpbench
