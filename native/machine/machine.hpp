// machine.hpp: simulated CPUs: time, events, threads, interrupts and what they take from the tasks.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "machine/clock_tree.hpp"
#include "machine/costs.hpp"
#include "machine/event_log.hpp"
#include "machine/task.hpp"
#include "machine/topology.hpp"
#include "metrics/interference.hpp"

namespace pcpbench {

// Something scheduled on a CPU. The main thread of a CPU runs its workload and gives way to
// the others (kworkers, kswapd, drain tasks), which run one after another until they sleep.
enum class Role : std::uint8_t { task, kworker, kswapd, part_of_drain, other_task, fifo_task };

struct Thread {
    int cpu = 0;
    bool is_main = false;
    bool asleep = false;
    bool wake_pending = false;
    Picoseconds end = kNever;       // while it is its CPU's current: when its present step is over
    Picoseconds remaining = 0;      // while it is not: how much of that step is left
    Picoseconds served_from = kNever;  // behind a FIFO task: when the fair server lets it run
    std::coroutine_handle<> resume; // what goes on at `end`; null: the main thread's next operation
    Task<> task;
    Cause cause = Cause::other;     // why it runs, for the accounting of noise
    Role role = Role::task;
    Picoseconds woken = -1;         // for the log: when its sleep ended, until it runs
    Picoseconds since = 0;          // for the log: it has the CPU since then
    Picoseconds vruntime = 0;       // where others compete for the CPU: run time, as the queue counts
    Picoseconds deadline = 0;       // EEVDF: the vruntime at which its slice is used up

    // In user mode all the time: gives the CPU away at any moment.
    bool computes() const { return role == Role::other_task || role == Role::fifo_task; }
};

// Tasks that want a CPU beside its workload: fair ones that never sleep, and one with a FIFO
// priority that works off jobs as they come.
struct Competitors {
    std::vector<std::unique_ptr<Thread>> tasks;
    std::unique_ptr<Thread> fifo;
    Picoseconds backlog = 0;     // of the FIFO task's jobs
    Picoseconds charged_at = 0;  // the current thread's run time is counted up to here
    Picoseconds since = 0;       // it has the CPU since then
    Picoseconds floor = 0;       // CFS: min_vruntime, which never falls
    bool resched = false;        // the current thread gives way as soon as it can
};

struct Interrupt {
    Picoseconds length = 0;
    Mechanism mechanism = Mechanism::ipi;
    Cause cause = Cause::other;
    std::function<void()> then;  // runs when the handler ends
    // Work of unknown length, done by the handler after `length` with interrupts off. It may spin,
    // but not sleep.
    std::function<Task<>(Thread&)> body{};
    bool counted = true;  // false: an interruption that was counted already goes on
};

// An interrupt handler at work, and what it interrupted.
struct Handler {
    Thread thread;
    Interrupt interrupt;
    bool active = false;
    Thread* interrupted = nullptr;
    Picoseconds rest = -1;  // left of the interrupted step; -1: it spins
    Picoseconds began = 0;
    std::vector<Thread*> arrivals;  // threads that reached the CPU meanwhile
};

struct Cpu {
    Thread main;
    Thread* current = &main;  // null: idle
    std::deque<Thread*> ready;
    bool main_runnable = true;
    bool fifo = false;       // main has an RT priority: fair threads wait for the throttle
    bool isolated = false;
    bool nohz_full = false;  // no tick while one task runs; user mode is an RCU quiescent state
    bool tick = true;
    bool mid_call = false;   // between two local parts of one page call, in the kernel
    bool zone_call = false;  // main waits for the zone lock or has it, without a coroutine
    bool behind = false;     // main's local operations may lag; Machine::settle carries them out
    Picoseconds op_began = 0;      // main last entered the kernel of its own accord
    Picoseconds op_end = 0;        // the running or last local operation of main ends here
    Picoseconds masked_until = 0;  // end of a local section with interrupts off
    Picoseconds section_until = 0; // end of a local section that is an RCU reader
    Picoseconds irq_until = 0;     // end of the interrupt handler that runs
    int irq_off = 0;               // depth of sections of unknown length with interrupts off
    int due = 0;                   // handlers that come as soon as the running thread lets go
    int readers = 0;               // depth of RCU readers of unknown length
    std::vector<Interrupt> pending;
    std::vector<std::function<void()>> at_reader_end;
    Handler handler;
    // Work for the next entry into the kernel: by the task itself, or by an interrupt that hits
    // it in user mode.
    std::vector<std::function<Task<>(Thread&)>> at_kernel_entry;
    Interference noise;
    Picoseconds main_returns_at = 0;     // main has the CPU again from here on
    Picoseconds foreign_since = kNever;  // noise of the present switch away from main, from here on
    Cause foreign_cause = Cause::other;
    bool foreign_counted = false;
    std::uint32_t wakeups = 0;
    std::unique_ptr<Competitors> shared;  // null: nobody else wants the CPU
};

struct MachineConfig {
    Costs costs;
    WakeLatency busy_wake;
    Topology topology;
    std::vector<int> isolated;
    int cpus = 1;
    bool nohz_full = false;
    int hz = 250;
    Picoseconds rt_period = kSecond;
    Picoseconds rt_runtime = 950 * kMillisecond;
    Picoseconds fair_server_wait = kNever;  // a fair thread behind a FIFO task runs after it
    // On each CPU that is not isolated: fair tasks that want it at any time, the workload's
    // included; the share that jobs of FIFO tasks take, in 2^-16, and their mean length.
    int runnable = 1;
    int fifo_load = 0;
    Picoseconds fifo_run = 4 * kMillisecond;
    bool eevdf = false;  // how fair tasks take turns; false: CFS
    std::uint64_t seed = 1;
};

// Whose operations the main threads run.
class MainSteps {
  public:
    virtual ~MainSteps() = default;
    // Runs the main thread's next operation on the CPU, at the present moment.
    virtual void main_step(int cpu) = 0;
    // Before this moment, if nobody disturbs the CPU, its main thread does nothing but local
    // operations, which neither meet other CPUs nor are met by them.
    virtual Picoseconds local_until(int cpu) = 0;
    // Runs the main thread's local operations that begin before `limit`.
    virtual void catch_up(int cpu, Picoseconds limit) = 0;
};

class Machine {
  public:
    Machine(const MachineConfig& config, MainSteps& main_steps);

    // Runs until `end`, or until something calls `pause`. True if it was paused.
    bool run_until(Picoseconds end);
    void pause() { paused_ = true; }

    Picoseconds now() const { return now_; }
    // While a CPU catches up the present moment is one of its past.
    void set_now(Picoseconds time) { now_ = time; }
    // The CPU's next step is an operation of main, and nobody waits for it.
    static bool at_local_operation(const Cpu& c) {
        return c.current == &c.main && !c.main.resume && !c.zone_call &&
               c.at_kernel_entry.empty() && c.ready.empty();
    }
    int cpus() const { return static_cast<int>(cpus_.size()); }
    // A CPU at the present moment, for whatever may change its course.
    Cpu& cpu(int number) {
        Cpu& c = cpus_[static_cast<std::size_t>(number)];
        if (c.behind) disturb(number);
        return c;
    }
    // A CPU as it is, for what only its own steps change, or what never changes.
    Cpu& own(int number) { return cpus_[static_cast<std::size_t>(number)]; }

    // CPUs may lag: each carries out its local operations as late as possible. Who looks at what
    // such operations change settles the CPU first; who changes what they depend on disturbs it.
    void settle(int number) {
        const Cpu& c = own(number);
        const Picoseconds limit = now_ + (number < turn_ ? 1 : 0);
        if (c.behind && c.main.end < limit) main_steps_->catch_up(number, limit);
    }
    void disturb(int number) {
        settle(number);
        if (own(number).behind) update(number);
    }
    void settle_all() {
        for (int number = 0; number < cpus(); ++number) settle(number);
    }
    void disturb_all() {
        for (int number = 0; number < cpus(); ++number) disturb(number);
    }
    void set_main_steps(MainSteps& main_steps) { main_steps_ = &main_steps; }
    // Events go to `log` from now on; null: nowhere.
    void set_log(EventLog* log) { log_ = log; }
    EventLog* log() { return log_; }
    // Something that began then is over.
    void note(EventKind kind, int cpu, Picoseconds began, const EventDetails& details = {}) {
        if (log_ != nullptr) [[unlikely]] log_->add(kind, cpu, began, now_, details);
    }
    const Costs& costs() const { return config_.costs; }
    const MachineConfig& config() const { return config_; }
    Picoseconds transfer(int from, int to) const;

    // Calls `what` at a time, on behalf of a CPU (-1: the machine). Order: time, CPU, sequence.
    void at(Picoseconds time, int cpu, std::function<void()> what);

    // Awaitables of thread code. `run` keeps the CPU busy for a while; interrupts lengthen it.
    struct Run {
        Machine& machine;
        Thread& thread;
        Picoseconds length;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle);
        void await_resume() const noexcept {}
    };
    struct Sleep {
        Machine& machine;
        Thread& thread;
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> handle);
        void await_resume() const noexcept {}
    };
    // Lets threads in that wait for a main thread in the kernel (cond_resched).
    struct PreemptionPoint {
        Machine& machine;
        Thread& thread;
        bool await_ready() const noexcept;
        void await_suspend(std::coroutine_handle<> handle);
        void await_resume() const noexcept {}
    };
    // Between two sections of a thread with interrupts off: handlers that waited come in here.
    struct Window {
        Machine& machine;
        Thread& thread;
        bool await_ready() const noexcept { return machine.own(thread.cpu).due == 0; }
        void await_suspend(std::coroutine_handle<> handle) {
            thread.resume = handle;
            thread.end = machine.now_;
        }
        void await_resume() const noexcept {}
    };
    Run run(Thread& thread, Picoseconds length) { return {*this, thread, length}; }
    Window let_interrupts_in(Thread& thread) { return {*this, thread}; }
    Sleep sleep(Thread& thread) { return {*this, thread}; }
    PreemptionPoint preemption_point(Thread& thread) { return {*this, thread}; }
    // The end of a foreign thread's slice: main has the CPU for `length`, if it wants it.
    Task<> yield_for(Thread& thread, Picoseconds length);

    // Runs a task on a main thread from now on, or on another as soon as its CPU lets it.
    void start(Thread& thread, Task<> task);
    // Gives a sleeping thread the task it runs when first woken.
    void park(Thread& thread, Task<> task);
    // Ends a thread's sleep; a fair thread reaches the CPU after its wake-up latency.
    void wake(Thread& thread);
    // The thread whose step has unknown length (it spins) may go on now.
    void end_spin(Thread& thread);
    // Main's operation ended; the next comes `gap` of its own time later. Threads that waited for
    // the end of the operation get the CPU first. `update` must follow.
    void schedule_main(int cpu, Picoseconds gap);

    // The CPU's current thread has another next moment.
    void update(int cpu);
    // From now on the tasks of the configuration compete for the CPU.
    void share(int cpu);
    // The scheduler's part of a tick.
    void scheduler_tick(int cpu);

    void interrupt(int cpu, Interrupt interrupt);
    // Does what waits for the CPU's entry into the kernel.
    Task<> run_kernel_entry(Thread& thread, int cpu);
    void irq_off(int cpu) { ++this->cpu(cpu).irq_off; }
    void irq_on(int cpu);
    void reader_enter(int cpu) { ++this->cpu(cpu).readers; }
    void reader_leave(int cpu);

    bool idle(int cpu) { return this->cpu(cpu).current == nullptr; }
    // nohz_full user mode: an extended quiescent state, which expedited grace periods spare.
    bool in_quiet_user_mode(int cpu);
    bool in_reader(int cpu);
    // The CPU's task runs in user mode, or the CPU is idle.
    bool outside_kernel(int cpu);
    // Keeps the CPU busy until somebody calls end_spin.
    struct Spin {
        Thread& thread;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle) { thread.resume = handle; }
        void await_resume() const noexcept {}
    };
    // A foreign thread's work of this cause ended: its time since the last such mark is noise.
    void mark_foreign_work(int cpu, Cause cause);
    // Time was taken from the CPU's main thread. `counted`: by a new interruption.
    void take_from_main(Cpu& cpu, Mechanism mechanism, Cause cause, Picoseconds start,
                        Picoseconds length, bool counted = true);

  private:
    struct Event {
        Picoseconds time;
        int cpu;
        std::uint64_t sequence;
        std::function<void()> what;
    };
    struct Later {
        bool operator()(const Event& a, const Event& b) const {
            if (a.time != b.time) return a.time > b.time;
            if (a.cpu != b.cpu) return a.cpu > b.cpu;
            return a.sequence > b.sequence;
        }
    };

    void step(int cpu);
    void advance_to(Picoseconds time, int actor);
    void resume(Thread& thread);
    void arrive(Thread& thread);
    void switch_to(Cpu& cpu, Thread& thread);
    void leave(int cpu);
    void return_to_main(Cpu& cpu);
    void note_wake_up(Thread& thread);
    void take_time(int cpu, const Interrupt& interrupt);
    void enter_handler(int cpu, Interrupt interrupt);
    void leave_handler(int cpu);
    void enter_kernel(int cpu, Mechanism mechanism);
    Picoseconds wake_latency(const Thread& thread);
    Picoseconds throttle_window(Picoseconds time) const;
    Picoseconds fifo_lets_in(Thread& thread);

    // CPUs for which several tasks compete (run_queue.cpp).
    Task<> compute(Thread& thread);
    Task<> work_off_jobs(Cpu& cpu);
    void next_fifo_job(int cpu, std::uint64_t number);
    void charge(Cpu& cpu);
    void place(Cpu& cpu, Thread& thread);
    void join(Thread& thread);
    bool preempts(const Cpu& cpu, const Thread& woken) const;
    bool slice_over(const Cpu& cpu) const;
    std::vector<Thread*> candidates(Cpu& cpu, bool current_too) const;
    Thread* first(Cpu& cpu, bool current_too) const;
    void reschedule(int cpu);
    void hand_over(Cpu& cpu, Thread& next);

    MachineConfig config_;
    MainSteps* main_steps_;
    std::vector<Cpu> cpus_;
    std::vector<CpuPlace> places_;  // by CPU
    ClockTree clocks_;
    std::priority_queue<Event, std::vector<Event>, Later> events_;
    std::uint64_t sequence_ = 0;
    Picoseconds now_ = 0;
    int turn_ = -1;  // of CPUs with something to do at this moment, those below have had their turn
    bool paused_ = false;
    EventLog* log_ = nullptr;
};

}  // namespace pcpbench
