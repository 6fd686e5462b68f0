// trace_fields.hpp: reads the fields of a trace line. Every function returns false on bad text.
#pragma once

#include <cstdint>
#include <string_view>

namespace pcpbench {

// The CPUs of the largest machine whose recording is replayed.
inline constexpr int kMostCpus = 1024;

// The value of "key=value" in a list of fields separated by spaces.
bool find_field(std::string_view fields, std::string_view key, std::string_view& value);

// All of the text as a number: decimal, or hexadecimal with or without 0x.
bool read_decimal(std::string_view text, std::uint64_t& number);
bool read_hex(std::string_view text, std::uint64_t& number);
// Decimal, or hexadecimal if it begins with 0x: page frame numbers print both ways.
bool read_number(std::string_view text, std::uint64_t& number);

// Whether a line is of one of the kernel's own threads that allocate in bulk, by its name.
bool of_kernel_thread(std::string_view line);

// A time stamp: ticks, or seconds with a decimal point, which are turned into ns.
bool read_time(std::string_view text, std::uint64_t& time, bool& seconds);

// The migratetype that GFP flags ask for, from their names or as a number: 0 unmovable, 1 movable,
// 2 reclaimable (include/linux/gfp.h:gfp_migratetype; the two bits have not moved since v4.8).
unsigned migratetype_of(std::string_view gfp_flags);
unsigned migratetype_of_bits(std::uint64_t gfp);

}  // namespace pcpbench
