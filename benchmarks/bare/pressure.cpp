// The least that page calls under memory pressure cost: the streams of 8 CPUs, their lists and the
// zone, in turns of 64 calls. Nothing takes time, so that there are no events, locks, drains or lines;
// below the low watermark the oldest pages are freed until the high one holds.
//
//   pressure SECONDS: prints the calls that it carried out a second of CPU time, in millions
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "allocator/pcp_lists.hpp"
#include "rate.hpp"
#include "simulation/stream.hpp"

namespace {

using namespace pcpbench;

constexpr int kCpus = 8;
constexpr std::uint32_t kPages = 1 << 18;
constexpr int kCluster = 32;

class Pressure {
  public:
    Pressure() : zone_(KernelPolicy{}, kPages, kCpus, {5632, 7040, 8448}) {
        for (int cpu = 0; cpu < kCpus; ++cpu) {
            lists_.emplace_back(zone_, cpu, 586, 63);
            streams_.push_back(make_stream("memory-pressure",
                                           {{"set_pages", kPages / 4 * 5 / kCpus},
                                            {"churn_slots", 512},
                                            {"think_ps", 2'500'000},
                                            {"calm_ops", 32'000},
                                            {"burst_ops", 16'000},
                                            {"calm_fault_permille", 50},
                                            {"burst_fault_permille", 400},
                                            {"calls", 0}},
                                           1, cpu));
        }
    }
    // A turn of each CPU; returns its page calls.
    std::int64_t turn() {
        const std::int64_t before = calls_;
        for (int cpu = 0; cpu < kCpus; ++cpu) {
            Stream& stream = *streams_[static_cast<std::size_t>(cpu)];
            stream.draw(ops_);
            for (const Op& op : ops_) {
                Pfn& slot = stream.slots()[op.slot];
                if (op.kind == OpKind::free && slot != kNoPage) {
                    free(cpu, std::exchange(slot, kNoPage));
                } else if (op.kind == OpKind::alloc && slot == kNoPage) {
                    slot = allocate(cpu, op.order, op.type);
                }
            }
        }
        return calls_ - before;
    }

  private:
    Pfn allocate(int cpu, int order, int type) {
        ++calls_;
        if (!zone_.watermark_ok(order, zone_.marks().low)) reclaim(cpu);
        PcpLists& pcp = lists_[static_cast<std::size_t>(cpu)];
        pcp.note_allocation();
        if (pcp.empty(0, order, type)) {
            ZoneWork work;
            pcp.refill(0, order, type, work);
            if (pcp.empty(0, order, type)) return kNoPage;
        }
        return pcp.pop(0, order, type);
    }
    void free(int cpu, Pfn page) {
        ++calls_;
        give(cpu, page);
    }
    void give(int cpu, Pfn page) {
        PcpLists& pcp = lists_[static_cast<std::size_t>(cpu)];
        const std::uint32_t flush = pcp.push(0, page, zone_.frames()[page].order);
        if (flush == 0) return;
        leaving_.clear();
        pcp.collect(0, flush, leaving_);
        ZoneWork work;
        free_collected(zone_, cpu, leaving_, work);
    }
    void reclaim(int cpu) {
        for (int idle = 0; idle < kCpus && !zone_.watermark_ok(0, zone_.marks().high);) {
            Stream& from = *streams_[next_++ % kCpus];
            int pages = 0;
            for (std::uint32_t slot = 0; pages < kCluster && from.oldest(slot); ++pages) {
                give(cpu, std::exchange(from.slots()[slot], kNoPage));
            }
            idle = pages > 0 ? 0 : idle + 1;
        }
    }

    Zone zone_;
    std::vector<PcpLists> lists_;
    std::vector<std::unique_ptr<Stream>> streams_;
    std::array<Op, 64> ops_;
    std::vector<Pfn> leaving_;
    std::size_t next_ = 0;
    std::int64_t calls_ = 0;
};

}  // namespace

int main(int, char** argv) {
    Pressure pressure;
    for (int turn = 0; turn < 5000; ++turn) pressure.turn();  // until memory is full
    print_rate(argv[1], [&pressure] { return pressure.turn(); });
}
