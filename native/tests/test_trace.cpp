// The trace reader: what it keeps of a ring buffer's text, and what it says is wrong with it.
#include <algorithm>

#include "tests/check.hpp"
#include "trace/trace_fields.hpp"
#include "trace/trace_reader.hpp"

using namespace pcpbench;

namespace {

constexpr std::string_view kText =
    "# tracer: nop\n"
    "# entries-in-buffer/entries-written: 6/6   #P:2\n"
    "        a [7] b-17   [001] d..1    10.000001: mm_page_alloc: page=0x1 pfn=0x40 order=2 "
    "migratetype=0 gfp_flags=GFP_HIGHUSER_MOVABLE\n"
    "          <...>-18   [000] ....    10.000002500: mm_page_alloc: pfn=65 order=0 "
    "gfp_flags=GFP_NOFS|__GFP_RECLAIMABLE\n"
    "          <...>-18   [000] ....    10.000003: mm_page_alloc: page=(null) pfn=0 order=0 "
    "migratetype=1 gfp_flags=GFP_ATOMIC\n"
    "          <...>-18   [000] ....    10.000004: mm_page_free: page=0x2 pfn=65 order=0\n"
    "          <...>-18   [000] ....    10.000005: kp_pre: K drain_all_pages a0=0\n"
    "          <...>-18   [000] ....    10.000006: sched_switch: prev_comm=x\n";

TraceReader read(std::string_view text, std::size_t chunk = 1 << 20) {
    TraceReader reader;
    for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size()))) {
        reader.feed(text.substr(0, chunk));
    }
    reader.finish();
    return reader;
}

std::string line(std::string_view event) {
    return "  t-1  [000] ....  5: " + std::string(event) + "\n";
}

}  // namespace

TEST(trace_keeps_what_was_asked_of_the_allocator) {
    const TraceReader reader = read(kText);
    const TraceColumns& rows = reader.columns();
    CHECK_EQ(rows.kind.size(), std::size_t{5});
    CHECK(rows.kind == (std::vector<std::uint8_t>{0, 0, 1, 2, 4}));
    CHECK(rows.cpu == (std::vector<std::uint32_t>{1, 0, 0, 0, 0}));
    CHECK(rows.pfn == (std::vector<std::uint64_t>{0x40, 65, 0, 65, 0}));
    CHECK(rows.order == (std::vector<std::uint8_t>{2, 0, 0, 0, 0}));
    CHECK(rows.migratetype == (std::vector<std::uint8_t>{0, 2, 1, 1, 0}));
    CHECK(rows.line == (std::vector<std::uint32_t>{3, 4, 5, 6, 7}));
    CHECK_EQ(rows.time[1], std::uint64_t{10'000'002'500});
}

TEST(trace_summary_counts_lines_and_header) {
    const TraceReader reader = read(kText);
    const TraceSummary& summary = reader.summary();
    CHECK_EQ(summary.lines, std::uint64_t{8});
    CHECK_EQ(summary.events, std::uint64_t{6});
    CHECK(summary.has_header && summary.header_in_buffer == 6 && summary.header_written == 6);
    CHECK(summary.seconds_clock);
    CHECK(!summary.ends_mid_line);
    CHECK_EQ(summary.malformed.count + summary.backwards.count + summary.lost_events,
             std::uint64_t{0});
}

TEST(trace_reads_the_same_from_chunks_of_any_size) {
    const TraceReader whole = read(kText);
    for (const std::size_t chunk : {1, 2, 7, 64, 100}) {
        const TraceReader parts = read(kText, chunk);
        CHECK(parts.columns().pfn == whole.columns().pfn);
        CHECK(parts.columns().line == whole.columns().line);
        CHECK(parts.columns().time == whole.columns().time);
        CHECK_EQ(parts.summary().events, whole.summary().events);
    }
}

TEST(trace_does_not_read_a_last_line_that_may_be_cut) {
    const TraceReader reader = read(kText.substr(0, kText.size() - 60));
    CHECK(reader.summary().ends_mid_line);
    CHECK_EQ(reader.summary().events, std::uint64_t{5});
}

TEST(trace_sums_lost_events_and_places_the_first) {
    const TraceReader reader = read("CPU:2 [LOST 123 EVENTS]\nCPU:0 [LOST EVENTS]\n");
    CHECK_EQ(reader.summary().lost_events, std::uint64_t{124});
    CHECK_EQ(reader.summary().lost.first_line, std::uint32_t{1});
    CHECK_EQ(reader.summary().malformed.count, std::uint64_t{0});
}

TEST(trace_places_the_first_malformed_line) {
    for (const char* event : {"mm_page_alloc: pfn=zz order=0 migratetype=0", "no colon here",
                              "mm_page_free: pfn=3", "mm_page_free: pfn=3 order=21",
                              "mm_page_alloc: pfn=3 order=0", "kp_ret: BULK pfns=1,g",
                              "mm_page_alloc: pfn=3 order=0 migratetype=3",
                              "mm_page_free: pfn=99999999999999999999 order=0"}) {
        const TraceReader reader = read(line("a: b") + line(event) + "nonsense\n");
        CHECK_EQ(reader.summary().malformed.count, std::uint64_t{2});
        CHECK_EQ(reader.summary().malformed.first_line, std::uint32_t{2});
        CHECK(reader.summary().malformed.first_text.find(event) != std::string::npos);
    }
}

TEST(trace_says_where_time_runs_backwards_on_a_cpu) {
    const TraceReader reader = read("t-1 [000] .... 5: a: b\nt-1 [001] .... 4: a: b\n"
                                    "t-1 [000] .... 3: a: b\n");
    CHECK_EQ(reader.summary().backwards.count, std::uint64_t{1});
    CHECK_EQ(reader.summary().backwards.first_line, std::uint32_t{3});
}

TEST(trace_skips_a_line_without_end) {
    const std::string text =
        std::string(200'000, 'x') + "\n" + line("mm_page_free: pfn=3 order=0");
    for (const std::size_t chunk : {std::size_t{1000}, std::size_t{1} << 20}) {
        const TraceReader reader = read(text, chunk);
        CHECK_EQ(reader.summary().malformed.count, std::uint64_t{1});
        CHECK_EQ(reader.columns().pfn.size(), std::size_t{1});
    }
}

TEST(trace_reads_bulk_allocations_page_by_page) {
    const TraceReader reader = read(line("kp_pre: K alloc_pages_bulk gfp=0x8 nr=3") +
                                    line("kp_ret: BULK pfns=1a,0,1b"));
    CHECK(reader.columns().pfn == (std::vector<std::uint64_t>{0x1a, 0x1b}));
    CHECK(reader.columns().kind == (std::vector<std::uint8_t>{6, 6}));
    CHECK(reader.columns().migratetype == (std::vector<std::uint8_t>{1, 1}));
}

TEST(trace_takes_the_type_of_a_freed_page_from_its_push) {
    const TraceReader reader = read(line("mm_page_free: pfn=16 order=0") +
                                    line("mm_page_free: pfn=17 order=0") +
                                    line("kp_pre: PF n=0 z=DMA32 c=0 o=0 m=0 pfn=10 count=1") +
                                    line("kp_pre: PF n=0 z=DMA32 c=0 o=0 m=2 pfn=10 count=1"));
    CHECK(reader.columns().migratetype == (std::vector<std::uint8_t>{0, 1}));
}

TEST(trace_reads_what_gfp_flags_ask_for) {
    CHECK_EQ(migratetype_of("GFP_KERNEL|__GFP_NOWARN"), 0u);
    CHECK_EQ(migratetype_of("GFP_TRANSHUGE_LIGHT"), 1u);
    CHECK_EQ(migratetype_of("GFP_USER|__GFP_MOVABLE"), 1u);
    CHECK_EQ(migratetype_of("GFP_KERNEL|__GFP_RECLAIMABLE"), 2u);
    CHECK_EQ(migratetype_of("0x10"), 2u);
    CHECK_EQ(migratetype_of_bits(0x8), 1u);
}

TEST(trace_finds_fields_by_whole_words) {
    std::string_view value;
    CHECK(find_field("xpfn=1 pfn=2", "pfn", value) && value == "2");
    CHECK(find_field("order=3", "order", value) && value == "3");
    CHECK(!find_field("pfn2=1 apfn=2", "pfn", value));
    std::uint64_t number = 0;
    CHECK(!read_decimal("", number) && !read_decimal("1x", number) && !read_decimal("-1", number));
    CHECK(read_number("0xff", number) && number == 255);
    bool seconds = false;
    CHECK(read_time("1.5", number, seconds) && seconds && number == 1'500'000'000);
    CHECK(!read_time("1.0000000001", number, seconds));
}
