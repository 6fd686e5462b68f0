#include "trace/trace_reader.hpp"

#include <algorithm>

#include "trace/trace_fields.hpp"

namespace pcpbench {

namespace {

// Far above any line of the kernel (a page) and any CPU or order there is.
constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kKeptText = 100;
constexpr std::uint64_t kMostCpusOfLinux = 8192;
constexpr std::uint64_t kMostOrder = 20;
constexpr std::uint64_t kMostType = 2;  // unmovable, movable, reclaimable

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The last of the words that spaces part, and how many there are.
std::pair<std::string_view, int> last_word(std::string_view text) {
    std::string_view word;
    int words = 0;
    for (std::size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
        word = text.substr(at, text.find(' ', at) - at);
        at += word.size();
        ++words;
    }
    return {word, words};
}

}  // namespace

void TraceProblem::note(std::uint32_t line, std::string_view text) {
    if (count++ > 0) return;
    first_line = line;
    first_text = text.substr(0, kKeptText);
}

void TraceReader::feed(std::string_view chunk) {
    while (!chunk.empty()) {
        const std::size_t end = chunk.find('\n');
        if (end == std::string_view::npos) {
            if (rest_.size() + chunk.size() > kLongestLine) line_too_long_ = true;
            rest_.append(chunk.substr(0, kLongestLine - std::min(rest_.size(), kLongestLine)));
            return;
        }
        if (rest_.empty()) {
            read_line(chunk.substr(0, end));
        } else {
            rest_.append(chunk.substr(0, end));
            read_line(rest_);
            rest_.clear();
        }
        line_too_long_ = false;
        chunk.remove_prefix(end + 1);
    }
}

void TraceReader::finish() {
    summary_.ends_mid_line = !rest_.empty();
    rest_.clear();
}

void TraceReader::read_line(std::string_view line) {
    const auto number = static_cast<std::uint32_t>(++summary_.lines);
    if (line_too_long_ || line.size() > kLongestLine) {
        summary_.malformed.note(number, line);
        return;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    if (line.front() == '#') return read_comment(line);
    if (line.starts_with("CPU:") && read_lost(line)) return;
    Event event;
    if (!split(line, event)) {
        summary_.malformed.note(number, line);
        return;
    }
    ++summary_.events;
    check_time(event, line);
    const bool good = event.name.starts_with("mm_page_") ? read_page_event(event)
                                                         : read_probe(event);
    if (!good) summary_.malformed.note(number, line);
}

// "# entries-in-buffer/entries-written: 204404/204404   #P:4"
void TraceReader::read_comment(std::string_view line) {
    constexpr std::string_view kEntries = "# entries-in-buffer/entries-written: ";
    if (!line.starts_with(kEntries)) return;
    line.remove_prefix(kEntries.size());
    line = line.substr(0, line.find(' '));
    const std::size_t slash = line.find('/');
    if (slash == std::string_view::npos) return;
    summary_.has_header = read_decimal(line.substr(0, slash), summary_.header_in_buffer) &&
                          read_decimal(line.substr(slash + 1), summary_.header_written);
}

// "CPU:2 [LOST 123 EVENTS]"; the kernel leaves the number out where it does not know it.
bool TraceReader::read_lost(std::string_view line) {
    constexpr std::string_view kLost = "[LOST ";
    const std::size_t at = line.find(kLost);
    if (at == std::string_view::npos) return false;
    const std::string_view rest = line.substr(at + kLost.size());
    std::uint64_t events = 1;
    if (!read_decimal(rest.substr(0, rest.find(' ')), events)) events = 1;
    summary_.lost_events += events;
    summary_.lost.note(static_cast<std::uint32_t>(summary_.lines), line);
    return true;
}

// "  TASK-PID   [CPU] flags  TIME: name: fields". A task may be called anything, so the CPU is the
// first "[digits]" that nothing but flags and a time stamp follow.
bool TraceReader::split(std::string_view line, Event& event) {
    for (std::size_t open = line.find(" ["); open != std::string_view::npos;
         open = line.find(" [", open + 1)) {
        const std::size_t close = line.find(']', open);
        if (close == std::string_view::npos) return false;
        std::uint64_t cpu = 0;
        if (!read_decimal(line.substr(open + 2, close - open - 2), cpu) ||
            cpu >= kMostCpusOfLinux) {
            continue;
        }
        std::string_view rest = line.substr(close + 1);
        const std::size_t colon = rest.find(": ");
        if (colon == std::string_view::npos) return false;
        const auto [stamp, words] = last_word(rest.substr(0, colon));
        bool seconds = false;
        if (words > 2 || stamp.empty() || !is_digit(stamp[0]) ||
            !read_time(stamp, event.time, seconds)) {
            continue;
        }
        rest.remove_prefix(colon + 2);
        const std::size_t name_end = rest.find(':');
        if (name_end == std::string_view::npos) return false;
        event.cpu = static_cast<std::uint32_t>(cpu);
        event.name = rest.substr(0, name_end);
        event.fields = rest.substr(name_end + 1);
        if (event.fields.starts_with(' ')) event.fields.remove_prefix(1);
        summary_.seconds_clock = seconds;
        return true;
    }
    return false;
}

bool TraceReader::read_page_event(const Event& event) {
    const bool alloc = event.name == "mm_page_alloc";
    const bool batched = event.name == "mm_page_free_batched";
    if (!alloc && !batched && event.name != "mm_page_free") return true;
    std::string_view text;
    std::uint64_t pfn = 0;
    std::uint64_t order = 0;
    if (!find_field(event.fields, "pfn", text) || !read_number(text, pfn)) return false;
    if (!find_field(event.fields, "order", text) || !read_decimal(text, order)) return false;
    if (order > kMostOrder) return false;
    std::uint64_t type = 1;
    if (alloc) {
        // Where the type is printed it is what the kernel used, mobility grouping included.
        std::string_view gfp;
        if (find_field(event.fields, "migratetype", text)) {
            if (!read_decimal(text, type) || type > kMostType) return false;
        } else if (find_field(event.fields, "gfp_flags", gfp)) {
            type = migratetype_of(gfp);
        } else {
            return false;
        }
    }
    const TraceKind kind = !alloc ? (batched ? TraceKind::free_batched : TraceKind::free)
                                  : (pfn == 0 ? TraceKind::alloc_failed : TraceKind::alloc);
    if (kind == TraceKind::free) awaiting_push_[pfn] = columns_.pfn.size();
    push(event, kind, pfn, static_cast<unsigned>(order), static_cast<unsigned>(type));
    return true;
}

bool TraceReader::read_probe(const Event& event) {
    const std::string_view fields = event.fields;
    if (fields.starts_with("BULK ")) {
        std::string_view pfns;
        return find_field(fields, "pfns", pfns) && read_bulk(event, pfns);
    }
    if (fields.starts_with("PF ")) return read_list_push(fields);
    if (!fields.starts_with("K ")) return true;
    const std::string_view called = fields.substr(2, fields.find(' ', 2) - 2);
    if (called == "drain_all_pages") {
        push(event, TraceKind::drain_all, 0, 0, 0);
    } else if (called == "__drain_all_pages") {
        push(event, TraceKind::drain_inner, 0, 0, 0);
    } else if (called == "alloc_pages_bulk") {
        std::string_view text;
        std::uint64_t gfp = 0;
        if (!find_field(fields, "gfp", text) || !read_hex(text, gfp)) return false;
        if (event.cpu >= bulk_type_.size()) bulk_type_.resize(event.cpu + 1, 0);
        bulk_type_[event.cpu] = static_cast<std::uint8_t>(migratetype_of_bits(gfp));
    }
    return true;
}

// "PF n=0 z=DMA32 c=0 o=0 m=0 pfn=c01d ...": the type under which a freed page enters a pcp list.
bool TraceReader::read_list_push(std::string_view fields) {
    std::string_view text;
    std::uint64_t pfn = 0;
    std::uint64_t type = 0;
    if (!find_field(fields, "pfn", text) || !read_hex(text, pfn)) return false;
    if (!find_field(fields, "m", text) || !read_decimal(text, type)) return false;
    const auto freed = awaiting_push_.find(pfn);
    if (freed == awaiting_push_.end()) return true;
    if (type <= kMostType) columns_.migratetype[freed->second] = static_cast<std::uint8_t>(type);
    awaiting_push_.erase(freed);
    return true;
}

bool TraceReader::read_bulk(const Event& event, std::string_view pfns) {
    const unsigned type = event.cpu < bulk_type_.size() ? bulk_type_[event.cpu] : 0;
    while (!pfns.empty()) {
        const std::size_t comma = pfns.find(',');
        std::uint64_t pfn = 0;
        if (!read_hex(pfns.substr(0, comma), pfn)) return false;
        if (pfn != 0) push(event, TraceKind::bulk_page, pfn, 0, type);
        if (comma == std::string_view::npos) break;
        pfns.remove_prefix(comma + 1);
    }
    return true;
}

void TraceReader::push(const Event& event, TraceKind kind, std::uint64_t pfn, unsigned order,
                       unsigned type) {
    columns_.kind.push_back(static_cast<std::uint8_t>(kind));
    columns_.order.push_back(static_cast<std::uint8_t>(order));
    columns_.migratetype.push_back(static_cast<std::uint8_t>(type));
    columns_.cpu.push_back(event.cpu);
    columns_.line.push_back(static_cast<std::uint32_t>(summary_.lines));
    columns_.pfn.push_back(pfn);
    columns_.time.push_back(event.time);
}

void TraceReader::check_time(const Event& event, std::string_view line) {
    if (event.cpu >= last_time_.size()) last_time_.resize(event.cpu + 1, 0);
    if (event.time < last_time_[event.cpu]) {
        summary_.backwards.note(static_cast<std::uint32_t>(summary_.lines), line);
    }
    last_time_[event.cpu] = event.time;
}

}  // namespace pcpbench
