#include "trace/trace_fields.hpp"

#include <algorithm>
#include <charconv>

namespace pcpbench {

namespace {

bool read_base(std::string_view text, int base, std::uint64_t& number) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    return error == std::errc() && stop == end && !text.empty();
}

}  // namespace

bool find_field(std::string_view fields, std::string_view key, std::string_view& value) {
    std::size_t at = 0;
    while ((at = fields.find(key, at)) != std::string_view::npos) {
        const std::size_t equals = at + key.size();
        const bool whole_word = at == 0 || fields[at - 1] == ' ';
        if (whole_word && equals < fields.size() && fields[equals] == '=') {
            const std::size_t begin = equals + 1;
            const std::size_t end = fields.find(' ', begin);
            value = fields.substr(begin, end == std::string_view::npos ? end : end - begin);
            return true;
        }
        at = equals;
    }
    return false;
}

bool read_decimal(std::string_view text, std::uint64_t& number) {
    return read_base(text, 10, number);
}

bool read_hex(std::string_view text, std::uint64_t& number) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    return read_base(text, 16, number);
}

bool read_number(std::string_view text, std::uint64_t& number) {
    return text.starts_with("0x") ? read_hex(text, number) : read_decimal(text, number);
}

bool read_time(std::string_view text, std::uint64_t& time, bool& seconds) {
    const std::size_t point = text.find('.');
    seconds = point != std::string_view::npos;
    if (!seconds) return read_decimal(text, time);
    std::uint64_t whole = 0;
    std::uint64_t part = 0;
    const std::string_view digits = text.substr(point + 1);
    if (digits.size() > 9 || !read_decimal(text.substr(0, point), whole) ||
        !read_decimal(digits, part) || whole > UINT64_MAX / 1'000'000'000 - 1) {
        return false;
    }
    for (std::size_t i = digits.size(); i < 9; ++i) part *= 10;
    time = whole * 1'000'000'000 + part;
    return true;
}

unsigned migratetype_of_bits(std::uint64_t gfp) {
    const unsigned type = static_cast<unsigned>((gfp & 0x18) >> 3);
    return type == 3 ? 1 : type;
}

unsigned migratetype_of(std::string_view gfp_flags) {
    std::uint64_t bits = 0;
    if (gfp_flags.starts_with("0x") && read_hex(gfp_flags, bits)) return migratetype_of_bits(bits);
    while (!gfp_flags.empty()) {
        const std::size_t bar = gfp_flags.find('|');
        const std::string_view flag = gfp_flags.substr(0, bar);
        // GFP_TRANSHUGE and GFP_TRANSHUGE_LIGHT contain GFP_HIGHUSER_MOVABLE.
        if (flag == "__GFP_MOVABLE" || flag == "GFP_HIGHUSER_MOVABLE" ||
            flag.starts_with("GFP_TRANSHUGE")) {
            return 1;
        }
        if (flag == "__GFP_RECLAIMABLE") return 2;
        if (bar == std::string_view::npos) break;
        gfp_flags.remove_prefix(bar + 1);
    }
    return 0;
}

bool of_kernel_thread(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    for (const std::string_view name :
         {"kworker/", "khugepaged-", "kcompactd", "kswapd", "ksmd-", "ksoftirqd/", "jbd2/"}) {
        if (line.starts_with(name)) return true;
    }
    return false;
}

}  // namespace pcpbench
