// The measurements of `pcpbench calibrate`; each call is one sample, in ns.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "calibrate/atomics.hpp"
#include "calibrate/hand_off.hpp"
#include "calibrate/kernel_calls.hpp"
#include "calibrate/line_transfer.hpp"
#include "calibrate/list_loop.hpp"
#include "calibrate/loads.hpp"

namespace nb = nanobind;

namespace pcpbench {

namespace {

using namespace calibrate;
// A sample takes long, and its threads need no Python.
using Free = nb::call_guard<nb::gil_scoped_release>;

void as_os_error(const std::exception_ptr& thrown, void*) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::system_error& error) {
        const nb::tuple arguments = nb::make_tuple(error.code().value(), error.what());
        PyErr_SetObject(PyExc_OSError, arguments.ptr());
    }
}

ListVariant variant_of(const std::string& name) {
    if (name == "bare") return ListVariant::bare;
    if (name == "indirect") return ListVariant::indirect;
    if (name == "try_locked") return ListVariant::try_locked;
    throw std::invalid_argument("there is no list variant " + name);
}

}  // namespace

void bind_calibrate(nb::module_& module) {
    nb::register_exception_translator(&as_os_error);
    nb::class_<PointerChase>(module, "PointerChase")
        .def(nb::init<std::size_t, int>(), nb::arg("bytes"), nb::arg("touch_cpu"))
        .def("ns_per_load", &PointerChase::ns_per_load, nb::arg("cpu"), nb::arg("loads"), Free());
    nb::class_<ListLoop>(module, "ListLoop")
        .def(nb::init<int>(), nb::arg("placement"))
        .def(
            "ns_per_pair",
            [](ListLoop& loop, int cpu, const std::string& variant, bool serialised, int layout,
               std::uint64_t pairs) {
                return loop.ns_per_pair(cpu, variant_of(variant), serialised, layout, pairs);
            },
            nb::arg("cpu"), nb::arg("variant"), nb::arg("serialised"), nb::arg("layout"),
            nb::arg("pairs"), Free())
        .def_ro_static("layouts", &ListLoop::kLayouts);
    module.def("cycle_ns", &cycle_ns, nb::arg("cpu"), nb::arg("additions"), Free());
    module.def("atomic_rmw_ns", &atomic_rmw_ns, nb::arg("cpu"), nb::arg("repetitions"), Free());
    module.def("spin_lock_pair_ns", &spin_lock_pair_ns, nb::arg("cpu"), nb::arg("repetitions"),
               Free());
    module.def("line_transfer_ns", &line_transfer_ns, nb::arg("cpu"), nb::arg("other_cpu"),
               nb::arg("round_trips"), Free());
    module.def("hand_off_ns", &hand_off_ns, nb::arg("cpu"), nb::arg("other_cpu"),
               nb::arg("round_trips"), Free());
    module.def("system_call_ns", &system_call_ns, nb::arg("cpu"), nb::arg("repetitions"), Free());
    module.def("page_fault_ns", &page_fault_ns, nb::arg("cpu"), nb::arg("pages"), Free());
    module.def(
        "membarrier_call_ns",
        [](int cpu, int other_cpu, bool spinning, std::uint64_t calls) {
            RemoteCall call{};
            {
                const nb::gil_scoped_release free;
                call = membarrier_call(cpu, other_cpu, spinning, calls);
            }
            return nb::make_tuple(call.call_ns, call.target_ns, call.gaps);
        },
        nb::arg("cpu"), nb::arg("other_cpu"), nb::arg("spinning"), nb::arg("calls"));
}

}  // namespace pcpbench
