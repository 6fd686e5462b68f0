// A bare loop over std::priority_queue: one event an operation, and nothing else.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <queue>
#include <tuple>
#include <vector>

namespace {

constexpr int kCpus = 64;
constexpr int kLocalOperations = 63;
constexpr std::int64_t kHoldNs = 500;

struct Gaps {
    std::uint32_t x;
    std::int64_t next() {
        x = 1664525U * x + 1013904223U;
        return 50 + (x >> 16) % 101;
    }
};

using Event = std::tuple<std::int64_t, std::uint64_t, int>;  // time, sequence, CPU

std::int64_t simulate(int rounds) {
    std::vector<Gaps> gaps;
    std::vector<int> done(kCpus, 0);
    std::vector<int> left(kCpus, kLocalOperations);
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
    std::deque<int> waiting;
    int holder = -1;
    std::uint64_t sequence = 0;
    std::int64_t now = 0;
    for (int cpu = 0; cpu < kCpus; ++cpu) {
        gaps.push_back({static_cast<std::uint32_t>(cpu + 1) * 2654435761U});
        events.emplace(gaps[cpu].next(), sequence++, cpu);
    }
    while (!events.empty()) {
        int cpu = 0;
        std::tie(now, std::ignore, cpu) = events.top();
        events.pop();
        if (cpu == holder) {
            left[cpu] = kLocalOperations;
            holder = -1;
            if (!waiting.empty()) {
                holder = waiting.front();
                waiting.pop_front();
                events.emplace(now + kHoldNs, sequence++, holder);
            }
            if (++done[cpu] < rounds) events.emplace(now + gaps[cpu].next(), sequence++, cpu);
        } else if (--left[cpu] > 0) {
            events.emplace(now + gaps[cpu].next(), sequence++, cpu);
        } else if (holder < 0) {
            holder = cpu;
            events.emplace(now + kHoldNs, sequence++, cpu);
        } else {
            waiting.push_back(cpu);
        }
    }
    return now;
}

}  // namespace

int main(int, char** argv) {
    const int rounds = std::atoi(argv[1]);
    const std::clock_t began = std::clock();
    const std::int64_t end = simulate(rounds);
    const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    std::printf("{\"operations\": %d, \"seconds\": %.6f, \"end_ns\": %lld}\n",
                kCpus * rounds * (kLocalOperations + 1), seconds, static_cast<long long>(end));
}
