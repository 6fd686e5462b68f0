// Conversion only: dictionaries of plain values in, dictionaries of plain values out.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "bindings/read_config.hpp"
#include "simulation/simulation.hpp"

// Slots are handed from stream to stream, never copied into a Python list.
NB_MAKE_OPAQUE(pcpbench::Slots)

namespace nb = nanobind;

namespace pcpbench {

namespace {

template <class T>
std::vector<T> column(nb::dict table, const char* name, std::size_t length) {
    const auto array = nb::cast<nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>>(
        table[name]);
    if (array.shape(0) != length) {
        throw std::invalid_argument(std::string("column ") + name + " has another length than op");
    }
    return {array.data(), array.data() + array.shape(0)};
}

OpTable read_table(nb::dict table, std::size_t slots) {
    OpTable ops;
    const std::size_t length = nb::len(nb::object(table["op"]));
    ops.kind = column<std::uint8_t>(table, "op", length);
    ops.order = column<std::uint8_t>(table, "order", length);
    ops.type = column<std::uint8_t>(table, "migratetype", length);
    ops.slot = column<std::uint32_t>(table, "slot", length);
    ops.gap_ns = column<std::uint32_t>(table, "gap_ns", length);
    ops.start = nb::cast<std::size_t>(table["start"]);
    for (const auto& [slot, order, type] :
         nb::cast<std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>>(
             table["preload"])) {
        ops.preload.push_back({slot, order, type});
    }
    check_table(ops, slots);
    return ops;
}

nb::dict describe(const Histogram& histogram) {
    nb::dict out;
    out["counts"] = nb::cast(histogram.counts());
    out["episodes"] = nb::cast(histogram.episodes());
    out["count"] = histogram.count();
    out["sum_ps"] = histogram.sum_ps();
    out["min_ps"] = histogram.min_ps();
    out["max_ps"] = histogram.max_ps();
    return out;
}

nb::dict counters_of(Simulation& simulation) {
    nb::dict out;
    const Measurements& m = simulation.measurements();
#define PCPBENCH_PUT(name) out[#name] = m.counters.name;
    PCPBENCH_COUNTERS(PCPBENCH_PUT)
#undef PCPBENCH_PUT
    for (const int cpu : simulation.isolated()) {
        const Interference& noise = simulation.noise(cpu);
        const std::string prefix = "cpu." + std::to_string(cpu) + ".";
        const auto put = [&](const std::string& name, std::int64_t value) {
            out[(prefix + name).c_str()] = value;
        };
        put("noise_ps", noise.total_ps());
        put("max_single_noise_ps", noise.max_single_ps());
        put("refills_after_drain", m.refills_after_drain[static_cast<std::size_t>(cpu)]);
        for (int i = 0; i < kMechanisms; ++i) {
            for (int j = 0; j < kCauses; ++j) {
                const std::string of = std::string(".") + kMechanismNames[i] + "." + kCauseNames[j];
                put("interruptions" + of, static_cast<std::int64_t>(noise.interruptions(i, j)));
                put("noise_ps" + of, noise.noise_ps(i, j));
            }
        }
    }
    return out;
}

nb::dict histograms_of(Simulation& simulation) {
    nb::dict out;
    const Measurements& m = simulation.measurements();
    out["alloc.latency"] = describe(m.alloc_latency);
    out["free.latency"] = describe(m.free_latency);
    out["drain.latency"] = describe(m.drain_latency);
    out["drain.censored"] = describe(m.drain_censored);
    out["zone_lock.wait"] = describe(m.zone_lock_wait);
    out["zone_lock.hold"] = describe(m.zone_lock_hold);
    out["zone_lock.refill"] = describe(m.zone_lock_refill);
    out["zone_lock.flush"] = describe(m.zone_lock_flush);
    for (const int cpu : simulation.isolated()) {
        out[("cpu." + std::to_string(cpu) + ".alloc_latency").c_str()] =
            describe(m.cpu_alloc_latency[static_cast<std::size_t>(cpu)]);
    }
    return out;
}

Primitive primitive_of(const std::string& name) {
    static const std::map<std::string, Primitive> names{
        {"scan_counts", Primitive::scan_counts}, {"swap_lists", Primitive::swap_lists},
        {"synchronize_rcu", Primitive::synchronize_rcu}, {"free_lists", Primitive::free_lists},
        {"drain_remote", Primitive::drain_remote}, {"queue_work", Primitive::queue_work},
        {"flush_work", Primitive::flush_work}, {"drain_local", Primitive::drain_local},
        {"send_ipi", Primitive::send_ipi}, {"at_kernel_entry", Primitive::at_kernel_entry},
        {"run_for", Primitive::run_for}, {"free_at_no_cost", Primitive::free_at_no_cost},
        {"all", Primitive::all}, {"finish", Primitive::finish}};
    return names.at(name);
}

// A command as Python writes it: name, CPUs or works, value, parts.
Command read_command(nb::tuple from) {
    Command command{primitive_of(nb::cast<std::string>(from[0])),
                    nb::cast<std::vector<int>>(from[1]), nb::cast<std::int64_t>(from[2])};
    for (nb::handle part : from[3]) {
        command.parts.push_back(read_command(nb::cast<nb::tuple>(part)));
    }
    return command;
}

const char* name_of(Context context) {
    switch (context) {
        case Context::kworker: return "kworker";
        case Context::interrupt: return "interrupt";
        case Context::kernel_entry: return "kernel entry";
        case Context::remote: return "remote";
        default: return "initiator";
    }
}

nb::list records_of(Simulation& simulation) {
    nb::list out;
    for (const DrainRecord& record : simulation.drains().records()) {
        out.append(nb::make_tuple(record.forced, record.asked, record.ended, record.listed_blocks,
                                  record.left_blocks));
    }
    return out;
}

nb::bytes bytes_of(std::span<const LoggedEvent> events) {
    return nb::bytes(reinterpret_cast<const char*>(events.data()), events.size_bytes());
}

// Keeps events from `from` to `to`. `sink`: a function of bytes, or None.
void log_events(Simulation& simulation, std::int64_t from, std::int64_t to,
                std::int64_t shortest_call, std::size_t most, nb::object sink) {
    EventLog::Sink take;
    if (!sink.is_none()) {
        take = [sink](std::span<const LoggedEvent> events) { sink(bytes_of(events)); };
    }
    simulation.log_events({from, to, shortest_call, most}, std::move(take));
}

// By isolated CPU: interruptions seen, and the first of them as start, length, mechanism, cause.
nb::dict interruptions_of(Simulation& simulation) {
    nb::dict out;
    for (const int cpu : simulation.isolated()) {
        const Interference& noise = simulation.noise(cpu);
        nb::list pieces;
        for (const Interference::Piece& p : noise.pieces()) {
            pieces.append(nb::make_tuple(p.start, p.length, static_cast<int>(p.mechanism),
                                         static_cast<int>(p.cause)));
        }
        out[nb::int_(cpu)] = nb::make_tuple(noise.pieces_seen(), pieces);
    }
    return out;
}

nb::list course_of(Simulation& simulation) {
    nb::list out;
    for (const Pace& p : simulation.course()) {
        out.append(nb::make_tuple(p.pages, p.calls, p.alloc_ps));
    }
    return out;
}

template <std::size_t n>
nb::list names_of(const char* const (&names)[n]) {
    nb::list out;
    for (const char* name : names) out.append(name);
    return out;
}

}  // namespace

void bind_simulation(nb::module_& module) {
    module.attr("EVENT_KINDS") = names_of(kEventNames);
    nb::exception<StrategyError>(module, "StrategyError", PyExc_RuntimeError);
    nb::class_<Slots>(module, "Slots").def("__init__", [](Slots* self, std::size_t count) {
        new (self) Slots(count, kNoPage);
    });
    nb::class_<Decision>(module, "Decision")
        .def_ro("generator", &Decision::generator)
        .def_ro("start", &Decision::start)
        .def_prop_ro("context", [](const Decision& d) { return name_of(d.context); })
        .def_prop_ro("one_zone", [](const Decision& d) { return d.request.one_zone; })
        .def_prop_ro("zone", [](const Decision& d) { return d.request.zone; })
        .def_prop_ro("force", [](const Decision& d) { return d.request.force; })
        .def_ro("cpu", &Decision::cpu)
        .def_ro("result", &Decision::result);
    nb::class_<Simulation>(module, "Simulation")
        .def("__init__",
             [](Simulation* self, nb::dict config) { new (self) Simulation(read_config(config)); })
        .def("add_native_stream",
             [](Simulation& self, int cpu, const std::string& kind,
                const StreamParameters& parameters, std::uint64_t seed, bool fifo) {
                 self.add_stream(cpu, make_stream(kind, parameters, seed, cpu), fifo);
             })
        .def("add_table_stream",
             [](Simulation& self, int cpu, nb::dict table, std::shared_ptr<Slots> slots,
                bool fifo) {
                 OpTable ops = read_table(table, slots->size());
                 self.add_stream(cpu,
                                 std::make_unique<TableStream>(std::move(ops), std::move(slots)),
                                 fifo);
             })
        .def("run",
             [](Simulation& self) -> nb::object {
                 if (!self.run()) return nb::none();
                 return nb::cast(self.drains().decision());
             })
        .def("answer",
             [](Simulation& self, nb::tuple command) {
                 self.drains().answer(read_command(command));
             })
        .def("watch_drains",
             [](Simulation& self, std::int64_t grace_ps) { self.drains().watch(grace_ps); })
        .def("drain_records", &records_of)
        .def("log_events", &log_events, nb::arg("from_ps"), nb::arg("to_ps"),
             nb::arg("shortest_call_ps"), nb::arg("most"), nb::arg("sink").none())
        .def("events", [](Simulation& self) { return bytes_of(self.log().events()); })
        .def("events_left_out", [](Simulation& self) { return self.log().left_out(); })
        .def("longest_events", [](Simulation& self) { return bytes_of(self.log().longest()); })
        .def("interruptions", &interruptions_of)
        .def("course", &course_of)
        .def("now_ps", &Simulation::now)
        .def("counters", &counters_of)
        .def("histograms", &histograms_of)
        .def("check", &Simulation::check);
}

}  // namespace pcpbench
