// drains.hpp: carries out what a strategy's generators yield; the strategy itself decides outside.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "machine/grace_period.hpp"
#include "machine/sleep_lock.hpp"
#include "machine/workqueue.hpp"
#include "simulation/memory.hpp"

namespace pcpbench {

// A strategy asked for something that would corrupt a kernel, or that it did not declare.
struct StrategyError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Primitive {
    scan_counts, swap_lists, synchronize_rcu, free_lists, drain_remote, queue_work, flush_work,
    drain_local, send_ipi, at_kernel_entry, run_for, free_at_no_cost, all, finish
};

// What a generator yielded. `cpus`: CPUs, or work ids; `value`: pages per hold, expedited, or a
// time; `parts`: what `all` runs side by side.
struct Command {
    Primitive primitive = Primitive::finish;
    std::vector<int> cpus;
    std::int64_t value = 0;
    std::vector<Command> parts{};
};

// Where a generator runs: drain_all in the task that asked, on_target as named.
enum class Context { initiator, kworker, interrupt, kernel_entry, remote };

// Flags of a logged drain.
inline constexpr std::uint8_t kUnfinishedDrain = 1;
inline constexpr std::uint8_t kMeasuredDrain = 2;

// What was asked. Callers for one zone wait for the mutex, those for all zones go on undrained
// (mm/page_alloc.c:__drain_all_pages). `force`: CPUs whose lists look empty too.
struct DrainRequest {
    bool one_zone = false;
    int zone = 0;  // if one: of which node
    bool force = false;
    std::int64_t number = -1;  // of the drain, once it has begun
    int asker = -1;            // CPU that asked
};

// The simulation stands still until the strategy's generator has answered this.
struct Decision {
    std::int64_t generator = 0;
    bool start = false;  // begin this generator; else send it `result`
    Context context = Context::initiator;
    int cpu = 0;  // drain_all: where it runs; on_target: whose lists it is for
    DrainRequest request;
    std::vector<std::int64_t> result;
};

// What became of the pages that were on lists when a watched drain began.
struct DrainRecord {
    bool forced = false;
    Picoseconds asked = 0;
    Picoseconds ended = 0;
    std::int64_t listed_blocks = 0;
    std::int64_t left_blocks = 0;  // never left a list until the drain, and its grace, were over
};

class Drains {
  public:
    Drains(Machine& machine, Measurements& measurements, Memory& memory, Workqueue& works,
           bool rcu_normal);

    // drain_all_pages: returns when the drain is over, or at once if another one lets it.
    Task<> drain_all(Thread& thread, DrainRequest request = {});
    // A drain from a task of its own, as an outside request makes it.
    void request(int cpu);
    // zone_pcp_disable and zone_pcp_enable: whoever comes second waits until the lists are on again.
    Task<> lists_off(Thread& thread);
    void lists_on();
    // lru_add_drain_all: a work on each CPU with entries (`forced`: on every CPU), or from afar if
    // the strategy does that.
    Task<> lru_drain_all(Thread& thread, bool forced);

    const Decision& decision() const { return decision_; }
    // Takes the answer; the generator's thread goes on when the machine runs again.
    void answer(Command command);

    // Drains asked from now on are measured. Those running at the end are censored.
    void start_measuring() { measuring_ = true; }
    void finish();
    // Pages on lists that were swapped out and not yet freed. A reader that was in its section at
    // the swap may still add to them.
    std::uint32_t limbo_pages() const;

    // Records what becomes of listed pages, looking again `grace` after each drain's end.
    void watch(Picoseconds grace);
    const std::vector<DrainRecord>& records() const { return records_; }

  private:
    // Where a generator runs, and for whose lists.
    struct Side {
        Context context = Context::initiator;
        int cpu = 0;
        DrainRequest request;
    };
    // Lives in the asking coroutine. Its CPU may be busy with an interrupt when the answer comes;
    // others ask and are answered before it goes on, so each keeps its own answer.
    struct Ask {
        Drains& drains;
        Thread& thread;
        Command command{};
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle);
        Command await_resume() { return std::move(command); }
    };
    // The moment at which an answer would have come.
    struct Answered {
        Machine& machine;
        Thread& thread;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle) {
            thread.resume = handle;
            machine.end_spin(thread);
        }
        void await_resume() const noexcept {}
    };
    // IPIs on their way, and who spins until all handlers are done.
    struct Calls {
        Thread* waiter = nullptr;
        int left = 0;
    };
    using Numbers = std::vector<std::int64_t>;
    Task<> converse(Thread& thread, Side side);
    void note_asking(const Thread& thread, int cpu, const DrainRequest& request, Context context);
    Task<Numbers> carry_out(Thread& thread, Command command, Side side);
    Task<std::int64_t> carry_out_freeing(Thread& thread, const Command& command, Side side);
    std::vector<PageCalls*> zones_of(const DrainRequest& request) {
        return memory_->zones(request.one_zone ? request.zone : -1);
    }
    std::int64_t& swapped_at(const PageCalls& zone, int cpu) {
        return swapped_at_[static_cast<std::size_t>(zone.node() * machine_->cpus() + cpu)];
    }
    Task<Numbers> scan_counts(Thread& thread, DrainRequest request);
    Task<> swap_lists(Thread& thread, std::vector<int> cpus, DrainRequest request);
    Task<> synchronize_rcu(Thread& thread, bool expedited);
    Task<std::int64_t> free_lists(Thread& thread, std::vector<int> cpus, DrainRequest request);
    Task<std::int64_t> drain_remote(Thread& thread, int cpu, std::int64_t pages_per_hold,
                                    DrainRequest request);
    Task<std::int64_t> drain_zone_remote(Thread& thread, PageCalls& calls, int cpu,
                                         std::int64_t pages_per_hold);
    Task<std::int64_t> drain_local(Thread& thread, Side side);
    Task<std::int64_t> free_at_no_cost(Thread& thread, std::vector<int> cpus,
                                       DrainRequest request);
    Task<Numbers> queue_work(Thread& thread, std::vector<int> cpus, DrainRequest request);
    Task<> flush_work(Thread& thread, std::vector<int> ids);
    Task<> send_ipi(Thread& thread, std::vector<int> cpus, DrainRequest request);
    void fly(int cpu, DrainRequest request, std::shared_ptr<Calls> calls);
    Task<> at_kernel_entry(Thread& thread, std::vector<int> cpus, Picoseconds within,
                           DrainRequest request);
    void force_entry(int from, int cpu, std::uint64_t number, Picoseconds within);
    Task<> run_entry(Thread& thread, int cpu, DrainRequest request, std::uint64_t number);
    Task<> lru_drain_work(Thread& thread);
    Task<Numbers> all(Thread& thread, std::vector<Command> parts, Side side);
    Task<> run_part(Thread& part, Thread& waiter, Command command, Side side, int* left,
                    Numbers* result);
    void require_cpus(const Command& command) const;
    void require_side(Primitive primitive, Context context) const;
    void require_lock(const char* what) const;
    void record(DrainRequest request, Picoseconds asked);

    Machine* machine_;
    Measurements* measurements_;
    Memory* memory_;
    Workqueue* workqueue_;
    GracePeriods grace_periods_;
    bool rcu_normal_;
    SleepLock mutex_;          // pcpu_drain_mutex
    SleepLock lists_off_lock_; // pcp_batch_high_lock, held while the lists are off
    int lists_off_node_ = 0;
    SleepLock lru_mutex_;
    bool measuring_ = false;
    struct Running {
        Picoseconds asked = 0;
        int asker = 0;
    };
    std::map<std::int64_t, Running> running_;  // drains by number
    std::int64_t generators_ = 0;
    Decision decision_;
    Ask* asking_ = nullptr;
    std::vector<std::shared_ptr<Work>> works_;
    std::vector<std::unique_ptr<Thread>> tasks_;
    std::vector<std::int64_t> swapped_at_;  // by zone and CPU: number of the swap that took its old set
    std::int64_t swaps_ = 0;
    std::int64_t safe_swap_ = 0;  // swaps up to this one lie before a completed grace period
    std::vector<std::uint64_t> entry_flags_;  // by CPU: 0, or which deferral waits for its entry
    std::uint64_t deferrals_ = 0;
    Picoseconds grace_ = 0;
    std::map<std::int64_t, std::vector<PageCalls::Listed>> listed_;
    std::vector<DrainRecord> records_;
};

}  // namespace pcpbench
