// recording_lines.hpp: cuts the text of a recording into lines and refuses a text that is cut, that
// lost events, whose lines are no events, or whose time runs backwards.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "trace/replay_line.hpp"

namespace pcpbench {

struct RecordingFault {
    std::uint32_t line = 0;  // from 1; 0: none
    std::string what;
};

class RecordingLines {
  public:
    // Reads on; a line may be split over chunks. `take` gets each line of interest and may fail().
    // False after a fault.
    template <class Take>
    bool feed(std::string_view chunk, Take&& take) {
        while (!chunk.empty() && fault_.line == 0) {
            const std::size_t end = chunk.find('\n');
            if (end == std::string_view::npos) {
                rest_.append(chunk);
                if (rest_.size() > kLongestLine) fail(lines_ + 1, "the line is too long");
                break;
            }
            if (rest_.empty()) {
                read(chunk.substr(0, end), take);
            } else {
                rest_.append(chunk.substr(0, end));
                read(rest_, take);
                rest_.clear();
            }
            chunk.remove_prefix(end + 1);
        }
        return fault_.line == 0;
    }
    // After the last chunk. False if the text is cut or holds no event.
    bool finish() {
        if (fault_.line == 0 && !rest_.empty()) fail(lines_ + 1, "the last line is cut short");
        if (fault_.line == 0 && last_time_ == 0) fail(std::max(lines_, 1U), "no event");
        if (fault_.line == 0 && events_ < promised_) {
            fail(lines_, "it was cut: " + std::to_string(events_) + " events of the " +
                             std::to_string(promised_) + " in its header");
        }
        return fault_.line == 0;
    }
    void fail(std::string what) { fail(lines_, std::move(what)); }
    std::uint32_t lines() const { return lines_; }
    const RecordingFault& fault() const { return fault_; }

  private:
    static constexpr std::size_t kLongestLine = 64 * 1024;

    void fail(std::uint32_t line, std::string what) { fault_ = {line, std::move(what)}; }

    template <class Take>
    void read(std::string_view text, Take&& take) {
        ++lines_;
        if (text.empty()) return;
        if (text.front() == '#') return read_comment(text);
        ++events_;
        ReplayLine line;
        switch (parser_.parse(text, line)) {
            case LineFault::ignored: return;
            case LineFault::lost: return fail("the recording lost events");
            case LineFault::malformed: return fail("not a line of a recording");
            case LineFault::none: break;
        }
        if (line.time < last_time_) {
            return fail("it is earlier than the line before: the recording is out of order");
        }
        last_time_ = std::max<std::uint64_t>(line.time, 1);
        line.number = lines_;
        take(line);
    }
    // "# entries-in-buffer/entries-written: 204404/204404   #P:4"
    void read_comment(std::string_view text);

    ReplayLineParser parser_;
    RecordingFault fault_;
    std::string rest_;  // start of a line whose end is in a later chunk
    std::uint32_t lines_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t promised_ = 0;  // by the header
    std::uint64_t last_time_ = 0;
};

}  // namespace pcpbench
