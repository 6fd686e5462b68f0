// interference.hpp: what is taken from one CPU's task, by mechanism and cause (osnoise's terms).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pcpbench {

enum class Mechanism : std::uint8_t { ipi, kworker, tick, rcu, lock };
enum class Cause : std::uint8_t { drain, vmstat, lru, other };
inline constexpr int kMechanisms = 5;
inline constexpr int kCauses = 4;
inline constexpr const char* kMechanismNames[kMechanisms] = {"ipi", "kworker", "tick", "rcu",
                                                             "lock"};
inline constexpr const char* kCauseNames[kCauses] = {"drain", "vmstat", "lru", "other"};

class Interference {
  public:
    // One interruption; parts of it that touch are joined.
    struct Piece {
        std::int64_t start;
        std::int64_t length;
        Mechanism mechanism;
        Cause cause;
    };

    // `length` of time from `start` on was taken. Noises that touch count as one single noise.
    void add(Mechanism mechanism, Cause cause, std::int64_t start, std::int64_t length,
             bool interruption = true) {
        const auto m = static_cast<std::size_t>(mechanism);
        const auto c = static_cast<std::size_t>(cause);
        if (interruption) ++interruptions_[m][c];
        noise_[m][c] += length;
        total_ += length;
        single_ = start <= last_end_ ? single_ + length : length;
        last_end_ = std::max(last_end_, start + length);
        max_single_ = std::max(max_single_, single_);
        if (most_pieces_ != 0) keep(mechanism, cause, start, length, interruption);
    }
    // Begins anew, and keeps the first `most` interruptions with their moments from now on.
    void restart(std::size_t most) {
        *this = {};
        most_pieces_ = most;
    }
    const std::vector<Piece>& pieces() const { return pieces_; }
    // Interruptions that took time, those beyond the kept ones too.
    std::uint64_t pieces_seen() const { return pieces_seen_; }
    void count(Mechanism mechanism, Cause cause) {
        ++interruptions_[static_cast<std::size_t>(mechanism)][static_cast<std::size_t>(cause)];
    }
    std::int64_t total_ps() const { return total_; }
    std::int64_t max_single_ps() const { return max_single_; }
    std::uint64_t interruptions(int m, int c) const { return interruptions_[m][c]; }
    std::int64_t noise_ps(int m, int c) const { return noise_[m][c]; }

  private:
    void keep(Mechanism mechanism, Cause cause, std::int64_t start, std::int64_t length,
              bool interruption) {
        if (!interruption && !pieces_.empty() && pieces_.size() == pieces_seen_) {
            Piece& last = pieces_.back();
            if (last.mechanism == mechanism && last.cause == cause &&
                last.start + last.length == start) {
                last.length += length;
                return;
            }
        }
        ++pieces_seen_;
        if (pieces_.size() < most_pieces_) pieces_.push_back({start, length, mechanism, cause});
    }

    std::size_t most_pieces_ = 0;
    std::uint64_t pieces_seen_ = 0;
    std::vector<Piece> pieces_;
    std::array<std::array<std::uint64_t, kCauses>, kMechanisms> interruptions_{};
    std::array<std::array<std::int64_t, kCauses>, kMechanisms> noise_{};
    std::int64_t total_ = 0;
    std::int64_t single_ = 0;
    std::int64_t max_single_ = 0;
    std::int64_t last_end_ = -1;
};

}  // namespace pcpbench
