// Conversion only: bytes in, NumPy columns and a dictionary of counts out.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include "trace/trace_reader.hpp"

namespace nb = nanobind;

namespace pcpbench {

namespace {

template <class T>
nb::object column(std::vector<T>&& values) {
    auto* kept = new std::vector<T>(std::move(values));
    nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    const std::size_t length = kept->size();
    return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(kept->data(), {length}, owner));
}

nb::dict columns(TraceReader& reader) {
    TraceColumns taken = reader.take_columns();
    nb::dict out;
    out["kind"] = column(std::move(taken.kind));
    out["order"] = column(std::move(taken.order));
    out["migratetype"] = column(std::move(taken.migratetype));
    out["cpu"] = column(std::move(taken.cpu));
    out["line"] = column(std::move(taken.line));
    out["pfn"] = column(std::move(taken.pfn));
    out["time"] = column(std::move(taken.time));
    return out;
}

nb::dict describe(const TraceProblem& problem) {
    nb::dict out;
    out["count"] = problem.count;
    out["first_line"] = problem.first_line;
    // The text is somebody's bytes, not necessarily UTF-8.
    out["first_text"] = nb::bytes(problem.first_text.data(), problem.first_text.size());
    return out;
}

nb::dict describe(const TraceSummary& summary) {
    nb::dict out;
    out["lines"] = summary.lines;
    out["events"] = summary.events;
    out["lost_events"] = summary.lost_events;
    out["has_header"] = summary.has_header;
    out["header_in_buffer"] = summary.header_in_buffer;
    out["header_written"] = summary.header_written;
    out["seconds_clock"] = summary.seconds_clock;
    out["ends_mid_line"] = summary.ends_mid_line;
    out["lost"] = describe(summary.lost);
    out["malformed"] = describe(summary.malformed);
    out["backwards"] = describe(summary.backwards);
    return out;
}

}  // namespace

void bind_trace(nb::module_& module) {
    nb::class_<TraceReader>(module, "TraceReader")
        .def(nb::init<>())
        .def("feed",
             [](TraceReader& reader, nb::bytes chunk) {
                 reader.feed({chunk.c_str(), chunk.size()});
             })
        .def("finish", &TraceReader::finish)
        .def("columns", &columns)
        .def("summary", [](const TraceReader& reader) { return describe(reader.summary()); });
}

}  // namespace pcpbench
