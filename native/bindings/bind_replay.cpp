// Snapshots and the replay of recordings. Conversion only.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>

#include "bindings/read_policy.hpp"
#include "replay/replayer.hpp"

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

Inputs inputs_of(const std::string& word) {
    if (word == "calls") return Inputs::calls;
    if (word == "order") return Inputs::order;
    if (word == "facts") return Inputs::facts;
    throw std::invalid_argument("inputs are calls, order or facts");
}

nb::tuple fault(std::uint32_t line, const std::string& what) {
    return nb::make_tuple(line, what);
}

}  // namespace

void bind_replay(nb::module_& module) {
    nb::class_<Snapshot>(module, "Snapshot")
        .def(nb::init<>())
        .def("read",
             [](Snapshot& snapshot, nb::bytes text) {
                 const SnapshotError error = read_snapshot({text.c_str(), text.size()}, snapshot);
                 return fault(error.line, error.what);
             })
        .def_ro("release", &Snapshot::release)
        .def_ro("cpus", &Snapshot::cpus)
        .def_ro("nodes", &Snapshot::nodes)
        .def_ro("pageblock_order", &Snapshot::pageblock_order)
        .def_ro("orders", &Snapshot::orders)
        .def_ro("pcp_lists", &Snapshot::pcp_lists)
        .def_ro("types", &Snapshot::types);
    nb::class_<Replayer>(module, "Replay")
        .def("__init__",
             [](Replayer* replay, nb::dict policy, const Snapshot& before,
                const std::string& inputs, bool resync) {
                 KernelPolicy rules = read_policy(policy);
                 rules.types = before.types;
                 new (replay) Replayer(rules, before, inputs_of(inputs), resync);
             },
             nb::arg("policy"), nb::arg("before"), nb::kw_only(), nb::arg("inputs"),
             nb::arg("resync"))
        .def("feed",
             [](Replayer& replay, nb::bytes chunk) {
                 return replay.feed({chunk.c_str(), chunk.size()});
             })
        .def(
            "finish",
            [](Replayer& replay, const Snapshot* after) { return replay.finish(after); },
            nb::arg("after").none())
        .def_prop_ro("fault",
                     [](const Replayer& replay) {
                         return fault(replay.fault().line, replay.fault().what);
                     })
        .def_prop_ro("lines", &Replayer::lines)
        .def_prop_ro("differences", &Replayer::differences)
        .def("score", [](const Replayer& replay) { return describe(replay.score()); });
}

}  // namespace pcpbench
