// remainder.hpp: the remainder of a division by a number that stays the same, without dividing.
#pragma once

#include <bit>
#include <cstdint>

namespace pcpbench {

// Multiplies with a rounded reciprocal of 65 bits, whose top bit is implied (Granlund, Montgomery,
// "Division by invariant integers using multiplication", PLDI 1994, figure 4.1). Exact for every
// 64-bit number.
class Remainder {
  public:
    explicit Remainder(std::uint64_t divisor = 1) : divisor_(divisor) {
        shift_ = divisor <= 1 ? 0 : std::bit_width(divisor - 1);  // ceil(log2)
        const Wide excess = (Wide{1} << shift_) - divisor;
        reciprocal_ = static_cast<std::uint64_t>((excess << 64) / divisor + 1);
    }
    std::uint64_t operator()(std::uint64_t number) const {
        if (divisor_ <= 1) return 0;
        const auto high = static_cast<std::uint64_t>((Wide{reciprocal_} * number) >> 64);
        const std::uint64_t quotient = (high + ((number - high) >> 1)) >> (shift_ - 1);
        return number - quotient * divisor_;
    }

  private:
    __extension__ using Wide = unsigned __int128;
    std::uint64_t divisor_;
    std::uint64_t reciprocal_;
    int shift_;
};

}  // namespace pcpbench
