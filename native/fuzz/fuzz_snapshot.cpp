// fuzz_snapshot.cpp: any bytes may be given as a snapshot; it is refused with a line, or what it
// says is consistent.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trace/snapshot.hpp"

using namespace pcpbench;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Snapshot snapshot;
    const SnapshotError error =
        read_snapshot({reinterpret_cast<const char*>(data), size}, snapshot);
    must((error.line == 0) == error.what.empty());
    if (error.line != 0) return 0;
    must(snapshot.cpus > 0 && snapshot.nodes > 0 && !snapshot.zones.empty());
    for (const SnapshotZone& zone : snapshot.zones) {
        for (const SnapshotList& list : zone.free_lists) {
            must(list.order < snapshot.orders && list.type < snapshot.types);
            for (const SnapshotBlock& block : list.blocks) {
                must(block.pfn >= zone.start_pfn && block.pfn < zone.start_pfn + zone.spanned);
            }
        }
        for (const SnapshotPcp& pcp : zone.pcps) must(pcp.cpu < snapshot.cpus);
    }
    return 0;
}
