#include "replay/replayer.hpp"

#include <algorithm>

namespace pcpbench {

namespace {

constexpr std::size_t kWindowLines = 16384;

bool keeps_text(LineKind kind) {
    return kind == LineKind::list_heads || kind == LineKind::bulk_pages;
}

// What the level `calls` looks at, outcomes aside.
bool is_call(LineKind kind) {
    switch (kind) {
        case LineKind::alloc:
        case LineKind::free:
        case LineKind::free_batched:
        case LineKind::taken:
        case LineKind::fallback:
        case LineKind::bulk_alloc:
        case LineKind::bulk_end:
        case LineKind::bulk_pages:
        case LineKind::drain_all:
        case LineKind::drain_work:
        case LineKind::drain_local:
        case LineKind::refresh:
        case LineKind::compaction_begin:
        case LineKind::compaction_end: return true;
        default: return false;
    }
}

}  // namespace

Replayer::Replayer(const KernelPolicy& policy, const Snapshot& before, Inputs inputs, bool resync)
    : policy_(policy), memory_(policy, before), inputs_(inputs),
      resync_(resync && inputs != Inputs::calls),
      handles_(memory_.end_pfn, 0), last_free_(memory_.end_pfn, 0),
      recent_(static_cast<std::size_t>(memory_.cpus)) {}

bool Replayer::feed(std::string_view chunk) {
    return lines_.feed(chunk, [this](ReplayLine& line) { take(line); });
}

bool Replayer::finish(const Snapshot* after) {
    if (!lines_.finish()) return false;
    while (!window_.empty()) process_front();
    for (auto& [key, ctx] : contexts_) close_hold(ctx, {});
    gather_counts();
    if (after != nullptr) compare_final(*after);
    return true;
}

void Replayer::take(ReplayLine& line) {
    if (line.cpu >= memory_.cpus) {
        return lines_.fail("CPU " + std::to_string(line.cpu) + " is not in the snapshot");
    }
    if (line.order > policy_.max_order ||
        (line.kind <= LineKind::attempt && line.type >= policy_.types)) {
        return lines_.fail("no such order or migratetype in this kernel");
    }
    if (line.pfn >= memory_.end_pfn && line.kind <= LineKind::drained) {
        return lines_.fail("page " + std::to_string(line.pfn) + " lies behind the last zone");
    }
    ++seen_[static_cast<std::size_t>(line.kind)];
    enter(line);
    if (window_.size() > kWindowLines) process_front();
}

const ReplayLine* Replayer::later(std::uint32_t serial) const {
    if (serial < front_serial_ || serial - front_serial_ >= window_.size()) return nullptr;
    return &window_[serial - front_serial_].line;
}

// Links a call to the outcomes that stand before it.
void Replayer::enter(ReplayLine& line) {
    const auto serial = static_cast<std::uint32_t>(front_serial_ + window_.size());
    const auto at = [&](std::uint32_t s) -> ReplayLine* {
        return s < front_serial_ ? nullptr : &window_[s - front_serial_].line;
    };
    if (line.kind == LineKind::free) {
        last_free_[line.pfn] = serial;  // below end_pfn, as checked
    } else if (line.kind == LineKind::free_batched) {
        const std::uint32_t found = last_free_[line.pfn];
        ReplayLine* free = found != 0 ? at(found) : nullptr;
        if (free != nullptr && free->kind == LineKind::free && free->pfn == line.pfn) {
            free->batched = true;
        }
    } else if (line.kind == LineKind::push || line.kind == LineKind::free_inner ||
               line.kind == LineKind::free_direct) {
        const std::uint32_t found = line.pfn < last_free_.size() ? last_free_[line.pfn] : 0;
        ReplayLine* free = found != 0 ? at(found) : nullptr;
        if (free != nullptr && free->kind == LineKind::free && free->pfn == line.pfn) {
            free->link = serial;
        }
    } else if (inputs_ != Inputs::calls) {
        const std::uint32_t key = context_key(line);
        if (line.kind == LineKind::taken || line.kind == LineKind::fallback ||
            line.kind == LineKind::pop || line.kind == LineKind::refill) {
            first_outcome_.emplace(key, serial);
        } else if (line.kind == LineKind::bulk_end) {
            first_outcome_.erase(key);
        } else if (line.kind == LineKind::alloc) {
            const auto found = first_outcome_.find(key);
            if (found != first_outcome_.end()) {
                if (ReplayLine* outcome = at(found->second)) outcome->link = serial;
                first_outcome_.erase(found);
            }
        }
    }
    if (line.kind == LineKind::claim) ++claims_ahead_;
    window_.push_back({line, keeps_text(line.kind) ? std::string(line.text) : std::string()});
    window_.back().line.text = {};
}

void Replayer::process_front() {
    Held held = std::move(window_.front());
    window_.pop_front();
    ++front_serial_;
    if (held.line.kind == LineKind::claim) --claims_ahead_;
    if (!held.text.empty()) held.line.text = held.text;
    process(held.line);
}

CpuContext& Replayer::context(const ReplayLine& line) {
    const std::uint32_t key = context_key(line);
    Recent& recent = recent_[line.cpu];
    if (recent.context == nullptr || recent.key != key) recent = {key, &contexts_[key]};
    return *recent.context;
}

void Replayer::gather_counts() {
    for (const auto& [kind, count] : given_) {
        if (count > 0) score_.inputs_used[kind] += static_cast<std::uint64_t>(count);
    }
    for (std::size_t i = 1; i < kLineKinds; ++i) {
        if (seen_[i] > 0) score_.events[name_of(static_cast<LineKind>(i))] += seen_[i];
    }
}

void Replayer::process(const ReplayLine& line) {
    CpuContext& ctx = context(line);
    now_ = &line;
    if (ctx.direct_pfn != 0 && line.kind != LineKind::free_inner) free_direct(ctx, line);
    switch (line.kind) {
        case LineKind::drained: on_drained(ctx, line); return;
        case LineKind::free_inner:
            if (inputs_ != Inputs::calls) on_free_inner(ctx, line);
            return;
        case LineKind::flush:
            if (inputs_ != Inputs::calls) on_flush(ctx, line);
            return;
        case LineKind::free_direct:
            if (inputs_ != Inputs::calls) ctx.direct_pfn = line.pfn;
            return;
        case LineKind::drain_cpu:
            return;
        case LineKind::refill:
            if (inputs_ != Inputs::calls) on_refill(ctx, line);
            return;
        case LineKind::drain_cpu_zone:
            if (inputs_ != Inputs::calls) on_drain_cpu_zone(ctx, line);
            return;
        case LineKind::drain_inner: on_drain_all(ctx, line); return;
        case LineKind::decay:
            if (inputs_ != Inputs::calls) on_decay(ctx, line);
            return;
        default: break;
    }
    if (inputs_ == Inputs::calls && !is_call(line.kind)) return;
    if (ctx.surplus || ctx.first_expected < ctx.expected.size() || ctx.draining || ctx.first_work < ctx.works.size() || ctx.hold.kind == Followed::Kind::flush) end_works(ctx, line);
    process_call(ctx, line);
}

void Replayer::process_call(CpuContext& ctx, const ReplayLine& line) {
    const bool facts = inputs_ == Inputs::facts;
    if (stale_marks_ && line.kind == LineKind::attempt) update_marks();
    switch (line.kind) {
        case LineKind::attempt:
            if (facts) begin_attempt(ctx, line);
            return;
        case LineKind::pop:
            if (inputs_ != Inputs::calls) on_pop(ctx, line);
            return;
        case LineKind::claim:
            if (facts) on_taken(ctx, line);
            ctx.claiming = !facts;
            return;
        case LineKind::taken:
        case LineKind::fallback:
            ctx.claiming = false;
            on_taken(ctx, line);
            return;
        case LineKind::alloc:
            ctx.claiming = false;
            on_alloc(ctx, line);
            return;
        case LineKind::free: on_free(ctx, line); return;
        case LineKind::free_batched:
            if (inputs_ == Inputs::calls) on_push(ctx, line);
            return;
        case LineKind::push:
            if (inputs_ != Inputs::calls) on_push(ctx, line);
            return;
        case LineKind::dirty_verdict:
            if (facts) on_dirty_verdict(ctx, line);
            return;
        case LineKind::contig_free:
            if (facts) on_contig_free(ctx, line);
            return;
        default: process_system(ctx, line); return;
    }
}

void Replayer::process_system(CpuContext& ctx, const ReplayLine& line) {
    // What no call determines: given as a fact, or learnt as a correction.
    const bool told = inputs_ == Inputs::facts || resync_;
    switch (line.kind) {
        case LineKind::drain_all: on_drain_all(ctx, line); return;
        case LineKind::drain_local: on_drain_local(ctx, line); return;
        case LineKind::drain_work: on_drain_work(ctx, line); return;
        case LineKind::refresh: on_refresh(ctx, line); return;
        case LineKind::kswapd_run:
        case LineKind::kswapd_run_end:
        case LineKind::threshold:
            if (inputs_ == Inputs::facts) on_kswapd(line);
            return;
        case LineKind::unreserve: on_unreserve(ctx, line); return;
        case LineKind::compaction_begin:
        case LineKind::compaction_end: on_compaction(ctx, line); return;
        case LineKind::list_heads:
            if (told) on_heads(ctx, line);
            return;
        case LineKind::move_list_tail:
            if (told) on_move_list_tail(line);
            return;
        case LineKind::isolate_free:
        case LineKind::isolate_free_end:
            if (told) on_isolate_free(ctx, line);
            return;
        case LineKind::set_block_type:
            if (told) on_set_block_type(ctx, line);
            return;
        case LineKind::move_blocks:
            if (told) on_move_blocks(ctx, line);
            return;
        case LineKind::isolate_block:
        case LineKind::isolate_block_flag:
            if (told) on_isolate_block(ctx, line);
            return;
        case LineKind::put_back:
            if (told) on_put_back(ctx, line);
            return;
        case LineKind::offline:
            if (told) on_offline(ctx, line);
            return;
        case LineKind::pcp_disable:
        case LineKind::pcp_enable: on_pcp_switch(ctx, line); return;
        case LineKind::boot_free: on_boot_free(ctx, line); return;
        case LineKind::pcp_update:
            if (stale_marks_) update_marks();
            return;
        case LineKind::bulk_alloc: on_bulk_alloc(ctx, line); return;
        case LineKind::bulk_end: on_bulk_end(ctx, line); return;
        case LineKind::bulk_pages: on_bulk_pages(ctx, line); return;
        default: return;
    }
}

}  // namespace pcpbench
