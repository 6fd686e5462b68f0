#include "replay/learner.hpp"

#include <algorithm>

namespace pcpbench {

namespace {

// Longer than any batch of frees between its mm_page_free and mm_page_free_batched lines.
constexpr std::size_t kLearnedWindowLines = 4096;
constexpr int kMostFactor = 5;  // CONFIG_PCP_BATCH_SCALE_MAX

// Why something is not scored.
constexpr const char* kListUnknown = "the list had not been learnt yet";
constexpr const char* kTypeUnknown = "a freed page's pageblock type is not known";
constexpr const char* kFreeLists = "free lists of the zone are not known";
constexpr const char* kCaptured = "captured by compaction";
constexpr const char* kHiddenPop = "pages left a list without an event (bulk allocation)";
constexpr const char* kHiddenFree = "a free that found its list locked has no event";
constexpr const char* kSizeUnknown = "the size of a refill depends on a list's count";
constexpr const char* kDrainSize = "the size of a drain depends on a list's count";

std::string words(RecordedPfn page) { return "pfn " + std::to_string(page); }

}  // namespace

Learner::Learner(const KernelPolicy& policy, std::vector<LearnedZone> zones, int cpus)
    : policy_(policy), zones_(std::move(zones)), cpus_(cpus),
      rules_zone_(policy, 0, Pfn{1} << policy.max_order, 0, 1, {}),
      lists_(policy, zones_.size()), draining_(static_cast<std::size_t>(cpus)) {}

bool Learner::feed(std::string_view chunk) {
    return lines_.feed(chunk, [this](const ReplayLine& line) { take(line); });
}

bool Learner::finish() {
    if (!lines_.finish()) return false;
    while (!window_.empty()) process_front();
    for (std::size_t i = 1; i < kLineKinds; ++i) {
        if (seen_[i] > 0) score_.events[name_of(static_cast<LineKind>(i))] += seen_[i];
    }
    for (const Miss& miss : misses_) {
        if (miss.excuse != nullptr && !miss.proven) {
            --miss.tally->total;
            exclude(*miss.tally, miss.excuse);
        } else if (score_.first.line == 0) {
            score_.first = miss.what;
        }
    }
    return true;
}

void Learner::take(const ReplayLine& line) {
    if (line.cpu >= cpus_) {
        return lines_.fail("CPU " + std::to_string(line.cpu) + " is not of this machine");
    }
    if (line.order > policy_.max_order) return lines_.fail("no such order in this kernel");
    const bool failed = line.kind == LineKind::alloc && line.pfn == 0;
    if (line.kind <= LineKind::drained && !failed && zone_of(line.pfn) < 0) {
        return lines_.fail("page " + std::to_string(line.pfn) + " lies in no zone");
    }
    ++seen_[static_cast<std::size_t>(line.kind)];
    const auto serial = static_cast<std::uint32_t>(front_ + window_.size());
    if (line.kind == LineKind::free) {
        last_free_[line.pfn] = serial;
    }
    window_.push_back(line);
    window_.back().text = {};
    if (line.kind == LineKind::free_batched) {
        const auto found = last_free_.find(line.pfn);
        if (found != last_free_.end()) {
            ReplayLine& free = window_[found->second - front_];
            free.batched = true;
            // This event prints order 0 for every page (trace/events/kmem.h, v7.2).
            window_.back().order = free.order;
        }
    }
    if (window_.size() > kLearnedWindowLines) process_front();
}

void Learner::process_front() {
    const ReplayLine line = window_.front();
    window_.pop_front();
    if (line.kind == LineKind::free) {
        const auto found = last_free_.find(line.pfn);
        if (found != last_free_.end() && found->second == front_) last_free_.erase(found);
    }
    ++front_;
    process(line);
}

void Learner::process(const ReplayLine& line) {
    if (line.kind <= LineKind::drained) {
        // Drained pages of one CPU in a row are one drain.
        const bool draining = line.kind == LineKind::drained;
        if (draining && !draining_[line.cpu]) exclude(score_.drain_size, kDrainSize);
        draining_[line.cpu] = draining;
    }
    switch (line.kind) {
        case LineKind::alloc: return on_alloc(line);
        case LineKind::taken:
        case LineKind::fallback: return on_taken(line);
        case LineKind::free:
            // The pages of a batch enter the lists one by one, at their second line.
            if (line.batched) {
                excuse(line.pfn, kHiddenPop);
                lists_.forget(line.pfn);
                return;
            }
            return on_free(line);
        case LineKind::free_batched: return on_free(line);
        case LineKind::drained: return on_drained(line);
        case LineKind::compaction_begin:
        case LineKind::compaction_end: taker(line).compacted = true; return;
        default: return;
    }
}

// A page leaves a free list, for a refill or for an allocation itself.
void Learner::on_taken(const ReplayLine& line) {
    Taker& by = taker(line);
    const int zone = zone_of(line.pfn);
    if (line.kind == LineKind::fallback) {
        exclude(score_.fallback, kFreeLists);
        learn_type(line.pfn, line.flag ? line.type : line.other_type);
        // Through 6.9 the block is moved to a list of the type asked for, from which the page is
        // then taken with a line of its own. Later only a claimed block's page has one, before.
        if (policy_.fallback == Fallback::steal_whole) return;
        if (!by.taken.empty() && by.taken.back() == line.pfn) return;
    } else if (line.type < 3) {
        learn_type(line.pfn, line.type);
    }
    for (RecordedPfn page = line.pfn; page < line.pfn + (1U << line.order); ++page) {
        if (lists_.find(page) != nullptr || vanished_.contains(page)) {
            excuse(page, kHiddenFree);
            lists_.forget(page);
        }
    }
    const bool goes_on = !by.taken.empty() && by.order == line.order && by.type == line.type &&
                         by.zone == zone && by.cpu == line.cpu;
    if (!goes_on) {
        settle_refill(by);
        by.order = line.order;
        by.type = line.type;
        by.zone = zone;
        by.cpu = line.cpu;
    }
    by.taken.push_back(line.pfn);
    // From the second page on it is a refill: it found the list empty. The first page is the answer.
    if (by.taken.size() < 2 || !policy_.on_pcp(by.order) || by.type > 2) return;
    const ListOwner owner{by.cpu, static_cast<std::uint16_t>(zone)};
    const int list = policy_.list_index(by.order, by.type);
    if (by.taken.size() == 2) lists_.clear(owner, list);
    lists_.append(owner, list, line.pfn, by.order);
}

// What a context took and no allocation has asked for: a refill's size can be judged.
void Learner::settle_refill(Taker& by) {
    if (by.taken.empty()) return;
    exclude(score_.refill_pfn, kFreeLists, by.taken.size());
    if (by.taken.size() >= 2 && policy_.on_pcp(by.order) && by.type < 3) {
        given("page frames of a refill", by.taken.size());
        const ListOwner owner{by.cpu, static_cast<std::uint16_t>(by.zone)};
        const int blocks = refill_blocks(owner, by.order);
        if (blocks > 0) {
            score_.refill_size.count(blocks == static_cast<int>(by.taken.size()));
        } else {
            exclude(score_.refill_size, kSizeUnknown);
        }
        if (by.order == 0) factor_bound(owner) = std::min(factor_bound(owner) + 1, kMostFactor);
    }
    by.taken.clear();
}

void Learner::on_alloc(const ReplayLine& line) {
    Taker& by = taker(line);
    if (line.pfn == 0) return settle_refill(by);
    prove(line.pfn);
    const ListOwner owner{line.cpu, static_cast<std::uint16_t>(zone_of(line.pfn))};
    if (!by.taken.empty() && by.taken.front() == line.pfn && by.order == line.order) {
        answer_from_zone(by, line);
    } else if (!policy_.on_pcp(line.order)) {
        exclude(score_.alloc_pfn, by.compacted ? kCaptured : kFreeLists);
        lists_.forget(line.pfn);
    } else {
        answer_from_list(by, line, owner);
    }
    by.compacted = false;
    settle_refill(by);
}

void Learner::answer_from_zone(Taker& by, const ReplayLine& line) {
    lists_.forget(line.pfn);
    const bool refill = by.taken.size() >= 2 && policy_.on_pcp(line.order) && line.type < 3;
    if (refill) {
        score_.alloc_pfn.count(true);  // the first page of a refill is the one handed out
    } else {
        exclude(score_.alloc_pfn, kFreeLists);
    }
}

void Learner::answer_from_list(Taker& by, const ReplayLine& line, ListOwner owner) {
    const int list = policy_.list_index(line.order, line.type);
    // A refill whose first page is not the answer was for a bulk allocation, which has no event.
    std::vector<RecordedPfn> vanished;
    if (!by.taken.empty()) vanished.push_back(by.taken.front());
    settle_refill(by);
    const LearnedLists::End head = lists_.head(owner, list);
    const LearnedLists::Where* where = lists_.find(line.pfn);
    if (where != nullptr && where->list < 0 && where->owner == owner) {
        learn_type(line.pfn, line.type);
    }
    lists_.pop(owner, list, line.pfn, vanished);
    if (head.page == line.pfn) return score_.alloc_pfn.count(true);
    if (head.ambiguous) return exclude(score_.alloc_pfn, kTypeUnknown);
    if (head.page == kUnknownPage && !head.empty) return exclude(score_.alloc_pfn, kListUnknown);
    if (by.compacted) return exclude(score_.alloc_pfn, kCaptured);
    miss(line, score_.alloc_pfn, "alloc_pfn", head.empty ? "a refill" : words(head.page), vanished);
}

void Learner::on_free(const ReplayLine& line) {
    excuse(line.pfn, kHiddenPop);
    if (!policy_.on_pcp(line.order)) return lists_.forget(line.pfn);
    const ListOwner owner{line.cpu, static_cast<std::uint16_t>(zone_of(line.pfn))};
    lists_.push(owner, line.pfn, line.order, block_type(line.pfn));
    factor_bound(owner) >>= 1;
}

void Learner::on_drained(const ReplayLine& line) {
    learn_type(line.pfn, line.type);
    prove(line.pfn);
    const LearnedLists::Where* where = lists_.find(line.pfn);
    if (where == nullptr || where->list < 0) {
        exclude(score_.drain_pfn, where == nullptr ? kListUnknown : kTypeUnknown);
        lists_.forget(line.pfn);
        return;
    }
    const LearnedLists::End tail = lists_.tail(where->owner, where->list);
    std::vector<RecordedPfn> vanished;
    lists_.drain(line.pfn, vanished);
    if (tail.page == kUnknownPage) {
        return exclude(score_.drain_pfn, tail.ambiguous ? kTypeUnknown : kListUnknown);
    }
    given("list of a drained page");
    if (tail.page == line.pfn) return score_.drain_pfn.count(true);
    miss(line, score_.drain_pfn, "drain_pfn", words(tail.page), vanished);
}

}  // namespace pcpbench
