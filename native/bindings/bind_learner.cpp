// Learning a recording without snapshot. Conversion only.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <tuple>

#include "bindings/describe_score.hpp"
#include "bindings/read_policy.hpp"
#include "replay/learner.hpp"

namespace nb = nanobind;

namespace pcpbench {

namespace {

// Node, name, first page, page after the last, batch, least and most of `high`.
using ZoneRow = std::tuple<int, std::string, std::uint64_t, std::uint64_t, int, int, int>;

std::vector<LearnedZone> zones_of(const std::vector<ZoneRow>& rows) {
    std::vector<LearnedZone> zones;
    for (const auto& [node, name, start, end, batch, least, most] : rows) {
        zones.push_back({node, name, start, end, batch, least, most});
    }
    return zones;
}

}  // namespace

void bind_learner(nb::module_& module) {
    nb::class_<Learner>(module, "Learner")
        .def("__init__",
             [](Learner* learner, nb::dict policy, const std::vector<ZoneRow>& zones, int cpus) {
                 new (learner) Learner(read_policy(policy), zones_of(zones), cpus);
             },
             nb::arg("policy"), nb::arg("zones"), nb::arg("cpus"))
        .def("feed",
             [](Learner& learner, nb::bytes chunk) {
                 return learner.feed({chunk.c_str(), chunk.size()});
             })
        .def("finish", &Learner::finish)
        .def_prop_ro("fault",
                     [](const Learner& learner) {
                         return nb::make_tuple(learner.fault().line, learner.fault().what);
                     })
        .def_prop_ro("lines", &Learner::lines)
        .def_prop_ro("differences", [](const Learner&) { return nb::list(); })
        .def("score", [](const Learner& learner) { return describe(learner.score()); });
}

}  // namespace pcpbench
