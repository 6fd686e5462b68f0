#include "trace/snapshot.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "trace/trace_fields.hpp"

namespace pcpbench {

namespace {

constexpr std::uint64_t kMostPfn = std::uint64_t{1} << 31;
constexpr std::uint64_t kMostSpan = std::uint64_t{1} << 28;  // 1 TiB of 4 KiB pages a zone
constexpr std::int64_t kMostNodes = 64;

class Reader {
  public:
    explicit Reader(Snapshot& snapshot) : snapshot_(snapshot) {}

    std::string read_line(std::string_view line) {
        if (ended_) return "text after the end record";
        if (line.size() < 2 || line[1] != ' ') return "not a record";
        const std::string_view fields = line.substr(2);
        error_.clear();
        switch (line[0]) {
            case 'H': read_header(fields); break;
            case 'D': read_node(fields); break;
            case 'Z': read_zone(fields); break;
            case 'N': read_count(fields); break;
            case 'F': read_free_list(fields); break;
            case 'P': read_pcp(fields); break;
            case 'L': read_pcp_list(fields); break;
            case 'B': read_blocks(fields); break;
            case 'E': read_end(fields); break;
            default: return "unknown record '" + std::string(1, line[0]) + "'";
        }
        if (error_.empty() && !has_header_) return "a record before the header";
        return error_;
    }

    std::string finish() {
        if (!has_header_) return "no header record: not a snapshot";
        if (!ended_) return "no end record: the snapshot is cut short";
        if (snapshot_.zones.empty()) return "no zone";
        return check();
    }

  private:
    void fail(std::string what) {
        if (error_.empty()) error_ = std::move(what);
    }
    std::int64_t number(std::string_view fields, std::string_view key, std::int64_t otherwise,
                        std::int64_t least = INT32_MIN, std::int64_t most = INT64_MAX) {
        std::string_view text;
        if (!find_field(fields, key, text)) return otherwise;
        const bool negative = text.starts_with('-');
        std::uint64_t value = 0;
        if (!read_decimal(negative ? text.substr(1) : text, value) || value > INT64_MAX) {
            fail(std::string(key) + " is not a number");
            return otherwise;
        }
        const auto whole = negative ? -static_cast<std::int64_t>(value)
                                    : static_cast<std::int64_t>(value);
        if (whole < least || whole > most) {
            fail(std::string(key) + " is out of range");
            return otherwise;
        }
        return whole;
    }
    std::int64_t needed(std::string_view fields, std::string_view key, std::int64_t least = INT32_MIN,
                        std::int64_t most = INT64_MAX) {
        std::string_view text;
        if (!find_field(fields, key, text)) fail("no " + std::string(key));
        return number(fields, key, 0, least, most);
    }
    int small(std::string_view fields, std::string_view key, int otherwise = 0) {
        return static_cast<int>(number(fields, key, otherwise, INT32_MIN, INT32_MAX));
    }
    std::uint64_t hex(std::string_view fields, std::string_view key) {
        std::string_view text;
        std::uint64_t value = 0;
        if (!find_field(fields, key, text) || !read_hex(text, value) || value >= kMostPfn) {
            fail(std::string(key) + " is not a page frame number");
            return 0;
        }
        return value;
    }

    void read_header(std::string_view fields) {
        if (has_header_) return fail("a second header record");
        if (needed(fields, "pcpsnap") != 1) return fail("unknown snapshot format");
        has_header_ = true;
        std::string_view release;
        if (find_field(fields, "release", release)) snapshot_.release = release;
        snapshot_.cpus = static_cast<int>(needed(fields, "cpus", 1, kMostCpus));
        snapshot_.nodes = static_cast<int>(needed(fields, "nodes", 1, kMostNodes));
        snapshot_.pageblock_order = static_cast<int>(needed(fields, "pageblock_order", 0, 15));
        snapshot_.orders = static_cast<int>(needed(fields, "norders", 1, 16));
        snapshot_.pcp_lists = static_cast<int>(needed(fields, "npcplists", 1, 15));
        snapshot_.types = static_cast<int>(needed(fields, "migratetypes", 4, 6));
    }

    void read_node(std::string_view fields) {
        SnapshotNode node;
        node.node = static_cast<int>(needed(fields, "nid", 0, kMostNodes - 1));
        node.kswapd_sleeps = small(fields, "kswapd_sleeps", 1) != 0;
        std::string_view list;
        if (find_field(fields, "zonelist", list)) {
            while (!list.empty()) {
                const std::size_t comma = std::min(list.find(','), list.size());
                const std::string_view pair = list.substr(0, comma);
                const std::size_t colon = pair.find(':');
                std::uint64_t nid = 0;
                std::uint64_t zone = 0;
                if (colon == std::string_view::npos || !read_decimal(pair.substr(0, colon), nid) ||
                    !read_decimal(pair.substr(colon + 1), zone) || nid >= 64 || zone >= 8) {
                    return fail("zonelist is not a list of node:zone");
                }
                node.zonelist.emplace_back(static_cast<int>(nid), static_cast<int>(zone));
                list.remove_prefix(std::min(comma + 1, list.size()));
            }
        }
        snapshot_.node_list.push_back(node);
    }

    void read_zone(std::string_view fields) {
        SnapshotZone zone;
        zone.node = static_cast<int>(needed(fields, "nid", 0, kMostNodes - 1));
        zone.index = static_cast<int>(needed(fields, "idx", 0, 7));
        std::string_view name;
        if (find_field(fields, "name", name)) zone.name = name;
        zone.start_pfn = hex(fields, "start_pfn");
        zone.spanned = static_cast<std::uint64_t>(needed(fields, "spanned", 0, kMostSpan));
        zone.managed = static_cast<std::uint64_t>(needed(fields, "managed", 0, kMostSpan));
        zone.min = needed(fields, "wmin", 0);
        zone.low = needed(fields, "wlow", 0);
        zone.high = needed(fields, "whigh", 0);
        zone.boost = number(fields, "boost", 0);
        zone.flags = number(fields, "flags", 0);
        std::string_view drift;
        zone.has_drift_mark = find_field(fields, "drift_mark", drift) && drift != "0";
        zone.reserved_highatomic = number(fields, "resv_highatomic", 0);
        zone.free_highatomic = number(fields, "free_highatomic", zone.reserved_highatomic);
        zone.isolated_blocks = number(fields, "nr_isolate_pb", 0, 0, INT32_MAX);
        zone.free = needed(fields, "free");
        std::string_view reserve;
        if (find_field(fields, "lowmem_reserve", reserve)) {
            for (std::size_t i = 0; i < zone.lowmem_reserve.size() && !reserve.empty(); ++i) {
                const std::size_t comma = std::min(reserve.find(','), reserve.size());
                std::uint64_t pages = 0;
                if (!read_decimal(reserve.substr(0, comma), pages)) {
                    return fail("lowmem_reserve is not a list of numbers");
                }
                zone.lowmem_reserve[i] = static_cast<std::int64_t>(pages);
                reserve.remove_prefix(std::min(comma + 1, reserve.size()));
            }
        }
        if (snapshot_.zone(zone.node, zone.index) != nullptr) return fail("this zone came before");
        snapshot_.zones.push_back(std::move(zone));
    }

    SnapshotZone* zone_of(std::string_view fields) {
        const auto node = needed(fields, "nid");
        const auto index = needed(fields, "idx");
        for (SnapshotZone& zone : snapshot_.zones) {
            if (zone.node == node && zone.index == index) return &zone;
        }
        fail("no zone record for node " + std::to_string(node) + ", zone " + std::to_string(index));
        return nullptr;
    }

    void read_count(std::string_view fields) {
        SnapshotZone* zone = zone_of(fields);
        const auto order = needed(fields, "order", 0, snapshot_.orders - 1);
        nr_free_[{zone, static_cast<int>(order)}] = needed(fields, "nr_free", 0);
    }

    void read_list(std::string_view fields, SnapshotList& list) {
        const std::size_t colon = fields.find(" : ");
        if (colon == std::string_view::npos) {
            if (!fields.ends_with(" :")) fail("a list without ' : '");
            return;
        }
        std::string_view rest = fields.substr(colon + 3);
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            std::string_view word = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (word.empty()) continue;
            SnapshotBlock block;
            if (const std::size_t mark = word.find(':'); mark != std::string_view::npos) {
                std::uint64_t type = 0;
                if (!read_decimal(word.substr(mark + 1), type) || type >= 6) {
                    return fail("a page's type is not one");
                }
                block.type = static_cast<int>(type);
                word = word.substr(0, mark);
            }
            if (!read_hex(word, block.pfn) || block.pfn >= kMostPfn) {
                return fail("'" + std::string(word.substr(0, 20)) + "' is not a page frame number");
            }
            list.blocks.push_back(block);
        }
    }

    void read_free_list(std::string_view fields) {
        SnapshotZone* zone = zone_of(fields);
        if (zone == nullptr) return;
        SnapshotList list;
        list.order = static_cast<int>(needed(fields, "order", 0, snapshot_.orders - 1));
        list.type = static_cast<int>(needed(fields, "mt", 0, snapshot_.types - 1));
        read_list(fields, list);
        zone->free_lists.push_back(std::move(list));
    }

    void read_pcp(std::string_view fields) {
        SnapshotZone* zone = zone_of(fields);
        if (zone == nullptr) return;
        SnapshotPcp pcp;
        pcp.cpu = static_cast<int>(needed(fields, "cpu", 0, snapshot_.cpus - 1));
        pcp.online = small(fields, "online", 1) != 0;
        pcp.count = static_cast<int>(needed(fields, "count", INT32_MIN, INT32_MAX));
        pcp.high = small(fields, "high");
        pcp.batch = static_cast<int>(needed(fields, "batch", 1, 1 << 20));
        pcp.high_min = small(fields, "high_min", pcp.high);
        pcp.high_max = small(fields, "high_max", pcp.high);
        pcp.flags = small(fields, "flags");
        pcp.alloc_factor = static_cast<int>(number(fields, "alloc_factor", 0, 0, 16));
        pcp.free_count = small(fields, "free_count");
        pcp.free_factor = static_cast<int>(number(fields, "free_factor", 0, 0, 30));
        pcp.expire = small(fields, "expire");
        pcp.free_diff = static_cast<int>(number(fields, "free_diff", 0, -128, 127));
        pcp.stat_threshold = static_cast<int>(number(fields, "stat_threshold", 1, 0, 127));
        zone->pcps.push_back(std::move(pcp));
    }

    void read_pcp_list(std::string_view fields) {
        SnapshotZone* zone = zone_of(fields);
        if (zone == nullptr) return;
        const auto cpu = needed(fields, "cpu", 0, snapshot_.cpus - 1);
        SnapshotList list;
        list.index = static_cast<int>(needed(fields, "list", 0, snapshot_.pcp_lists - 1));
        read_list(fields, list);
        for (SnapshotPcp& pcp : zone->pcps) {
            if (pcp.cpu == cpu) {
                pcp.lists.push_back(std::move(list));
                return;
            }
        }
        fail("a list of a CPU without a record");
    }

    void read_blocks(std::string_view fields) {
        SnapshotZone* zone = zone_of(fields);
        if (zone == nullptr) return;
        zone->blocks_start_pfn = hex(fields, "start_pfn");
        const std::size_t colon = fields.find(" : ");
        if (colon == std::string_view::npos) return fail("pageblocks without ' : '");
        zone->block_types = fields.substr(colon + 3);
        for (const char c : zone->block_types) {
            if (c != '.' && (c < '0' || c >= '0' + snapshot_.types)) {
                return fail("'" + std::string(1, c) + "' is no type of a pageblock");
            }
        }
    }

    void read_end(std::string_view fields) {
        if (number(fields, "truncated", 0) != 0) return fail("the recorder cut it short");
        ended_ = true;
    }

    // No page twice; lengths as counted; pages in their zone.
    std::string check() const {
        for (const SnapshotZone& zone : snapshot_.zones) {
            std::vector<std::pair<std::uint64_t, std::uint64_t>> listed;  // first page, pages
            const std::string where =
                "node " + std::to_string(zone.node) + ", zone " + zone.name + ": ";
            const auto mark = [&](std::uint64_t pfn, int order) -> std::string {
                const std::uint64_t pages = std::uint64_t{1} << order;
                if (pfn < zone.start_pfn || pfn + pages > zone.start_pfn + zone.spanned) {
                    return where + "a listed page lies outside the zone";
                }
                if ((pfn & (pages - 1)) != 0) return where + "a listed block is not aligned";
                listed.emplace_back(pfn, pages);
                return {};
            };
            std::map<int, std::int64_t> lengths;
            for (const SnapshotList& list : zone.free_lists) {
                for (const SnapshotBlock& block : list.blocks) {
                    if (std::string error = mark(block.pfn, list.order); !error.empty()) return error;
                }
                lengths[list.order] += static_cast<std::int64_t>(list.blocks.size());
            }
            for (const auto& [key, nr_free] : nr_free_) {
                if (key.first != &zone) continue;
                const auto found = lengths.find(key.second);
                if (nr_free != (found == lengths.end() ? 0 : found->second)) {
                    return where + "nr_free of order " + std::to_string(key.second) +
                           " is not the length of its lists";
                }
            }
            for (const SnapshotPcp& pcp : zone.pcps) {
                std::int64_t pages = 0;
                for (const SnapshotList& list : pcp.lists) {
                    const int order =
                        list.index / 3 < 4 ? list.index / 3 : snapshot_.pageblock_order;
                    for (const SnapshotBlock& block : list.blocks) {
                        if (std::string error = mark(block.pfn, order); !error.empty()) return error;
                    }
                    pages += static_cast<std::int64_t>(list.blocks.size()) << order;
                }
                if (pages != pcp.count) {
                    return where + "the count of CPU " + std::to_string(pcp.cpu) +
                           " is not the length of its lists";
                }
            }
            std::sort(listed.begin(), listed.end());
            for (std::size_t i = 1; i < listed.size(); ++i) {
                if (listed[i - 1].first + listed[i - 1].second > listed[i].first) {
                    return where + "page " + std::to_string(listed[i].first) + " is on two lists";
                }
            }
        }
        return {};
    }

    Snapshot& snapshot_;
    std::map<std::pair<const SnapshotZone*, int>, std::int64_t> nr_free_;
    std::string error_;
    bool has_header_ = false;
    bool ended_ = false;
};

}  // namespace

const SnapshotZone* Snapshot::zone(int node, int index) const {
    for (const SnapshotZone& zone : zones) {
        if (zone.node == node && zone.index == index) return &zone;
    }
    return nullptr;
}

SnapshotError read_snapshot(std::string_view text, Snapshot& snapshot) {
    snapshot = {};
    // Records point at zones: they must not move.
    snapshot.zones.reserve(64);
    Reader reader(snapshot);
    std::uint32_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (snapshot.zones.size() == 64 && line[0] == 'Z') return {number, "more than 64 zones"};
        if (std::string error = reader.read_line(line); !error.empty()) return {number, error};
    }
    if (std::string error = reader.finish(); !error.empty()) return {std::max(number, 1U), error};
    return {};
}

}  // namespace pcpbench
