// The extension module pcpbench._native: what Python sees of the core.
#include <nanobind/nanobind.h>

namespace pcpbench {
void bind_allocator(nanobind::module_& module);
void bind_calibrate(nanobind::module_& module);
void bind_learner(nanobind::module_& module);
void bind_replay(nanobind::module_& module);
void bind_simulation(nanobind::module_& module);
void bind_trace(nanobind::module_& module);
}  // namespace pcpbench

NB_MODULE(_native, module) {
    module.doc() = "The simulation core of pcpbench";
    pcpbench::bind_allocator(module);
    pcpbench::bind_calibrate(module);
    pcpbench::bind_learner(module);
    pcpbench::bind_replay(module);
    pcpbench::bind_simulation(module);
    pcpbench::bind_trace(module);
}
