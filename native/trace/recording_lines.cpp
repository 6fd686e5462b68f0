#include "trace/recording_lines.hpp"

#include "trace/trace_fields.hpp"

namespace pcpbench {

void RecordingLines::read_comment(std::string_view text) {
    constexpr std::string_view kEntries = "# entries-in-buffer/entries-written: ";
    if (!text.starts_with(kEntries)) return;
    text.remove_prefix(kEntries.size());
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return;
    const std::string_view kept = text.substr(0, slash);
    text.remove_prefix(slash + 1);
    if (kept != text.substr(0, text.find(' '))) {
        return fail("the recording lost events: its buffer was overrun");
    }
    read_decimal(kept, promised_);
}

}  // namespace pcpbench
