// SPDX-License-Identifier: Apache-2.0
#include "view/trace_index.h"

#include <algorithm>

namespace gander::tool {
namespace {

bool creates(event_type type) {
  return type == event_type::go_create || type == event_type::go_create_blocked ||
         type == event_type::go_create_syscall;
}

constexpr row_kind running = static_cast<row_kind>(goroutine_state::running);

}  // namespace

std::uint32_t trace_index::goroutine(std::uint64_t id) const {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? nobody : found->second;
}

std::uint32_t trace_index::proc(std::uint64_t id) const {
  const auto found = proc_numbers_.find(id);
  return found == proc_numbers_.end() ? nobody : found->second;
}

std::uint32_t trace_index::number_of(std::uint64_t id) {
  const auto [found, added] =
      numbers_.try_emplace(id, static_cast<std::uint32_t>(goroutines_.size()));
  if (added) {
    goroutines_.push_back({.id = id, .begin_ns = end_ns_});
    now_.emplace_back();
  }
  return found->second;
}

std::uint32_t trace_index::proc_number_of(std::uint64_t id) {
  const auto [found, added] =
      proc_numbers_.try_emplace(id, static_cast<std::uint32_t>(procs_.size()));
  if (added) {
    procs_.push_back({.id = id});
    running_.push_back(nobody);
  }
  return found->second;
}

std::uint32_t trace_index::text(const event& e, std::size_t argument, const generation& tables) {
  return names_.number_of(tables.string(e.arguments[argument]));
}

void trace_index::generation_begins(const generation&) { stacks_.generation_begins(); }

void trace_index::take(const event& e, const generation& tables) {
  if (begin_ns_ < 0) begin_ns_ = e.time_ns;
  end_ns_ = e.time_ns - begin_ns_;
  if (known_since_ns_ < 0) known_since_ns_ = end_ns_;
  if (e.p.any()) {
    const std::uint32_t p = proc_number_of(e.p.id);
    if (e.p.to != proc_state::running && e.p.to != proc_state::syscall) off_proc(p, end_ns_);
  }
  if (e.g.any()) changes(e, tables);
  if (e.goroutine != no_goroutine && e.goroutine != e.g.id) acts(e, tables);
  whole_world(e, tables);
}

// The function that it began with: its first stack that is seen tells.
void trace_index::learn(std::uint32_t g, const event& e, const generation& tables) {
  const bool own = e.goroutine == e.g.id || e.type == event_type::go_status_stack;
  const std::uint64_t stack = creates(e.type) ? e.arguments[1] : own ? e.stack() : 0;
  if (stack != 0) goroutines_[g].function = entry_of(tables.stack(stack), tables, names_);
}

void trace_index::changes(const event& e, const generation& tables) {
  const std::uint32_t g = number_of(e.g.id);
  if (goroutines_[g].function == 0) learn(g, e, tables);
  if (e.g.from == e.g.to) return;
  moment m = change_of(e, tables);
  if (e.g.from == goroutine_state::none && !creates(e.type)) {
    // It has been so for as long as anything is known. (Of one that has ended, too: in a broken
    // trace.)
    m.time_ns = now_[g].seen ? std::max(known_since_ns_, goroutines_[g].end_ns) : known_since_ns_;
    if (!now_[g].seen) {
      goroutines_[g].begin_ns = known_since_ns_;
      goroutines_[g].from_the_start = true;
    }
  } else if (creates(e.type)) {
    goroutines_[g].creator = m.other;
    goroutines_[g].creation_stack = m.stack;
  }
  on_proc(g, e, m.time_ns);
  now_[g].state = e.g.to;
  now_[g].seen = true;
  history_.add(g, m);
  goroutines_[g].to_the_end = e.g.to != goroutine_state::none;
  goroutines_[g].end_ns = end_ns_;
}

moment trace_index::change_of(const event& e, const generation& tables) {
  using t = event_type;
  moment m{.time_ns = end_ns_, .type = e.type, .state = e.g.to, .changes = true};
  m.stack = stacks_.number_of(e.stack(), tables, names_);
  switch (e.type) {
    case t::go_block:
      m.name = e.derived ? names_.number_of("coroutine switch") : text(e, 0, tables);
      break;
    case t::go_stop:
      m.name = text(e, 0, tables);
      break;
    case t::go_create:
    case t::go_create_blocked:
    case t::go_unblock:
    case t::go_switch:
    case t::go_switch_destroy:
      if (e.goroutine != no_goroutine) m.other = number_of(e.goroutine);
      break;
    default:
      break;
  }
  if (e.g.to == goroutine_state::running && e.proc != no_proc) m.other = proc_number_of(e.proc);
  return m;
}

// What the row of the P shows. A goroutine in a system call keeps it until others take it.
void trace_index::on_proc(std::uint32_t g, const event& e, std::int64_t since_ns) {
  const bool runs = e.g.to == goroutine_state::running;
  if (e.proc != no_proc && (runs || e.g.to == goroutine_state::syscall)) {
    const std::uint32_t p = proc_number_of(e.proc);
    if (!runs && running_[p] != g) return;  // it had lost the P before
    plain_row& row = procs_[p].row;
    row.add(std::max(since_ns, row.end_ns()), static_cast<row_kind>(e.g.to), g);
    running_[p] = g;
    now_[g].proc = p;
  } else if (now_[g].proc != nobody && running_[now_[g].proc] == g) {
    off_proc(now_[g].proc, end_ns_);
  }
}

void trace_index::off_proc(std::uint32_t p, std::int64_t time_ns) {
  procs_[p].row.add(time_ns, 0, 0);
  running_[p] = nobody;
}

// What it does that changes nothing for itself.
void trace_index::acts(const event& e, const generation& tables) {
  using t = event_type;
  moment m{.time_ns = end_ns_, .type = e.type};
  switch (e.type) {
    case t::go_unblock:
    case t::go_create:
    case t::go_create_blocked:
    case t::go_switch:
    case t::go_switch_destroy:
      m.other = number_of(e.g.id);
      break;
    case t::user_region_begin:
    case t::user_region_end:
      m.name = text(e, 1, tables);
      break;
    case t::user_task_begin:
      m.name = text(e, 2, tables);
      break;
    case t::user_log: {
      const std::string key(tables.string(e.arguments[1]));
      const std::string_view value = tables.string(e.arguments[2]);
      m.name = names_.number_of(key.empty() ? std::string(value) : key + ": " + std::string(value));
      break;
    }
    case t::stw_begin:
    case t::go_label:
      m.name = text(e, 0, tables);
      break;
    case t::user_task_end:
    case t::stw_end:
    case t::gc_begin:
    case t::gc_end:
    case t::gc_mark_assist_begin:
    case t::gc_mark_assist_end:
    case t::gc_sweep_begin:
    case t::gc_sweep_end:
    case t::procs_change:
    case t::cpu_sample:
      break;
    default:  // of the P, of the heap
      return;
  }
  // Samples name goroutines that nothing has been told of yet.
  const std::uint32_t g = goroutine(e.goroutine);
  if (g == nobody || now_[g].state == goroutine_state::none) return;
  m.stack = stacks_.number_of(e.stack(), tables, names_);
  m.state = now_[g].state;
  history_.add(g, m);
}

void trace_index::whole_world(const event& e, const generation& tables) {
  switch (e.type) {
    case event_type::stw_begin:
      // One at a time.
      if (stopper_ != no_goroutine) return;
      stopper_ = e.goroutine;
      return stops_.add(end_ns_, running, text(e, 0, tables));
    case event_type::stw_end:
      if (stopper_ != e.goroutine) return;
      stopper_ = no_goroutine;
      return stops_.add(end_ns_, 0, 0);
    case event_type::gc_begin:
    case event_type::gc_active:
      if (marking_.size() == 0 || marking_.kind(marking_.size() - 1) == 0)
        marking_.add(end_ns_, running, 0);
      return;
    case event_type::gc_end:
      return marking_.add(end_ns_, 0, 0);
    default:
      return;
  }
}

// Nothing that is under way is known to go on.
void trace_index::gap() {
  for (std::uint32_t p = 0; p < procs_.size(); ++p) off_proc(p, end_ns_);
  for (std::uint32_t g = 0; g < goroutines_.size(); ++g) {
    if (now_[g].state == goroutine_state::none) continue;
    history_.add(g, {.time_ns = end_ns_, .changes = true});
    goroutines_[g].end_ns = end_ns_;
    now_[g].state = goroutine_state::none;
  }
  stops_.add(end_ns_, 0, 0);
  marking_.add(end_ns_, 0, 0);
  stopper_ = no_goroutine;
  known_since_ns_ = -1;
}

void trace_index::end() {
  gap();
  history_.complete(goroutines_.size());
  for (std::uint32_t g = 0; g < goroutines_.size(); ++g)
    goroutines_[g].times = history_.times(g, 0, history_.changes(g));
  for (proc_row& p : procs_) p.row.complete();
  stops_.complete();
  marking_.complete();
  now_ = {};
  running_ = {};
}

}  // namespace gander::tool
