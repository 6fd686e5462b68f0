// fuzz_replay.cpp: whatever a snapshot and a recording say, once each is accepted by its reader, the
// replay ends with a score or a fault. The bytes are: a letter for the level of inputs, a newline,
// the snapshot, a line "%", the recording. With the letter l no snapshot is used: its lists are
// learnt from the events.
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/learner.hpp"
#include "replay/replayer.hpp"

using namespace pcpbench;

namespace {

// Memory beyond this makes an execution slow without making it different.
constexpr std::uint64_t kMostPages = 1 << 15;

KernelPolicy policy_for(const Snapshot& snapshot) {
    KernelPolicy policy;  // v5.15 unless the number of lists says otherwise
    policy.types = snapshot.types;
    policy.max_order = snapshot.orders - 1;
    policy.pageblock_order = snapshot.pageblock_order;
    if (snapshot.pcp_lists == 3) {  // 5.10
        policy.costly_order = 0;
        policy.thp_order = -1;
        policy.thp_lists = ThpLists::none;
        policy.refill = Refill::batch;
        policy.free_scaling = FreeScaling::none;
        policy.reclaim_active_batches = 0;
    } else if (snapshot.pcp_lists == 14) {  // 6.12
        policy.thp_lists = ThpLists::two;
        policy.refill = Refill::alloc_factor;
        policy.free_scaling = FreeScaling::free_count;
        policy.bulk_free_order = BulkFreeOrder::from_list_in_use;
        policy.fallback = Fallback::claim_then_steal;
        policy.account_each_block = policy.below_high_flag = policy.buddy_when_pcp_empty = true;
        policy.free_in_pageblocks = policy.drain_by_pageblock = true;
        policy.flush_chunk_batches = 1;
    }
    return policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t part = text.find("\n%\n");
    if (part == std::string_view::npos || part < 2) return 0;
    const char level = text[0];
    Snapshot before;
    if (read_snapshot(text.substr(2, part - 1), before).line != 0) return 0;
    for (const SnapshotZone& zone : before.zones) {
        if (zone.start_pfn + zone.spanned > kMostPages) return 0;
    }
    const KernelPolicy policy = policy_for(before);
    if (policy.max_order < policy.pageblock_order) return 0;  // the binding refuses it as well
    if (level == 'l') {
        std::vector<LearnedZone> zones;
        for (const SnapshotZone& zone : before.zones) {
            zones.push_back({.node = zone.node,
                             .name = zone.name,
                             .start = zone.start_pfn,
                             .end = zone.start_pfn + zone.spanned,
                             .batch = zone.pcps.empty() ? 0 : zone.pcps[0].batch,
                             .high_min = 24,
                             .high_max = 96});
        }
        Learner learner(policy, std::move(zones), before.cpus);
        if (learner.feed(text.substr(part + 3))) learner.finish();
        return 0;
    }
    const Inputs inputs = level == 'c' || level == 'C'   ? Inputs::calls
                          : level == 'f' || level == 'F' ? Inputs::facts
                                                         : Inputs::order;
    const bool resync = level < 'a';
    try {
        Replayer replay(policy, before, inputs, resync);
        if (replay.feed(text.substr(part + 3))) replay.finish(&before);
    } catch (const std::invalid_argument&) {
        // The rules do not fit the snapshot.
    }
    return 0;
}
