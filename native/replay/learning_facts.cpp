// What the learner knows beside the lists: zones, pageblock types, sizes, and what excuses a miss.
#include <algorithm>

#include "replay/learner.hpp"

namespace pcpbench {

namespace {

constexpr const char* kNeverSeen = "pages left a list without an event and were never seen again";

}  // namespace

void Learner::exclude(Tally& tally, const char* reason, std::uint64_t count) {
    tally.excluded += count;
    score_.excluded_because[reason] += count;
}

void Learner::miss(const ReplayLine& line, Tally& tally, const char* cause, std::string predicted,
                   const std::vector<RecordedPfn>& vanished) {
    tally.count(false);
    ++score_.resyncs;
    ++score_.resync_causes[cause];
    misses_.push_back({{line.number, name_of(line.kind), "pfn " + std::to_string(line.pfn),
                        std::move(predicted)},
                       &tally,
                       vanished.empty() ? nullptr : kNeverSeen});
    for (const RecordedPfn page : vanished) vanished_[page] = misses_.size() - 1;
}

// A page that was thought to be on a list, or to have vanished from one, turns up elsewhere: the
// recording hides how it got there, and what was predicted meanwhile could not be known.
void Learner::excuse(RecordedPfn page, const char* reason) {
    const auto found = vanished_.find(page);
    if (found == vanished_.end()) return;
    misses_[found->second].excuse = reason;
    vanished_.erase(found);
}

// A page that was thought to have vanished leaves a list: it had been there all the time.
void Learner::prove(RecordedPfn page) {
    const auto found = vanished_.find(page);
    if (found == vanished_.end()) return;
    misses_[found->second].proven = true;
    vanished_.erase(found);
}

int Learner::zone_of(RecordedPfn page) const {
    for (std::size_t i = 0; i < zones_.size(); ++i) {
        if (page >= zones_[i].start && page < zones_[i].end) return static_cast<int>(i);
    }
    return -1;
}

int Learner::block_type(RecordedPfn page) const {
    const auto found = block_types_.find(page >> policy_.pageblock_order);
    return found == block_types_.end() ? -1 : found->second;
}

void Learner::learn_type(RecordedPfn page, int type) {
    block_types_[page >> policy_.pageblock_order] = static_cast<std::uint8_t>(type);
}

// The rule is the allocator's own; it is asked where the answer does not depend on what is unknown:
// the number of pages on the lists and, on kernels that tune it, alloc_factor.
int Learner::refill_blocks(ListOwner owner, int order) {
    const LearnedZone& zone = zones_[owner.zone];
    if (zone.batch <= 0) return 0;
    if (policy_.refill == Refill::alloc_factor && order == 0 && factor_bound(owner) > 0) return 0;
    PcpLists lists(rules_zone_, 0, zone.high_min, zone.batch);
    PcpTuning tuning = lists.tuning();
    tuning.high_max = std::max(zone.high_max, zone.high_min);
    lists.set_tuning(tuning);
    return lists.refill_blocks(order);
}

int& Learner::factor_bound(ListOwner owner) {
    const std::size_t number = std::size_t{owner.cpu} * zones_.size() + owner.zone;
    if (number >= factor_bounds_.size()) factor_bounds_.resize(number + 1, 5);
    return factor_bounds_[number];
}

Learner::Taker& Learner::taker(const ReplayLine& line) { return takers_[context_key(line)]; }

}  // namespace pcpbench
