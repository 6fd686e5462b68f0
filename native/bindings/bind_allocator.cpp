// The allocator without time, for tests that compare it with another one: every operation runs all
// its steps at once (rmqueue, free_unref_page, drain_pages_zone, decay_pcp_high).
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocator/invariants.hpp"
#include "bindings/read_policy.hpp"

namespace nb = nanobind;

namespace pcpbench {

namespace {

// Raises for what would index outside the lists.
void check_request(const KernelPolicy& policy, int order, int type) {
    if (order < 0 || order > policy.max_order || type < 0 || type >= kPcpTypes) {
        throw std::invalid_argument("no such order or migratetype");
    }
}

KernelPolicy policy_of(const nb::dict& rules, int page_shift) {
    KernelPolicy policy = read_policy(rules);
    policy.page_shift = page_shift;
    return policy;
}

class Allocator {
  public:
    Allocator(std::uint32_t pages, int cpus, const std::array<std::int64_t, 3>& marks,
              const nb::dict& rules, int page_shift)
        : zone_(policy_of(rules, page_shift), pages, cpus, {marks[0], marks[1], marks[2]}) {
        for (int cpu = 0; cpu < cpus; ++cpu) lists_.emplace_back(zone_, cpu, PcpTuning{});
    }
    Allocator(const Allocator&) = delete;  // the lists point to the zone
    Allocator& operator=(const Allocator&) = delete;

    // The sizes of a CPU's lists; `high`, where not tuned, is one of the limits.
    void set_sizes(int cpu, int batch, int high_min, int high_max, bool large_cache,
                   std::optional<int> high) {
        if (batch < 1) throw std::invalid_argument("a batch is at least one page");
        PcpTuning tuning = of(cpu).tuning();
        tuning.batch = batch;
        tuning.high_min = high_min;
        tuning.high_max = high_max;
        tuning.free_high_batch = large_cache;
        tuning.high = high.value_or(tuning.high);
        of(cpu).set_tuning(tuning);
    }

    std::optional<Pfn> alloc(int cpu, int order, int type, bool nofragment) {
        check_request(zone_.policy(), order, type);
        const std::uint32_t fitting = zone_.orders_ok(zone_.marks().high, zone_.orders_with_blocks());
        if (zone_.looks_at_high() && (fitting >> order & 1) == 0) zone_.set_below_high(true);
        return found(take(cpu, {.cpu = cpu, .order = order, .type = type, .nofragment = nofragment}));
    }

    // Past the lists: rmqueue_buddy, as when another context holds the list.
    std::optional<Pfn> alloc_buddy(int cpu, int order, int type) {
        check_request(zone_.policy(), order, type);
        return found(take_block({.cpu = of(cpu).cpu(), .order = order, .type = type}));
    }

    // From the HIGHATOMIC lists, for a request of that type that may use them.
    std::optional<Pfn> alloc_reserved(int cpu, int order, int type) {
        check_request(zone_.policy(), order, type);
        ZoneWork work;
        return found(taken(zone_.take_own(of(cpu).cpu(), order, kHighAtomic, work), cpu, order, type));
    }

    void free(int cpu, Pfn page) {
        PcpLists& lists = of(cpu);
        const int order = order_in_use(page);
        if (!zone_.policy().on_pcp(order)) return free_buddy(cpu, page);
        if (const auto pages = lists.push(lists.live_set(), page, order); pages != 0) {
            flush(cpu, pages, zone_.policy().flush_chunk_batches, lists.list_of(page));
            if (zone_.leaves_below_high()) zone_.set_below_high(false);
        }
    }

    // Past the lists: free_one_page.
    void free_buddy(int cpu, Pfn page) {
        ZoneWork work;
        const int order = order_in_use(page);
        zone_.give_block(page, order, zone_.pageblock_type(page), of(cpu).cpu(), work);
    }

    void drain(int cpu) {
        while (const auto pages = of(cpu).count()) {
            flush(cpu, of(cpu).chunk_pages(pages, zone_.policy().drain_hold_batches), 0, 0);
        }
    }

    void decay(int cpu) {
        if (zone_.policy().free_scaling != FreeScaling::free_count) return;
        flush(cpu, of(cpu).decay(), zone_.policy().decay_chunk_batches, 0);
    }

    bool reserve(int cpu, Pfn page) {
        return zone_.reserve_highatomic(page, order_in_use(page), of(cpu).cpu());
    }
    bool unreserve(int cpu, bool force, int type) {
        check_request(zone_.policy(), 0, type);
        return zone_.unreserve_highatomic(force, type, of(cpu).cpu());
    }

    void fold(int cpu) { zone_.fold(of(cpu).cpu()); }
    void set_reclaim_active(bool active) { zone_.set_reclaim_active(active); }
    void set_pressure(bool pressure) { zone_.set_pressure_threshold(pressure); }

    bool watermark_ok(int order, std::int64_t mark) const {
        check_request(zone_.policy(), order, 0);
        return zone_.watermark_ok(order, mark);
    }

    // Pages of each list of a CPU, head first.
    std::vector<std::vector<Pfn>> lists(int cpu) {
        const PcpLists& of_cpu = of(cpu);
        std::vector<std::vector<Pfn>> out;
        for (int index = 0; index < zone_.policy().nr_lists(); ++index) {
            out.push_back(pages_of(of_cpu.lists(of_cpu.live_set()).lists.at(
                static_cast<std::size_t>(index))));
        }
        return out;
    }

    // Blocks on the buddy list of each order and type, head first.
    std::vector<std::vector<std::vector<Pfn>>> free_areas() const {
        std::vector<std::vector<std::vector<Pfn>>> out;
        for (int order = 0; order <= zone_.policy().max_order; ++order) {
            auto& types = out.emplace_back();
            for (std::size_t type = 0; type <= kHighAtomic; ++type) {
                types.push_back(pages_of(zone_.area(order).lists[type]));
            }
        }
        return out;
    }

    std::vector<int> pageblock_types() const {
        std::vector<int> out;
        for (Pfn page = 0; page < zone_.managed_pages();
             page += Pfn{1} << zone_.policy().pageblock_order) {
            out.push_back(zone_.pageblock_type(page));
        }
        return out;
    }

    std::uint32_t count(int cpu) { return of(cpu).count(); }
    std::map<std::string, int> tuning(int cpu) {
        const PcpTuning& now = of(cpu).tuning();
        return {{"high", now.high},
                {"alloc_factor", now.alloc_factor},
                {"free_count", now.free_count},
                {"free_factor", now.free_factor},
                {"previous_free_high_order", now.previous_free_high_order}};
    }
    std::map<std::string, std::int64_t> zone() const {
        return {{"nr_free", zone_.free_counter()},
                {"free_pages", zone_.free_pages_snapshot()},
                {"boost", zone_.boost_pages()},
                {"highatomic", zone_.highatomic_pages()},
                {"stat_threshold", zone_.stat_threshold()},
                {"below_high", zone_.below_high()},
                {"boosted", zone_.boosted_flag()}};
    }
    std::string check() const { return check_invariants(zone_, lists_); }

  private:
    std::vector<Pfn> pages_of(const FreeList& list) const {
        std::vector<Pfn> pages;
        for (Pfn page = list.head; page != kNoPage; page = zone_.frames()[page].next) {
            pages.push_back(page);
        }
        return pages;
    }

    PcpLists& of(int cpu) { return lists_.at(static_cast<std::size_t>(cpu)); }

    int order_in_use(Pfn page) const {
        if (page >= zone_.managed_pages() || zone_.frames()[page].state != PageState::in_use) {
            throw std::invalid_argument("page " + std::to_string(page) + " is not in use");
        }
        return zone_.frames()[page].order;
    }

    std::optional<Pfn> found(Pfn page) {
        if (page == kNoPage) return std::nullopt;
        zone_.clear_boosted_flag();
        return page;
    }

    Pfn take(int cpu, const TakeRequest& request) {
        PcpLists& lists = of(cpu);
        if (!zone_.policy().on_pcp(request.order)) return take_block(request);
        const int set = lists.live_set();
        lists.note_allocation();
        if (lists.empty(set, request.order, request.type)) {
            ZoneWork work;
            lists.refill(set, request, lists.refill_blocks(request.order), work);
        }
        if (!lists.empty(set, request.order, request.type)) {
            return lists.pop(set, request.order, request.type);
        }
        return zone_.policy().buddy_when_pcp_empty ? take_block(request) : kNoPage;
    }

    Pfn take_block(TakeRequest request) {
        ZoneWork work;
        return taken(zone_.take(request, work), request.cpu, request.order, request.type);
    }

    Pfn taken(Pfn page, int cpu, int order, int type) {
        if (page == kNoPage) return kNoPage;
        zone_.mark_in_use(page, order, type);
        if (!zone_.policy().account_each_block) zone_.account(cpu, -(std::int64_t{1} << order));
        return page;
    }

    void flush(int cpu, std::uint32_t pages, int batches, int first) {
        PcpLists& lists = of(cpu);
        while (pages != 0 && lists.count() != 0) {
            const std::uint32_t part = lists.chunk_pages(pages, batches);
            std::vector<Pfn> out;
            ZoneWork work;
            lists.collect(lists.live_set(), part, out, first);
            free_collected(zone_, cpu, out, work);
            pages -= part;
        }
    }

    Zone zone_;
    std::vector<PcpLists> lists_;
};

}  // namespace

void bind_allocator(nb::module_& module) {
    nb::class_<Allocator>(module, "Allocator")
        .def(nb::init<std::uint32_t, int, const std::array<std::int64_t, 3>&, const nb::dict&, int>(),
             nb::kw_only(), nb::arg("pages"), nb::arg("cpus"), nb::arg("watermarks"),
             nb::arg("policy"), nb::arg("page_shift"))
        .def("set_sizes", &Allocator::set_sizes, nb::arg("cpu"), nb::kw_only(), nb::arg("batch"),
             nb::arg("high_min"), nb::arg("high_max"), nb::arg("large_cache") = false,
             nb::arg("high") = nb::none())
        .def("alloc", &Allocator::alloc, nb::arg("cpu"), nb::arg("order"), nb::arg("migratetype"),
             nb::kw_only(), nb::arg("nofragment") = false)
        .def("alloc_buddy", &Allocator::alloc_buddy, nb::arg("cpu"), nb::arg("order"),
             nb::arg("migratetype"))
        .def("alloc_reserved", &Allocator::alloc_reserved, nb::arg("cpu"), nb::arg("order"),
             nb::arg("migratetype"))
        .def("free", &Allocator::free, nb::arg("cpu"), nb::arg("page"))
        .def("free_buddy", &Allocator::free_buddy, nb::arg("cpu"), nb::arg("page"))
        .def("drain", &Allocator::drain, nb::arg("cpu"))
        .def("decay", &Allocator::decay, nb::arg("cpu"))
        .def("reserve", &Allocator::reserve, nb::arg("cpu"), nb::arg("page"))
        .def("unreserve", &Allocator::unreserve, nb::arg("cpu"), nb::arg("force"),
             nb::arg("migratetype"))
        .def("fold", &Allocator::fold, nb::arg("cpu"))
        .def("set_reclaim_active", &Allocator::set_reclaim_active, nb::arg("active"))
        .def("set_pressure", &Allocator::set_pressure, nb::arg("pressure"))
        .def("watermark_ok", &Allocator::watermark_ok, nb::arg("order"), nb::arg("mark"))
        .def("lists", &Allocator::lists, nb::arg("cpu"))
        .def("free_areas", &Allocator::free_areas)
        .def("pageblock_types", &Allocator::pageblock_types)
        .def("count", &Allocator::count, nb::arg("cpu"))
        .def("tuning", &Allocator::tuning, nb::arg("cpu"))
        .def("zone", &Allocator::zone)
        .def("check", &Allocator::check);
}

}  // namespace pcpbench
