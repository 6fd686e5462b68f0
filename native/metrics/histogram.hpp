// histogram.hpp: log-linear counts of picosecond values, and of the largest value of each epoch.
#pragma once

#include <algorithm>
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

    void add(std::int64_t ps, std::uint32_t times = 1) {
        ps = std::min(ps, kLargest);
        counts_[bucket(ps)] += times;
        count_ += times;
        sum_ += ps * times;
        min_ = std::min(min_, ps);
        max_ = std::max(max_, ps);
        epoch_max_ = std::max(epoch_max_, ps);
    }
    // Ends an epoch: its largest value counts as one episode.
    void end_epoch() {
        if (epoch_max_ >= 0) episodes_.push_back(bucket(epoch_max_));
        epoch_max_ = -1;
    }
    void clear() { *this = Histogram(); }

    std::uint64_t count() const { return count_; }
    std::int64_t sum_ps() const { return sum_; }
    std::int64_t min_ps() const { return count_ == 0 ? 0 : min_; }
    std::int64_t max_ps() const { return count_ == 0 ? 0 : max_; }
    using Sparse = std::vector<std::pair<int, std::uint64_t>>;
    Sparse counts() const {
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
    static constexpr int kBuckets = 16384 + 28 * 1024;
    std::vector<std::uint32_t> counts_;
    std::vector<int> episodes_;
    std::uint64_t count_ = 0;
    std::int64_t sum_ = 0;
    std::int64_t min_ = kLargest;
    std::int64_t max_ = 0;
    std::int64_t epoch_max_ = -1;
};

}  // namespace pcpbench
