// Snapshots and the replay of recordings. Conversion only.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>

#include "bindings/describe_score.hpp"
#include "bindings/read_policy.hpp"
#include "replay/replayer.hpp"

namespace nb = nanobind;

namespace pcpbench {

namespace {

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
        .def("check", &Replayer::check)
        .def_prop_ro("lines", &Replayer::lines)
        .def_prop_ro("differences", &Replayer::differences)
        .def("score", [](const Replayer& replay) { return describe(replay.score()); });
}

}  // namespace pcpbench
