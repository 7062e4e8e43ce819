// SPDX-License-Identifier: Apache-2.0
#include "trace/summary.h"

#include <algorithm>

namespace gander::tool {
namespace {

bool longer(const long_wait& a, const long_wait& b) {
  if (a.ns != b.ns) return a.ns > b.ns;
  return a.goroutine != b.goroutine ? a.goroutine < b.goroutine : a.since_ns < b.since_ns;
}

}  // namespace

void state_times::block(std::uint32_t reason, std::int64_t ns) {
  blocked_ns += ns;
  const auto found = std::find_if(by_reason.begin(), by_reason.end(),
                                  [&](const auto& r) { return r.first == reason; });
  if (found == by_reason.end())
    by_reason.emplace_back(reason, ns);
  else
    found->second += ns;
}

void state_times::add(const state_times& other) {
  running_ns += other.running_ns;
  runnable_ns += other.runnable_ns;
  syscall_ns += other.syscall_ns;
  for (const auto& [reason, ns] : other.by_reason) block(reason, ns);
}

void counted_time::add(std::int64_t ns) {
  ++count;
  total_ns += ns;
  most_ns = std::max(most_ns, ns);
}

void summary::generation_begins(const generation&) { sites_.clear(); }

void summary::take(const event& e, const generation& tables) {
  using t = event_type;
  if (begin_ns_ < 0) begin_ns_ = e.time_ns;
  if (known_since_ns_ < 0) known_since_ns_ = e.time_ns;
  end_ns_ = e.time_ns;
  if (e.thread != no_thread) threads_.insert(e.thread);
  if (e.p.any()) procs_.insert(e.p.id);
  if (e.g.any()) changes(e, tables);
  const auto current = [&]() -> live* {
    const auto found = live_.find(e.goroutine);
    return found == live_.end() ? nullptr : &found->second;
  };
  switch (e.type) {
    case t::procs_change:
      gomaxprocs_ = e.arguments[0];
      break;
    case t::heap_alloc:
      most_heap_ = std::max(most_heap_, e.arguments[0]);
      break;
    case t::cpu_sample:
      ++samples_;
      break;
    case t::gc_begin:
    case t::gc_active:
      if (marking_since_ns_ < 0) marking_since_ns_ = e.time_ns;
      break;
    case t::gc_end:
      if (marking_since_ns_ >= 0) marking_.add(e.time_ns - marking_since_ns_);
      marking_since_ns_ = -1;
      break;
    case t::stw_begin:
      if (live* const g = current()) {
        g->stop = names_.number_of(tables.string(e.arguments[0]));
        g->stop_since_ns = e.time_ns;
      }
      break;
    case t::stw_end:
      if (live* const g = current(); g != nullptr && g->stop_since_ns >= 0) {
        stops_[g->stop].add(e.time_ns - g->stop_since_ns);
        g->stop_since_ns = -1;
      }
      break;
    default:
      break;
  }
}

call_site summary::site(std::uint64_t stack, const generation& tables) {
  if (stack == 0) return {};
  const auto [found, added] = sites_.try_emplace(stack);
  if (added) found->second = site_of(tables.stack(stack), tables, names_);
  return found->second;
}

void summary::changes(const event& e, const generation& tables) {
  const std::uint64_t id = e.g.id;
  const auto [found, added] = live_.try_emplace(id);
  live& g = found->second;
  // Its first stack that is seen: that of the one who created it has the new one's beside it.
  if (g.entry == 0) {
    const bool created = e.type == event_type::go_create || e.type == event_type::go_create_blocked;
    const bool own = e.goroutine == id || e.type == event_type::go_status_stack;
    const std::uint64_t stack = created ? e.arguments[1] : own ? e.stack() : 0;
    if (stack != 0) g.entry = entry_of(tables.stack(stack), tables, names_);
  }
  if (e.g.from == e.g.to) return;
  if (added) {
    const bool is_new = e.type == event_type::go_create ||
                        e.type == event_type::go_create_blocked ||
                        e.type == event_type::go_create_syscall;
    g.from_the_start = !is_new;
    g.since_ns = is_new ? e.time_ns : known_since_ns_;
    if (!is_new) g.site = site(e.stack(), tables);
  } else {
    leaves(id, g, e.time_ns, &e);
    g.from_the_start = false;
    g.since_ns = e.time_ns;
    g.reason = 0;
    g.site = {};
  }
  g.state = e.g.to;
  enters(g, e, tables);
  if (e.g.to == goroutine_state::none) {
    ended(id, g);
    live_.erase(found);
  }
}

void summary::enters(live& g, const event& e, const generation& tables) {
  if (g.state == goroutine_state::waiting && e.type == event_type::go_block) {
    g.reason = names_.number_of(e.derived ? "coroutine switch" : tables.string(e.arguments[0]));
    g.site = site(e.stack(), tables);
  } else if (g.state == goroutine_state::waiting) {
    g.reason = names_.number_of(g.from_the_start ? "since before the trace" : "not started");
  } else if (g.state == goroutine_state::syscall) {
    g.reason = names_.number_of("system call");
    if (e.type == event_type::go_syscall_begin) g.site = site(e.stack(), tables);
  }
}

void summary::leaves(std::uint64_t id, live& g, std::int64_t now_ns, const event* e) {
  const std::int64_t ns = now_ns - g.since_ns;
  switch (g.state) {
    case goroutine_state::running:
      g.times.running_ns += ns;
      break;
    case goroutine_state::runnable:
      g.times.runnable_ns += ns;
      if (e != nullptr && !g.from_the_start) latency_.add(ns);
      break;
    case goroutine_state::syscall:
      g.times.syscall_ns += ns;
      waited(id, g, now_ns, e);
      break;
    case goroutine_state::waiting:
      g.times.block(g.reason, ns);
      waited(id, g, now_ns, e);
      break;
    case goroutine_state::none:
      break;
  }
}

// One whole wait, for what stands at the place where it began.
void summary::waited(std::uint64_t id, const live& g, std::int64_t now_ns, const event* e) {
  const std::int64_t ns = now_ns - g.since_ns;
  blocking_place& place = places_[{g.reason, {g.site.function, g.site.line}}];
  place.reason = g.reason;
  place.site = g.site;
  place.time.add(ns);
  if (g.state == goroutine_state::syscall || top_ == 0) return;
  const bool woken = e != nullptr && e->type == event_type::go_unblock;
  const long_wait wait{ns,
                       g.since_ns,
                       id,
                       g.entry,
                       g.reason,
                       g.site,
                       g.from_the_start,
                       e == nullptr,
                       woken ? e->goroutine : no_goroutine};
  if (waits_.size() == top_ && !longer(wait, waits_.back())) return;
  waits_.insert(std::upper_bound(waits_.begin(), waits_.end(), wait, longer), wait);
  if (waits_.size() > top_) waits_.pop_back();
}

void summary::ended(std::uint64_t id, const live& g) {
  goroutine_group& group = groups_[g.entry];
  group.entry = g.entry;
  ++group.count;
  group.times.add(g.times);
  if (each_) lines_.push_back({id, g.entry, g.times});
}

void summary::close_all() {
  // By their ids, so that what is equally long stands in the same order each time.
  std::vector<std::uint64_t> ids;
  for (const auto& [id, g] : live_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const std::uint64_t id : ids) {
    live& g = live_[id];
    leaves(id, g, end_ns_, nullptr);
    ended(id, g);
  }
  live_.clear();
  marking_since_ns_ = -1;
}

// Whoever lives after it is counted as another goroutine: what happened between is not known.
void summary::gap() {
  close_all();
  known_since_ns_ = -1;
}

void summary::end() {
  close_all();
  std::sort(lines_.begin(), lines_.end(),
            [](const goroutine_line& a, const goroutine_line& b) { return a.id < b.id; });
}

std::vector<goroutine_group> summary::groups() const {
  std::vector<goroutine_group> all;
  for (const auto& [entry, group] : groups_) all.push_back(group);
  std::sort(all.begin(), all.end(), [&](const goroutine_group& a, const goroutine_group& b) {
    return a.times.running_ns != b.times.running_ns ? a.times.running_ns > b.times.running_ns
                                                    : names_[a.entry] < names_[b.entry];
  });
  return all;
}

std::vector<blocking_place> summary::places() const {
  std::vector<blocking_place> all;
  for (const auto& [key, place] : places_) all.push_back(place);
  std::stable_sort(all.begin(), all.end(), [](const blocking_place& a, const blocking_place& b) {
    return a.time.total_ns > b.time.total_ns;
  });
  return all;
}

std::vector<std::pair<std::uint32_t, counted_time>> summary::stops() const {
  std::vector<std::pair<std::uint32_t, counted_time>> all(stops_.begin(), stops_.end());
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second.total_ns > b.second.total_ns;
  });
  return all;
}

}  // namespace gander::tool
