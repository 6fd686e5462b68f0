// histogram.hpp: log-linear counts of picosecond values, and of the largest value of each epoch.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace pcpbench {

// Below 2^20 ps buckets are 64 ps wide; above, 1024 per power of two, up to 2^48 - 1 ps.
class Histogram {
  public:
    static constexpr std::int64_t kLargest = (std::int64_t{1} << 48) - 1;

    static int bucket(std::int64_t ps) {
        if (ps < (1 << 20)) return static_cast<int>(ps >> 6);
        const int e = std::bit_width(static_cast<std::uint64_t>(ps)) - 1;
        return 16384 + (e - 20) * 1024 +
               static_cast<int>((ps - (std::int64_t{1} << e)) >> (e - 10));
    }

    Histogram() : counts_(kBuckets, 0) {}

    // Most values come again soon, latencies on warm lines above all: a few wait to be counted.
    void add(std::int64_t ps) {
        const std::uint64_t hash = static_cast<std::uint64_t>(ps) * 0x9e3779b97f4a7c15ULL;
        Waiting& waiting = waiting_[hash >> 60];
        if (waiting.ps != ps) {
            count(waiting);
            waiting.ps = ps;
        }
        ++waiting.times;
    }
    // Ends an epoch: its largest value counts as one episode.
    void end_epoch() {
        count_waiting();
        if (epoch_max_ >= 0) episodes_.push_back(bucket(epoch_max_));
        epoch_max_ = -1;
    }
    void clear() { *this = Histogram(); }

    std::uint64_t count() const {
        count_waiting();
        return count_;
    }
    std::int64_t sum_ps() const {
        count_waiting();
        return sum_;
    }
    std::int64_t min_ps() const {
        count_waiting();
        return count_ == 0 ? 0 : min_;
    }
    std::int64_t max_ps() const {
        count_waiting();
        return count_ == 0 ? 0 : max_;
    }
    using Sparse = std::vector<std::pair<int, std::uint64_t>>;
    Sparse counts() const {
        count_waiting();
        Sparse sparse;
        for (int i = 0; i < kBuckets; ++i) {
            if (counts_[i] != 0) sparse.emplace_back(i, counts_[i]);
        }
        return sparse;
    }
    Sparse episodes() const {
        std::vector<int> sorted = episodes_;
        std::sort(sorted.begin(), sorted.end());
        Sparse sparse;
        for (const int b : sorted) {
            if (sparse.empty() || sparse.back().first != b) sparse.emplace_back(b, 0);
            ++sparse.back().second;
        }
        return sparse;
    }

  private:
    struct Waiting {
        std::int64_t ps = 0;
        std::uint32_t times = 0;
    };
    void count(Waiting& waiting) const {
        if (waiting.times == 0) return;
        const std::int64_t ps = std::min(waiting.ps, kLargest);
        counts_[static_cast<std::size_t>(bucket(ps))] += waiting.times;
        count_ += waiting.times;
        sum_ += ps * waiting.times;
        min_ = std::min(min_, ps);
        max_ = std::max(max_, ps);
        epoch_max_ = std::max(epoch_max_, ps);
        waiting.times = 0;
    }
    void count_waiting() const {
        for (Waiting& waiting : waiting_) count(waiting);
    }

    static constexpr int kBuckets = 16384 + 28 * 1024;
    // Counting what waits changes nothing that can be seen.
    mutable std::array<Waiting, 16> waiting_{};
    mutable std::vector<std::uint32_t> counts_;
    std::vector<int> episodes_;
    mutable std::uint64_t count_ = 0;
    mutable std::int64_t sum_ = 0;
    mutable std::int64_t min_ = kLargest;
    mutable std::int64_t max_ = 0;
    mutable std::int64_t epoch_max_ = -1;
};

}  // namespace pcpbench
