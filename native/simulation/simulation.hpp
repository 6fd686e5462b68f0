// simulation.hpp: one cell: a machine, its memory, its workloads and a strategy, for a fixed time.
#pragma once

#include <memory>
#include <vector>

#include "simulation/local_run.hpp"
#include "simulation/lookahead.hpp"
#include "simulation/slow_path.hpp"
#include "simulation/streams.hpp"

namespace pcpbench {

struct SimulationConfig {
    MachineConfig machine;
    MemoryConfig memory;
    StrategyRules rules;
    bool rcu_normal = false;
    Picoseconds warm_up = 0;
    Picoseconds time = kSecond;                 // measured, after the warm-up
    Picoseconds stat_interval = kSecond;        // sysctl_stat_interval
    bool vmstat_skips_isolated = false;
    Picoseconds drain_period = 0;               // open-loop drain requests; 0: none
    std::int64_t prefill_keep_free = 0;         // pages left free when workloads fill memory
    bool run_ahead = true;                      // false: one step at a time, the definition
};

class Simulation : private MainSteps {
  public:
    explicit Simulation(const SimulationConfig& config);

    // One stream a CPU, before the first run. `fifo`: the task has an RT priority.
    void add_stream(int cpu, std::unique_ptr<Stream> stream, bool fifo);
    // Runs until the strategy must decide (true) or the cell is over (false).
    bool run();
    Drains& drains() { return drains_; }
    // Keeps events from now on, before the first run. It goes one step at a time from then on, which
    // changes no result, so that calls come to the log in the order of their ends.
    void log_events(const EventWindow& window, EventLog::Sink sink);
    EventLog& log();

    // Millisecond by millisecond, from the first on, warm-up included.
    const std::vector<Pace>& course() const { return course_; }
    const Measurements& measurements() const { return measurements_; }
    const Interference& noise(int cpu) { return machine_.own(cpu).noise; }
    const std::vector<int>& isolated() const { return config_.machine.isolated; }
    Picoseconds now() const { return machine_.now(); }
    // Empty if all invariants hold at this moment.
    std::string check();

  private:
    // Tells the log of each page call before the next step of its CPU; without a log nobody asks.
    class LoggedSteps final : public MainSteps {
      public:
        explicit LoggedSteps(Simulation& simulation) : simulation_(&simulation) {}
        void main_step(int cpu) override;
        Picoseconds local_until(int cpu) override;
        void catch_up(int cpu, Picoseconds limit) override;

      private:
        Simulation* simulation_;
    };
    void set_up();
    void prefill();
    void main_step(int cpu) override;
    Picoseconds local_until(int cpu) override;
    void catch_up(int cpu, Picoseconds limit) override;
    Lookahead::Conditions conditions(int cpu);
    void count_latency(int cpu);
    void execute(int cpu, const Op& op);
    void allocate(int cpu, const Op& op);
    void retry(int cpu, const Op& op);
    void take_from_zone(int cpu, bool retried);
    void give_to_zone(int cpu, PageCalls& calls, Pfn page);
    void zone_step(int cpu);
    Task<> wake_and_finish(Thread& thread, Op op, Pfn page);
    void free(int cpu, const Op& op);
    void finish_op(int cpu);
    void end_epoch();
    void start_measuring();
    void restart_noise();
    void note_pace();
    void finish();
    void start_ticks();
    void tick(int cpu, Picoseconds time);
    void shepherd();
    void queue_vmstat(int cpu, int from);
    void request_drains(std::int64_t number);
    Task<> slow_allocate(Thread& thread, Op op, Since since);
    Task<> slow_free(Thread& thread, Pfn page);
    Task<> flush_after_free(Thread& thread, Picoseconds length, Pfn page, std::uint32_t pages);
    Task<> drain_op(Thread& thread, DrainRequest request);
    Task<> lists_off_op(Thread& thread);
    Task<> cpu_off_op(Thread& thread);
    Task<> lru_drain_op(Thread& thread, bool forced);
    Task<> enter_kernel(Thread& thread);
    Task<> vmstat_update(Thread& thread);
    void count_allocated(int cpu, const Op& op, Pfn page);

    SimulationConfig config_;
    std::unique_ptr<EventLog> log_;
    std::vector<Pace> course_;
    Pace counted_;  // what `course_` has of the present measurements
    Pace carried_;  // of an epoch that began before they were reset
    LoggedSteps logged_steps_{*this};
    int housekeeping_;  // kswapd, the shepherd and requested drains run on this CPU
    Measurements measurements_;
    Machine machine_;
    Memory memory_;
    Workqueue workqueue_;
    Drains drains_;
    std::vector<std::unique_ptr<Stream>> streams_;
    Reclaim reclaim_;
    SlowPath slow_path_;
    std::vector<Pending> pending_;
    // A call straight to the zone, while Cpu::zone_call holds.
    struct ZoneCall {
        Picoseconds began = 0;
        Picoseconds behind = 0;  // work that follows when the lock is free again
        PageCalls* calls = nullptr;
        Pfn page = kNoPage;  // by the zone's numbers
        int order = 0;
        bool takes = false;
        bool retried = false;
        bool has_lock = false;
    };
    std::vector<ZoneCall> zone_calls_;
    std::vector<Lookahead> next_ops_;
    std::vector<bool> private_slots_;
    std::vector<bool> vmstat_pending_;
    bool set_up_done_ = false;
};

}  // namespace pcpbench
