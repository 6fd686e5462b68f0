// drains.hpp: carries out what a strategy's generators yield; the strategy itself decides outside.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "machine/grace_period.hpp"
#include "machine/workqueue.hpp"
#include "simulation/page_calls.hpp"

namespace pcpbench {

// A strategy asked for something that would corrupt a kernel, or that it did not declare.
struct StrategyError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Primitive {
    scan_counts, swap_lists, synchronize_rcu, free_lists, drain_remote, queue_work, flush_work,
    drain_local, finish
};

// What a generator yielded. `cpus`: CPUs, or work ids; `value`: pages per hold, or expedited.
struct Command {
    Primitive primitive = Primitive::finish;
    std::vector<int> cpus;
    std::int64_t value = 0;
};

// The simulation stands still until the strategy's generator has answered this.
struct Decision {
    std::int64_t generator = 0;
    bool start = false;      // begin this generator; else send it `result`
    bool on_target = false;  // the target side (on_target) rather than drain_all
    int cpu = 0;             // where it runs
    std::vector<std::int64_t> result;
};

class Drains {
  public:
    Drains(Machine& machine, Measurements& measurements, PageCalls& calls, Workqueue& works,
           bool rcu_normal);

    // drain_all_pages(NULL): returns when the drain is over, or at once if one is running.
    Task<> drain_all(Thread& thread);
    // A drain from a task of its own, as an outside request makes it.
    void request(int cpu);

    const Decision& decision() const { return decision_; }
    // Takes the answer; the generator's thread goes on when the machine runs again.
    void answer(Command command);

    // Drains asked from now on are measured. Those running at the end are censored.
    void start_measuring() { measuring_ = true; }
    void finish();
    // Pages on lists that were swapped out and not yet freed. A reader that was in its section at
    // the swap may still add to them.
    std::uint32_t limbo_pages() const;

  private:
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
    Task<> converse(Thread& thread, bool on_target);
    Task<std::vector<std::int64_t>> carry_out(Thread& thread, Command command, bool on_target);
    Task<std::vector<std::int64_t>> scan_counts(Thread& thread);
    Task<> swap_lists(Thread& thread, std::vector<int> cpus);
    Task<> synchronize_rcu(Thread& thread, bool expedited);
    Task<std::int64_t> free_lists(Thread& thread, std::vector<int> cpus);
    Task<std::int64_t> drain_remote(Thread& thread, int cpu, std::int64_t pages_per_hold);
    Task<std::int64_t> drain_local(Thread& thread);
    Task<std::vector<std::int64_t>> queue_work(Thread& thread, std::vector<int> cpus);
    Task<> flush_work(Thread& thread, std::vector<int> ids);
    void require_cpus(const std::vector<int>& cpus) const;

    Machine* machine_;
    Measurements* measurements_;
    PageCalls* calls_;
    Workqueue* workqueue_;
    GracePeriods grace_periods_;
    bool rcu_normal_;
    bool mutex_held_ = false;
    bool measuring_ = false;
    std::map<std::int64_t, Picoseconds> running_;  // drains by number: when they were asked
    std::int64_t generators_ = 0;
    Decision decision_;
    Ask* asking_ = nullptr;
    std::vector<std::shared_ptr<Work>> works_;
    std::vector<std::unique_ptr<Thread>> tasks_;
    std::vector<std::int64_t> swapped_at_;  // by CPU: number of the swap that took its old set
    std::int64_t swaps_ = 0;
    std::int64_t safe_swap_ = 0;  // swaps up to this one lie before a completed grace period
};

}  // namespace pcpbench
