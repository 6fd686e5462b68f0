// fuzz_trace.cpp: any bytes may be given as a trace; both parsers answer, neither may fault, and the
// reader must not depend on where its chunks end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trace/replay_line.hpp"
#include "trace/trace_reader.hpp"

using namespace pcpbench;

namespace {

TraceSummary read(std::string_view text, std::size_t chunk_bytes, TraceColumns& columns) {
    TraceReader reader;
    while (!text.empty()) {
        const std::size_t bytes = std::min(chunk_bytes, text.size());
        reader.feed(text.substr(0, bytes));
        text.remove_prefix(bytes);
    }
    reader.finish();
    columns = reader.take_columns();
    return reader.summary();
}

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    TraceColumns whole;
    TraceColumns pieces;
    const TraceSummary at_once = read(text, text.size() + 1, whole);
    const TraceSummary in_pieces = read(text, 7, pieces);
    must(at_once.lines == in_pieces.lines && at_once.events == in_pieces.events);
    must(at_once.malformed.count == in_pieces.malformed.count);
    must(whole.pfn == pieces.pfn && whole.kind == pieces.kind && whole.time == pieces.time);
    must(whole.line.size() == whole.pfn.size() && whole.cpu.size() == whole.pfn.size());

    ReplayLineParser parser;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        ReplayLine line;
        if (parser.parse(text.substr(0, end), line) == LineFault::none) {
            must(line.kind != LineKind::other && *name_of(line.kind) != '\0');
            must(line.order <= 20 && line.pfn < 0xffffffffU);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return 0;
}
