// trace_reader.hpp: reads the text of a kernel ring buffer (tracefs "trace"), in chunks of any size.
//
// It keeps the lines that say what was asked of the page allocator, column by column, and counts
// the rest. Nothing it meets is fatal: what is wrong with the text is counted and placed by line
// number, and the caller decides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pcpbench {

enum class TraceKind : std::uint8_t {
    alloc = 0,         // mm_page_alloc that returned a page
    alloc_failed = 1,  // mm_page_alloc without a page
    free = 2,          // mm_page_free
    free_batched = 3,  // mm_page_free_batched: the same page again, when it enters the list
    drain_all = 4,     // probe at drain_all_pages
    drain_inner = 5,   // probe at __drain_all_pages: the body of the former, or pcp disabling
    bulk_page = 6,     // one page of a bulk allocation (probe at its return)
};

// One row per kept event; all vectors have equal lengths.
struct TraceColumns {
    std::vector<std::uint8_t> kind;
    std::vector<std::uint8_t> order;
    // Of an allocation: what it asked for. Of a free: what a PF line says, else movable.
    std::vector<std::uint8_t> migratetype;
    std::vector<std::uint32_t> cpu;
    std::vector<std::uint32_t> line;  // number of the line, from 1
    std::vector<std::uint64_t> pfn;   // 0 where the event has none
    std::vector<std::uint64_t> time;  // ns, or ticks of the trace clock: see seconds_clock
};

// What is wrong with the text: how often, and where first.
struct TraceProblem {
    std::uint64_t count = 0;
    std::uint32_t first_line = 0;
    std::string first_text;  // start of that line

    void note(std::uint32_t line, std::string_view text);
};

struct TraceSummary {
    std::uint64_t lines = 0;
    std::uint64_t events = 0;          // event lines of any kind, kept or not
    std::uint64_t lost_events = 0;     // sum of the buffer's own "LOST n EVENTS" lines
    std::uint64_t header_in_buffer = 0;  // "entries-in-buffer/entries-written" of the header
    std::uint64_t header_written = 0;
    bool has_header = false;
    bool seconds_clock = false;        // time stamps had a decimal point: `time` is in ns
    bool ends_mid_line = false;
    TraceProblem lost;
    TraceProblem malformed;
    TraceProblem backwards;            // a CPU's time ran backwards
};

class TraceReader {
  public:
    // Reads on; a line may be split over chunks.
    void feed(std::string_view chunk);
    // After the last chunk. A last line without its newline is not read: it may be cut.
    void finish();

    const TraceColumns& columns() const { return columns_; }
    TraceColumns take_columns() { return std::move(columns_); }
    const TraceSummary& summary() const { return summary_; }

  private:
    struct Event {
        std::uint32_t cpu = 0;
        std::uint64_t time = 0;
        std::string_view name;
        std::string_view fields;
    };
    void read_line(std::string_view line);
    void read_comment(std::string_view line);
    bool read_lost(std::string_view line);
    bool split(std::string_view line, Event& event);
    bool read_page_event(const Event& event);
    bool read_probe(const Event& event);
    bool read_list_push(std::string_view fields);
    bool read_bulk(const Event& event, std::string_view pfns);
    void push(const Event& event, TraceKind kind, std::uint64_t pfn, unsigned order, unsigned type);
    void check_time(const Event& event, std::string_view line);

    TraceColumns columns_;
    TraceSummary summary_;
    std::string rest_;            // start of a line whose end is in a later chunk
    bool line_too_long_ = false;  // the rest of it is skipped
    std::vector<std::uint64_t> last_time_;      // by CPU
    std::vector<std::uint8_t> bulk_type_;       // by CPU: of the bulk allocation under way
    // Rows of frees, by pfn, whose page has not been seen to enter a list.
    std::unordered_map<std::uint64_t, std::size_t> awaiting_push_;
};

}  // namespace pcpbench
