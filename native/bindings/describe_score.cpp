#include "bindings/describe_score.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

namespace nb = nanobind;

namespace pcpbench {

namespace {

nb::dict describe(const Tally& tally) {
    nb::dict out;
    out["exact"] = tally.exact;
    out["total"] = tally.total;
    out["excluded"] = tally.excluded;
    return out;
}

}  // namespace

nb::dict describe(const Score& score) {
    nb::dict scores;
    scores["alloc_pfn"] = describe(score.alloc_pfn);
    scores["refill_size"] = describe(score.refill_size);
    scores["refill_pfn"] = describe(score.refill_pfn);
    scores["drain_size"] = describe(score.drain_size);
    scores["drain_pfn"] = describe(score.drain_pfn);
    scores["fallback"] = describe(score.fallback);
    scores["final_pcp_pages"] = describe(score.final_pcp_pages);
    scores["final_free_pages"] = describe(score.final_free_pages);
    nb::dict out;
    out["final_counters"] = describe(score.final_counters);
    out["scores"] = scores;
    out["events"] = nb::cast(score.events);
    out["inputs_used"] = nb::cast(score.inputs_used);
    out["excluded_because"] = nb::cast(score.excluded_because);
    out["resync_causes"] = nb::cast(score.resync_causes);
    out["resyncs"] = score.resyncs;
    if (score.first.line == 0) {
        out["first_divergence"] = nb::none();
    } else {
        nb::dict first;
        first["line"] = score.first.line;
        first["event"] = score.first.event;
        first["expected"] = score.first.expected;
        first["predicted"] = score.first.predicted;
        out["first_divergence"] = first;
    }
    return out;
}

}  // namespace pcpbench
