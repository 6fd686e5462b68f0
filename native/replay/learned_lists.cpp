#include "replay/learned_lists.hpp"

#include <algorithm>

namespace pcpbench {

LearnedLists::List& LearnedLists::at(ListOwner owner, int list) {
    const std::size_t number = std::size_t{owner.cpu} * zones_ + owner.zone;
    if (number >= lists_.size()) lists_.resize(number + 1);
    return lists_[number][static_cast<std::size_t>(list)];
}

bool LearnedLists::holds(const Entry& entry, int list, bool& certain) const {
    const auto found = where_.find(entry.page);
    if (found == where_.end() || found->second.serial != entry.serial) return false;
    const Where& where = found->second;
    certain = where.list >= 0;
    return certain ? where.list == list
                   : (where.not_in >> (list % 3) & 1) == 0;
}

// A page of unknown type is not on this list.
void LearnedLists::exclude(const Entry& entry, int list) {
    Where& where = where_.at(entry.page);
    where.not_in = static_cast<std::uint8_t>(where.not_in | 1U << (list % 3));
}

LearnedLists::End LearnedLists::end(ListOwner owner, int list, bool at_head) {
    List& from = at(owner, list);
    bool certain = false;
    while (!from.pages.empty() &&
           !holds(at_head ? from.pages.front() : from.pages.back(), list, certain)) {
        at_head ? from.pages.pop_front() : from.pages.pop_back();
    }
    if (from.pages.empty()) return {.empty = from.whole};
    if (!at_head && !from.whole) return {};
    if (!certain) return {.ambiguous = true};
    return {.page = at_head ? from.pages.front().page : from.pages.back().page};
}

LearnedLists::End LearnedLists::head(ListOwner owner, int list) { return end(owner, list, true); }

LearnedLists::End LearnedLists::tail(ListOwner owner, int list) { return end(owner, list, false); }

void LearnedLists::push(ListOwner owner, RecordedPfn page, int order, int type) {
    const std::uint32_t serial = ++serial_;
    const auto byte = static_cast<std::uint8_t>(order);
    if (type >= 0) {
        const int list = policy_.list_index(order, std::min(type, 3) == 3 ? 1 : type);
        where_[page] = {serial, owner, static_cast<std::int8_t>(list), byte, 0};
        at(owner, list).pages.push_front({page, serial});
        return;
    }
    where_[page] = {serial, owner, -1, byte, 0};
    int last = -1;
    for (int each = 0; each < 3; ++each) {
        const int list = policy_.list_index(order, each);
        if (list != last) at(owner, list).pages.push_front({page, serial});
        last = list;
    }
}

void LearnedLists::clear(ListOwner owner, int list) {
    List& from = at(owner, list);
    for (const Entry& entry : from.pages) {
        bool certain = false;
        if (!holds(entry, list, certain)) continue;
        if (certain) {
            where_.erase(entry.page);
        } else {
            exclude(entry, list);
        }
    }
    from.pages.clear();
    from.whole = true;
}

void LearnedLists::append(ListOwner owner, int list, RecordedPfn page, int order) {
    const std::uint32_t serial = ++serial_;
    where_[page] = {serial, owner, static_cast<std::int8_t>(list),
                    static_cast<std::uint8_t>(order), 0};
    at(owner, list).pages.push_back({page, serial});
}

bool LearnedLists::pop(ListOwner owner, int list, RecordedPfn page,
                       std::vector<RecordedPfn>& vanished) {
    List& from = at(owner, list);
    const auto found = where_.find(page);
    bool certain = false;
    const bool known = found != where_.end() && found->second.owner == owner &&
                       holds({page, found->second.serial}, list, certain);
    if (!known) {
        for (const Entry& entry : from.pages) {
            if (holds(entry, list, certain) && certain) {
                vanished.push_back(entry.page);
                where_.erase(entry.page);
            }
        }
        from.pages.clear();
        from.whole = false;
        where_.erase(page);
        return false;
    }
    const std::uint32_t serial = found->second.serial;
    while (!from.pages.empty()) {
        const Entry top = from.pages.front();
        from.pages.pop_front();
        if (top.page == page && top.serial == serial) break;
        if (!holds(top, list, certain)) continue;
        if (certain) {
            vanished.push_back(top.page);
            where_.erase(top.page);
        } else {
            exclude(top, list);
        }
    }
    where_.erase(page);
    return true;
}

void LearnedLists::drain(RecordedPfn page, std::vector<RecordedPfn>& vanished) {
    const auto found = where_.find(page);
    if (found == where_.end()) return;
    const Where where = found->second;
    where_.erase(found);
    if (where.list < 0) return;
    List& from = at(where.owner, where.list);
    while (!from.pages.empty()) {
        const Entry last = from.pages.back();
        from.pages.pop_back();
        if (last.page == page && last.serial == where.serial) break;
        bool certain = false;
        if (!holds(last, where.list, certain) || !certain) continue;
        vanished.push_back(last.page);
        where_.erase(last.page);
    }
    from.whole = true;
}

}  // namespace pcpbench
