// The allocator without time, for tests that compare it with another one: every operation runs all
// its steps at once (rmqueue, free_unref_page, drain_pages_zone; releases through 6.6).
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocator/invariants.hpp"

namespace nb = nanobind;

namespace pcpbench {

namespace {

// Lists of huge pages, by how many there are.
constexpr std::array kThpLists{ThpLists::none, ThpLists::one, ThpLists::two, ThpLists::per_type};

// The rules in which releases differ and that need no watermarks; what is not said is as in v5.15.
KernelPolicy policy_of(const std::map<std::string, int>& rules) {
    KernelPolicy policy;
    using Set = std::function<void(int)>;
    const std::map<std::string, Set> known{
        {"page_shift", [&](int value) { policy.page_shift = value; }},
        {"max_order", [&](int value) { policy.max_order = value; }},
        {"pageblock_order",
         [&](int value) { policy.pageblock_order = policy.thp_order = value; }},
        {"pcp_max_order", [&](int value) { policy.costly_order = value; }},
        {"thp_lists",
         [&](int value) { policy.thp_lists = kThpLists.at(static_cast<std::size_t>(value)); }},
        {"refill_by_order",
         [&](int value) { policy.refill = value ? Refill::batch_by_order : Refill::batch; }},
        {"free_factor",
         [&](int value) {
             policy.free_scaling = value ? FreeScaling::free_factor : FreeScaling::none;
         }},
        {"free_factor_max", [&](int value) { policy.free_factor_max = value; }},
        {"free_high_orders_at_once",
         [&](int value) { policy.free_high_orders_at_once = value != 0; }},
        {"from_list_in_use",
         [&](int value) {
             policy.bulk_free_order = value ? BulkFreeOrder::from_list_in_use
                                            : BulkFreeOrder::weighted_round_robin;
         }},
        {"reclaim_active_batches", [&](int value) { policy.reclaim_active_batches = value; }},
    };
    for (const auto& [name, value] : rules) {
        const auto rule = known.find(name);
        if (rule == known.end()) throw std::invalid_argument("there is no rule " + name);
        rule->second(value);
    }
    return policy;
}

class Allocator {
  public:
    Allocator(std::uint32_t pages, int cpus, int high, int batch,
              const std::array<std::int64_t, 3>& marks, const std::map<std::string, int>& rules)
        : zone_(policy_of(rules), pages, cpus, {marks[0], marks[1], marks[2]}) {
        for (int cpu = 0; cpu < cpus; ++cpu) lists_.emplace_back(zone_, cpu, high, batch);
    }
    Allocator(const Allocator&) = delete;  // the lists point to the zone
    Allocator& operator=(const Allocator&) = delete;

    std::optional<Pfn> alloc(int cpu, int order, int type) {
        if (order < 0 || order > zone_.policy().max_order || type < 0 || type >= kPcpTypes) {
            throw std::invalid_argument("no such order or migratetype");
        }
        const Pfn page = take(cpu, order, type);
        if (page == kNoPage) return std::nullopt;
        zone_.clear_boosted_flag();
        return page;
    }

    void free(int cpu, Pfn page) {
        PcpLists& lists = of(cpu);
        if (page >= zone_.managed_pages() || zone_.frames()[page].state != PageState::in_use) {
            throw std::invalid_argument("page " + std::to_string(page) + " is not in use");
        }
        const int order = zone_.frames()[page].order;
        if (!zone_.policy().on_pcp(order)) {
            ZoneWork work;
            zone_.give(page, order, zone_.pageblock_type(page), cpu, work);
        } else if (const auto pages = lists.push(lists.live_set(), page, order); pages != 0) {
            flush(cpu, pages, zone_.policy().list_index(order, zone_.pageblock_type(page)));
        }
    }

    void drain(int cpu) {
        if (const auto pages = of(cpu).count(); pages != 0) flush(cpu, pages, 0);
    }

    void fold(int cpu) { zone_.fold(of(cpu).cpu()); }
    void set_reclaim_active(bool active) { zone_.set_reclaim_active(active); }

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
            for (std::size_t type = 0; type < kPcpTypes; ++type) {
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
    std::int64_t free_counter() const { return zone_.free_counter(); }
    std::int64_t free_pages() const { return zone_.free_pages_snapshot(); }
    std::int64_t boost_pages() const { return zone_.boost_pages(); }
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

    Pfn take(int cpu, int order, int type) {
        PcpLists& lists = of(cpu);
        ZoneWork work;
        if (zone_.policy().on_pcp(order)) {
            const int set = lists.live_set();
            lists.note_allocation();
            if (lists.empty(set, order, type)) lists.refill(set, order, type, work);
            return lists.empty(set, order, type) ? kNoPage : lists.pop(set, order, type);
        }
        const Pfn page = zone_.take(order, type, work);
        if (page == kNoPage) return kNoPage;
        zone_.mark_in_use(page, order, type);
        zone_.account(cpu, -(std::int64_t{1} << order));
        return page;
    }

    void flush(int cpu, std::uint32_t pages, int first) {
        PcpLists& lists = of(cpu);
        std::vector<Pfn> out;
        ZoneWork work;
        lists.collect(lists.live_set(), pages, out, first);
        free_collected(zone_, cpu, out, work);
    }

    Zone zone_;
    std::vector<PcpLists> lists_;
};

}  // namespace

void bind_allocator(nb::module_& module) {
    nb::class_<Allocator>(module, "Allocator")
        .def(nb::init<std::uint32_t, int, int, int, const std::array<std::int64_t, 3>&,
                      const std::map<std::string, int>&>(),
             nb::kw_only(), nb::arg("pages"), nb::arg("cpus"), nb::arg("high"), nb::arg("batch"),
             nb::arg("watermarks"), nb::arg("rules"))
        .def("alloc", &Allocator::alloc, nb::arg("cpu"), nb::arg("order"), nb::arg("migratetype"))
        .def("free", &Allocator::free, nb::arg("cpu"), nb::arg("page"))
        .def("drain", &Allocator::drain, nb::arg("cpu"))
        .def("fold", &Allocator::fold, nb::arg("cpu"))
        .def("set_reclaim_active", &Allocator::set_reclaim_active, nb::arg("active"))
        .def("lists", &Allocator::lists, nb::arg("cpu"))
        .def("free_areas", &Allocator::free_areas)
        .def("pageblock_types", &Allocator::pageblock_types)
        .def("count", &Allocator::count, nb::arg("cpu"))
        .def("free_counter", &Allocator::free_counter)
        .def("free_pages", &Allocator::free_pages)
        .def("boost_pages", &Allocator::boost_pages)
        .def("check", &Allocator::check);
}

}  // namespace pcpbench
