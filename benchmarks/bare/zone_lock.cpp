// The least that 64 CPUs on one zone lock cost: a bare event queue, and the zone's own lists. Each
// call is three events (the call, the lock, the end of the work) and one block taken or given back;
// nothing has a price, nobody can interrupt, nothing is measured.
//
//   zone_lock SECONDS: prints the calls that it simulated a second of CPU time, in millions
#include <cstdint>
#include <deque>
#include <queue>
#include <tuple>
#include <vector>

#include "allocator/zone.hpp"
#include "machine/random.hpp"
#include "rate.hpp"

namespace {

using namespace pcpbench;

constexpr int kCpus = 64;
constexpr std::int64_t kHoldNs = 340;
constexpr std::int64_t kHandOffNs = 110;

using Event = std::tuple<std::int64_t, int>;  // time, CPU

struct Caller {
    enum { thinks, waits, works } state = thinks;
    Pfn page = kNoPage;
    std::uint64_t gaps = 0;
};

class Fight {
  public:
    Fight() : zone_(KernelPolicy{}, 1 << 18, kCpus, {5632, 7040, 8448}), callers_(kCpus) {
        for (int cpu = 0; cpu < kCpus; ++cpu) events_.emplace(gap(cpu), cpu);
    }
    // Carries out so many calls, and returns how many.
    std::int64_t run(std::int64_t calls) {
        for (std::int64_t left = calls; left > 0;) {
            const auto [now, cpu] = events_.top();
            events_.pop();
            Caller& caller = callers_[static_cast<std::size_t>(cpu)];
            switch (caller.state) {
                case Caller::thinks:
                    caller.state = Caller::waits;
                    if (held_) {
                        waiting_.push_back(cpu);
                    } else {
                        held_ = true;
                        events_.emplace(now, cpu);
                    }
                    break;
                case Caller::waits:
                    move_block(cpu, caller);
                    caller.state = Caller::works;
                    events_.emplace(now + kHoldNs, cpu);
                    break;
                case Caller::works:
                    caller.state = Caller::thinks;
                    held_ = !waiting_.empty();
                    if (held_) {
                        events_.emplace(now + kHandOffNs, waiting_.front());
                        waiting_.pop_front();
                    }
                    events_.emplace(now + gap(cpu), cpu);
                    --left;
                    break;
            }
        }
        return calls;
    }

  private:
    std::int64_t gap(int cpu) {
        return static_cast<std::int64_t>(
            hash_random(1, kWorkloadStream, cpu, callers_[static_cast<std::size_t>(cpu)].gaps++) %
            256);
    }
    void move_block(int cpu, Caller& caller) {
        ZoneWork work;
        if (caller.page == kNoPage) {
            TakeRequest request{.cpu = cpu, .order = 0, .type = kMovable};
            caller.page = zone_.take(request, work);
            zone_.mark_in_use(caller.page, 0, kMovable);
            zone_.account(cpu, -1);
        } else {
            zone_.give_block(caller.page, 0, zone_.pageblock_type(caller.page), cpu, work);
            caller.page = kNoPage;
        }
    }

    Zone zone_;
    std::vector<Caller> callers_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::deque<int> waiting_;
    bool held_ = false;
};

}  // namespace

int main(int, char** argv) {
    Fight fight;
    print_rate(argv[1], [&fight] { return fight.run(1 << 10); });
}
