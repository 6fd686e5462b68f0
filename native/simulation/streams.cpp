#include "simulation/streams.hpp"

#include <algorithm>
#include <stdexcept>

#include "allocator/kernel_policy.hpp"
#include "machine/random.hpp"
#include "simulation/parameters.hpp"

namespace pcpbench {

namespace {

std::shared_ptr<Slots> new_slots(std::int64_t count) {
    return std::make_shared<Slots>(static_cast<std::size_t>(count), kNoPage);
}

constexpr std::int64_t kMostSlots = std::int64_t{1} << 31;
constexpr std::int64_t kMostNanoseconds = 1'000'000'000'000;

std::int64_t slots_of(const StreamParameters& parameters, const char* a, const char* b) {
    const auto at = [&](const char* name) {
        const auto found = parameters.find(name);
        return found == parameters.end() ? 0 : std::clamp<std::int64_t>(found->second, 0, kMostSlots);
    };
    return at(a) + (b == nullptr ? 0 : at(b));
}

// The last eighth of the churn slots holds blocks of orders 1 to 3 (kernel stacks, slabs,
// socket buffers), the rest order 0; a quarter is unmovable or reclaimable kernel memory.
std::uint8_t churn_order(std::uint32_t j, std::uint32_t slots) {
    return j < slots - slots / 8 ? 0 : static_cast<std::uint8_t>(1 + j % 3);
}

std::uint8_t churn_type(std::uint32_t j, std::uint32_t slots) {
    if (churn_order(j, slots) > 0) return kUnmovable;
    return j % 20 == 0 ? kReclaimable : j % 5 == 0 ? kUnmovable : kMovable;
}

}  // namespace

MemoryPressureStream::MemoryPressureStream(const StreamParameters& parameters, std::uint64_t seed,
                                           int cpu)
    : Stream(new_slots(slots_of(parameters, "set_pages", "churn_slots"))),
      key_(stream_key(seed, kWorkloadStream, cpu)) {
    ParameterReader reader("memory-pressure", parameters);
    set_slots_ = static_cast<std::uint32_t>(reader.take("set_pages", 1, kMostSlots / 2));
    churn_slots_ = static_cast<std::uint32_t>(reader.take("churn_slots", 8, 1 << 20));
    think_ = reader.take("think_ps", 1, kMostNanoseconds);
    calm_ops_ = static_cast<std::uint64_t>(reader.take("calm_ops", 0, 1LL << 40));
    burst_ops_ = static_cast<std::uint64_t>(reader.take("burst_ops", 1, 1LL << 40));
    calm_faults_ = static_cast<std::uint32_t>(reader.take("calm_fault_permille", 0, 1000));
    burst_faults_ = static_cast<std::uint32_t>(reader.take("burst_fault_permille", 0, 1000));
    calls_ = static_cast<std::uint64_t>(reader.take_or(0, "calls", 0, 1LL << 40));
    reader.finish();
    within_churn_ = Remainder(churn_slots_);
    for (std::uint32_t j = 0; j < churn_slots_; ++j) {
        churn_.push_back({churn_order(j, churn_slots_), churn_type(j, churn_slots_), false});
    }
    // All CPUs share the phases of a seed: the load of the machine rises and falls as one.
    phase_ = hash_random(seed, kPhaseStream, 0, 0) % (calm_ops_ + burst_ops_);
}

void MemoryPressureStream::draw(std::span<Op> ops) {
    // Copies, because `held` is written as a byte, and a byte may be part of anything.
    ChurnBlock* const churn = churn_.data();
    const Remainder within_churn = within_churn_;
    const std::uint64_t key = key_;
    const std::uint64_t calm_ops = calm_ops_;
    const std::uint64_t phases_ops = calm_ops_ + burst_ops_;
    const std::uint32_t set_slots = set_slots_;
    const std::uint32_t faults[2] = {burst_faults_, calm_faults_};
    const auto think = static_cast<std::uint64_t>(think_);
    std::uint64_t number = number_;
    std::uint64_t phase = phase_;
    std::uint32_t touch = touch_;
    for (Op& op : ops) {
        const std::uint64_t random = keyed_random(key, number++);
        const bool calm = phase < calm_ops;
        phase = phase + 1 == phases_ops ? 0 : phase + 1;
        // No branch depends on the random number, which no processor could predict.
        const std::uint32_t dice = static_cast<std::uint32_t>(random >> 16) % 1000;
        const bool fault = dice < faults[calm];
        const auto j = static_cast<std::uint32_t>(within_churn(random >> 32));
        const ChurnBlock block = churn[j];
        churn[j].held = block.held != !fault;
        op.kind = !fault && block.held ? OpKind::free : OpKind::alloc;
        op.order = fault ? 0 : block.order;
        op.type = fault ? static_cast<std::uint8_t>(kMovable) : block.type;
        op.slot = fault ? touch : set_slots + j;
        touch += fault;
        touch = touch == set_slots ? 0 : touch;
        // Uniform from half to one and a half of the mean: no two CPUs stay in step.
        op.gap = static_cast<Picoseconds>(think / 2 + ((think * (random & 0xffff)) >> 16));
    }
    if (calls_ != 0 && number > calls_) {
        Op rest;
        rest.gap = kSecond;
        const std::uint64_t kept = calls_ - std::min(calls_, number_);
        std::fill(ops.begin() + static_cast<std::ptrdiff_t>(kept), ops.end(), rest);
    }
    number_ = number;
    phase_ = phase;
    touch_ = touch;
}

bool MemoryPressureStream::next_prefill(Op& op) {
    if (touch_ + 1 >= set_slots_) return false;
    op.kind = OpKind::alloc;
    op.slot = touch_++;
    return true;
}

// Reclaim takes the pages that were touched longest ago, as an inactive list gives them.
bool MemoryPressureStream::oldest(std::uint32_t& slot) {
    for (std::uint32_t looked = 0; looked < set_slots_; ++looked) {
        const std::uint32_t at = victim_;
        if (at == touch_ && looked > 0) return false;
        victim_ = victim_ + 1 == set_slots_ ? 0 : victim_ + 1;
        if (slots()[at] != kNoPage) {
            slot = at;
            return true;
        }
    }
    return false;
}

bool MemoryPressureStream::anything_to_reclaim() const {
    const auto set_end = slots().begin() + set_slots_;
    const auto held = [](Pfn page) { return page != kNoPage; };
    // The oldest pages come first: the search from the victim on ends at once as a rule.
    return std::any_of(slots().begin() + victim_, set_end, held) ||
           std::any_of(slots().begin(), slots().begin() + victim_, held);
}

IsolatedLoopStream::IsolatedLoopStream(const StreamParameters& parameters, std::uint64_t seed,
                                       int cpu)
    : Stream(new_slots(slots_of(parameters, "pages", nullptr) + 1)) {
    ParameterReader reader("isolated-loop", parameters);
    pages_ = static_cast<std::uint32_t>(reader.take("pages", 1, 4096));
    period_ = reader.take("touch_every_ps", 1, 1000 * kMostNanoseconds);
    call_gap_ = reader.take("call_gap_ps", 0, kMostNanoseconds);
    reader.finish();
    // The CPUs of a machine do not poll in step.
    first_gap_ = static_cast<Picoseconds>(hash_random(seed, kWorkloadStream, cpu, 0) %
                                          static_cast<std::uint64_t>(period_));
}

// A period: take the page of the gather structure, free the pages, free that page, take them anew
// (seen so in the recording of an isolated CPU; mm/mmu_gather.c:__tlb_remove_page_size, v5.15).
Op IsolatedLoopStream::next() {
    const std::uint32_t steps = 2 * pages_ + 2;
    const std::uint32_t step = step_;
    step_ = step_ + 1 == steps ? 0 : step_ + 1;
    Op op;
    op.gap = step == 0 ? period_ : call_gap_;
    if (step == 0) {
        op.gap = std::max<Picoseconds>(period_ - (steps - 1) * call_gap_, call_gap_) + first_gap_;
        first_gap_ = 0;
        op.kind = OpKind::alloc;
        op.type = kUnmovable;
        op.slot = pages_;
    } else if (step <= pages_) {
        op.kind = OpKind::free;
        op.slot = step - 1;
    } else if (step == pages_ + 1) {
        op.kind = OpKind::free;
        op.slot = pages_;
    } else {
        op.kind = OpKind::alloc;
        op.slot = step - pages_ - 2;
    }
    return op;
}

BulkStream::BulkStream(const StreamParameters& parameters, std::uint64_t seed, int cpu)
    : Stream(new_slots(slots_of(parameters, "blocks", nullptr))),
      key_(stream_key(seed, kWorkloadStream, cpu)) {
    ParameterReader reader("bulk", parameters);
    blocks_ = static_cast<std::uint32_t>(reader.take("blocks", 1, kMostSlots));
    order_ = static_cast<std::uint8_t>(reader.take("order", 0, kMaxOrders - 1));
    shuffled_ = reader.take("shuffled", 0, 1) != 0;
    gap_ = reader.take("gap_ps", 1, kMostNanoseconds);
    rounds_ = static_cast<std::uint64_t>(reader.take("rounds", 0, 1 << 20));
    reader.finish();
}

Op BulkStream::next() {
    Op op;
    if (rounds_ != 0 && round_ == rounds_) {
        op.gap = kSecond;
        return op;
    }
    op.kind = freeing_ ? OpKind::free : OpKind::alloc;
    op.order = order_;
    op.slot = freeing_ && shuffled_ ? turns_[at_] : at_;
    op.gap = gap_ / 2 + static_cast<Picoseconds>(keyed_random(key_, draws_++) %
                                                 static_cast<std::uint64_t>(gap_));
    if (++at_ < blocks_) return op;
    at_ = 0;
    if (freeing_) ++round_;
    freeing_ = !freeing_;
    if (freeing_ && shuffled_) shuffle();
    return op;
}

// Fisher and Yates.
void BulkStream::shuffle() {
    turns_.resize(blocks_);
    for (std::uint32_t i = 0; i < blocks_; ++i) turns_[i] = i;
    for (std::uint32_t i = blocks_ - 1; i > 0; --i) {
        std::swap(turns_[i], turns_[keyed_random(key_, draws_++) % (i + 1)]);
    }
}

RepeatStream::RepeatStream(const StreamParameters& parameters, std::uint64_t seed, int cpu)
    : Stream(new_slots(1)), key_(stream_key(seed, kWorkloadStream, cpu)) {
    ParameterReader reader("repeat", parameters);
    order_ = static_cast<std::uint8_t>(reader.take_or(0, "order", 0, kMaxOrders - 1));
    think_ = reader.take("think_ps", 1, kMostNanoseconds);
    within_think_ = Remainder(static_cast<std::uint64_t>(think_));
    reader.finish();
}

void RepeatStream::draw(std::span<Op> ops) {
    const Remainder within_think = within_think_;
    const std::uint64_t key = key_;
    const Picoseconds least = think_ / 2;
    const std::uint8_t order = order_;
    std::uint64_t number = number_;
    for (Op& op : ops) {
        op = {};
        op.order = order;
        op.kind = number % 2 == 0 ? OpKind::alloc : OpKind::free;
        op.gap = least + static_cast<Picoseconds>(within_think(keyed_random(key, number)));
        ++number;
    }
    number_ = number;
}

// The order in a free only says what to expect of the block in its slot, and must not be wrong.
TableStream::TableStream(OpTable table, std::shared_ptr<Slots> shared)
    : Stream(std::move(shared)), preload_(std::move(table.preload)), at_(table.start) {
    constexpr std::uint8_t kUnknown = kMaxOrders - 1;  // no block of it is ever on a list
    std::vector<std::uint8_t> orders(slots().size(), 0xff);
    const auto put = [&orders](std::uint32_t slot, std::uint32_t order) {
        std::uint8_t& at = orders[slot];
        at = at == 0xff || at == order ? static_cast<std::uint8_t>(order) : kUnknown;
    };
    for (const auto& [slot, order, type] : preload_) put(slot, order);
    for (std::size_t i = 0; i < table.kind.size(); ++i) {
        if (table.kind[i] == 0) put(table.slot[i], table.order[i]);
    }
    ops_.reserve(table.kind.size());
    for (std::size_t i = 0; i < table.kind.size(); ++i) {
        const auto kind = static_cast<OpKind>(table.kind[i]);
        const std::uint8_t order = kind == OpKind::free ? std::min(orders[table.slot[i]], kUnknown)
                                                        : table.order[i];
        ops_.push_back({kind, order, table.type[i], table.slot[i],
                        static_cast<Picoseconds>(table.gap_ns[i]) * 1000});
    }
}

void TableStream::draw(std::span<Op> ops) {
    while (!ops.empty()) {
        const std::span<const Op> run = std::span(ops_).subspan(at_);
        const std::size_t length = std::min(ops.size(), run.size());
        std::copy_n(run.begin(), length, ops.begin());
        at_ = length == run.size() ? 0 : at_ + length;
        ops = ops.subspan(length);
    }
    // The host fetches the next ones while other CPUs have their turns.
    constexpr std::size_t kSoon = 64;
    constexpr std::size_t kOpsOfALine = 64 / sizeof(Op);
    const std::size_t end = std::min(ops_.size(), at_ + kSoon);
    for (std::size_t i = at_; i < end; i += kOpsOfALine) __builtin_prefetch(&ops_[i]);
}

bool TableStream::next_prefill(Op& op) {
    if (preloaded_ == preload_.size()) return false;
    const auto& [slot, order, type] = preload_[preloaded_++];
    op = Op{OpKind::alloc, static_cast<std::uint8_t>(order), static_cast<std::uint8_t>(type), slot,
            0};
    return true;
}

std::unique_ptr<Stream> make_stream(const std::string& kind, const StreamParameters& parameters,
                                    std::uint64_t seed, int cpu) {
    if (kind == "memory-pressure") {
        return std::make_unique<MemoryPressureStream>(parameters, seed, cpu);
    }
    if (kind == "isolated-loop") {
        return std::make_unique<IsolatedLoopStream>(parameters, seed, cpu);
    }
    if (kind == "bulk") return std::make_unique<BulkStream>(parameters, seed, cpu);
    if (kind == "repeat") return std::make_unique<RepeatStream>(parameters, seed, cpu);
    throw std::invalid_argument("the core has no native stream of kind " + kind);
}

}  // namespace pcpbench
