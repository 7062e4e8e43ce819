// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto.h"

#include <algorithm>

#include "trace/text.h"

namespace gander::tool {
namespace {

// Groups of rows, in the order in which they are shown.
enum : std::uint64_t { runtime = 1, procs, goroutines, regions, user_tasks, sweeps };

constexpr track collector{runtime, 1}, stops{runtime, 2};

// 0 is the name of an idle thread to some viewers.
track row_of_proc(std::uint64_t id) { return {procs, id + 1}; }
track row_of_goroutine(std::uint64_t id) { return {goroutines, id}; }
track row_of_regions(std::uint64_t id) { return {regions, id}; }

std::string title(std::uint64_t id, const std::string& name) {
  return "G" + std::to_string(id) + (name.empty() ? "" : " " + name);
}

}  // namespace

perfetto::perfetto(std::FILE* out) : out_(out) {
  out_.name_process(runtime, "Runtime");
  out_.name_process(procs, "Ps");
  out_.name_process(goroutines, "Goroutines");
  out_.name_process(regions, "Regions");
  out_.name_process(user_tasks, "Tasks");
  out_.name_process(sweeps, "Sweeps");
  out_.name_track(collector, "garbage collection");
  out_.name_track(stops, "stop-the-world");
}

void perfetto::generation_begins(const generation&) { where_.clear(); }

const std::string& perfetto::where(std::uint64_t stack, const generation& tables) {
  const auto [found, added] = where_.try_emplace(stack);
  if (added && stack != 0) {
    const call_site site = site_of(tables.stack(stack), tables, names_);
    found->second =
        names_[site.function] + " (" + names_[site.file] + ":" + std::to_string(site.line) + ")";
  }
  return found->second;
}

perfetto::goroutine* perfetto::current(const event& e) {
  const auto found = goroutines_.find(e.goroutine);
  return found == goroutines_.end() ? nullptr : &found->second;
}

void perfetto::take(const event& e, const generation& tables) {
  if (begin_ns_ < 0) begin_ns_ = e.time_ns;
  now_ns_ = e.time_ns - begin_ns_;
  if (e.p.any()) proc_changes(e);
  if (e.g.any()) changes(e, tables);
  switch (e.type) {
    case event_type::user_region_begin:
    case event_type::user_region_end:
    case event_type::user_log:
    case event_type::gc_mark_assist_begin:
    case event_type::gc_mark_assist_active:
    case event_type::gc_mark_assist_end:
      return region(e, tables);
    case event_type::user_task_begin:
    case event_type::user_task_end:
      return tasks(e, tables);
    default:
      return global(e, tables);
  }
}

void perfetto::changes(const event& e, const generation& tables) {
  using s = goroutine_state;
  const std::uint64_t id = e.g.id;
  const auto [found, added] = goroutines_.try_emplace(id);
  goroutine& g = found->second;
  const bool created = e.type == event_type::go_create || e.type == event_type::go_create_blocked;
  if (g.name.empty()) {
    const bool own = e.goroutine == id || e.type == event_type::go_status_stack;
    const std::uint64_t stack = created ? e.arguments[1] : own ? e.stack() : 0;
    g.name = names_[entry_of(tables.stack(stack), tables, names_)];
  }
  if (e.g.from == e.g.to) return;
  if (!added) close_state(id, g);
  g.state = e.g.to;
  g.since_ns = now_ns_;
  g.where.clear();
  g.label = std::string(name_of(g.state));
  if (g.state == s::waiting) {
    g.label = "blocked";
    if (e.type == event_type::go_block && !e.derived)
      g.label += ": " + std::string(tables.string(e.arguments[0]));
  }
  if (g.state == s::syscall) g.label = "system call";
  if (g.state != s::running && e.goroutine == id) g.where = where(e.stack(), tables);
  if (g.state == s::runnable && (created || e.type == event_type::go_unblock)) {
    g.made_by = e.goroutine;
    g.made_ns = now_ns_;
    g.made_how = created ? "created" : "unblocked";
  } else if (g.state == s::runnable) {
    g.made_by = no_goroutine;
  }
  if (g.state == s::running && g.made_by != no_goroutine) {
    out_.flow(row_of_goroutine(g.made_by), g.made_ns, row_of_goroutine(id), now_ns_, g.made_how);
    g.made_by = no_goroutine;
  }
  on_proc(e, g);
  if (g.state == s::none) {
    close_goroutine(id, g);
    goroutines_.erase(found);
  }
}

// What the row of the P shows of it. A system call lies inside of the slice of its goroutine, as
// long as the P stays with it.
void perfetto::on_proc(const event& e, const goroutine& g) {
  if (e.proc == no_proc) return;
  proc& p = procs_[e.proc];
  switch (g.state) {
    case goroutine_state::running:
      if (p.goroutine == e.g.id) {
        if (p.syscall_since_ns >= 0)
          out_.slice(row_of_proc(e.proc), p.syscall_since_ns, now_ns_, "system call");
        p.syscall_since_ns = -1;
      } else {
        close_proc(e.proc, p);
        p.goroutine = e.g.id;
        p.since_ns = now_ns_;
      }
      break;
    case goroutine_state::syscall:
      if (p.goroutine == e.g.id) p.syscall_since_ns = now_ns_;
      break;
    default:
      if (p.goroutine == e.g.id) close_proc(e.proc, p);
      break;
  }
}

void perfetto::proc_changes(const event& e) {
  proc& p = procs_[e.p.id];
  if (!p.named) out_.name_track(row_of_proc(e.p.id), "P" + std::to_string(e.p.id));
  p.named = true;
  if (e.p.to != proc_state::running && e.p.to != proc_state::syscall) close_proc(e.p.id, p);
}

void perfetto::close_state(std::uint64_t id, goroutine& g) {
  if (g.state == goroutine_state::none) return;
  details more;
  if (!g.where.empty()) more.emplace_back("where", g.where);
  out_.slice(row_of_goroutine(id), g.since_ns, now_ns_, g.label, more);
}

void perfetto::close_proc(std::uint64_t id, proc& p) {
  if (p.goroutine == no_goroutine) return;
  if (p.syscall_since_ns >= 0)
    out_.slice(row_of_proc(id), p.syscall_since_ns, now_ns_, "system call");
  p.syscall_since_ns = -1;
  const auto found = goroutines_.find(p.goroutine);
  out_.slice(row_of_proc(id), p.since_ns, now_ns_,
             title(p.goroutine, found == goroutines_.end() ? "" : found->second.name));
  p.goroutine = no_goroutine;
}

void perfetto::close_insides(std::uint64_t id, goroutine& g, std::size_t down_to) {
  while (g.insides.size() > down_to) {
    const inside& i = g.insides.back();
    details more;
    if (i.task != 0) more.emplace_back("task", std::to_string(i.task));
    out_.slice(row_of_regions(id), i.since_ns, now_ns_, i.name, more);
    g.insides.pop_back();
  }
}

void perfetto::close_goroutine(std::uint64_t id, goroutine& g) {
  close_insides(id, g, 0);
  if (g.stop_since_ns >= 0) {
    out_.slice(stops, g.stop_since_ns, now_ns_, g.stop);
    stopper_ = no_goroutine;
  }
  out_.name_track(row_of_goroutine(id), title(id, g.name));
  if (g.has_regions) out_.name_track(row_of_regions(id), title(id, g.name));
}

void perfetto::close_all() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, p] : procs_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const std::uint64_t id : ids) {
    proc& p = procs_[id];
    close_proc(id, p);
    if (p.sweep_since_ns >= 0) out_.slice({sweeps, id + 1}, p.sweep_since_ns, now_ns_, "sweep");
    p.sweep_since_ns = -1;
  }
  ids.clear();
  for (const auto& [id, g] : goroutines_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const std::uint64_t id : ids) {
    close_state(id, goroutines_[id]);
    close_goroutine(id, goroutines_[id]);
  }
  goroutines_.clear();
  for (const auto& [id, name] : tasks_) out_.task('e', user_tasks, id, now_ns_, name);
  tasks_.clear();
  if (marking_since_ns_ >= 0) out_.slice(collector, marking_since_ns_, now_ns_, "marking");
  marking_since_ns_ = -1;
}

// Ends the innermost of that name, and what lies inside of it.
void perfetto::leave(std::uint64_t id, goroutine& g, std::uint64_t task, std::string_view name) {
  const auto found = std::find_if(g.insides.rbegin(), g.insides.rend(), [&](const inside& i) {
    return i.task == task && i.name == name;
  });
  if (found == g.insides.rend()) return;
  close_insides(id, g, static_cast<std::size_t>(g.insides.rend() - found) - 1);
}

void perfetto::region(const event& e, const generation& tables) {
  using t = event_type;
  const bool active = e.type == t::gc_mark_assist_active;
  const std::uint64_t id = active ? e.arguments[0] : e.goroutine;
  const auto found = goroutines_.find(id);
  if (found == goroutines_.end()) return;
  goroutine& g = found->second;
  const std::string assist = "GC mark assist";
  g.has_regions = true;
  if (e.type == t::user_region_begin) {
    g.insides.push_back({std::string(tables.string(e.arguments[1])), e.arguments[0], now_ns_});
  } else if (e.type == t::user_region_end) {
    leave(id, g, e.arguments[0], tables.string(e.arguments[1]));
  } else if (e.type == t::gc_mark_assist_end) {
    leave(id, g, 0, assist);
  } else if (e.type == t::user_log) {
    out_.instant(row_of_regions(id), now_ns_, tables.string(e.arguments[1]),
                 {{"message", std::string(tables.string(e.arguments[2]))},
                  {"task", std::to_string(e.arguments[0])}});
  } else if (std::none_of(g.insides.begin(), g.insides.end(),
                          [&](const inside& i) { return i.task == 0 && i.name == assist; })) {
    g.insides.push_back({assist, 0, now_ns_});
  }
}

void perfetto::tasks(const event& e, const generation& tables) {
  const std::uint64_t id = e.arguments[0];
  const auto found = tasks_.find(id);
  if (e.type == event_type::user_task_end) {
    if (found == tasks_.end()) return;
    out_.task('e', user_tasks, id, now_ns_, found->second);
    tasks_.erase(found);
  } else if (found == tasks_.end()) {
    const std::string name(tables.string(e.arguments[2]));
    details more;
    if (e.arguments[1] != 0) more.emplace_back("parent", std::to_string(e.arguments[1]));
    out_.task('b', user_tasks, id, now_ns_, name, more);
    tasks_.emplace(id, name);
  }
}

void perfetto::sweep(const event& e) {
  const std::uint64_t id = e.type == event_type::gc_sweep_active ? e.arguments[0] : e.proc;
  const track row{sweeps, id + 1};
  proc& p = procs_[id];
  if (!p.sweeps) out_.name_track(row, "P" + std::to_string(id));
  p.sweeps = true;
  if (e.type != event_type::gc_sweep_end) {
    if (p.sweep_since_ns < 0) p.sweep_since_ns = now_ns_;
  } else if (p.sweep_since_ns >= 0) {
    out_.slice(row, p.sweep_since_ns, now_ns_, "sweep",
               {{"swept", byte_count(e.arguments[0])}, {"reclaimed", byte_count(e.arguments[1])}});
    p.sweep_since_ns = -1;
  }
}

void perfetto::global(const event& e, const generation& tables) {
  using t = event_type;
  switch (e.type) {
    case t::procs_change:
      return out_.counter(runtime, now_ns_, "GOMAXPROCS", "threads", e.arguments[0]);
    case t::heap_alloc:
      return out_.counter(runtime, now_ns_, "heap", "bytes", e.arguments[0]);
    case t::heap_goal:
      return out_.counter(runtime, now_ns_, "heap goal", "bytes", e.arguments[0]);
    case t::cpu_sample:
      if (e.proc != no_proc)
        out_.instant(row_of_proc(e.proc), now_ns_, "CPU sample",
                     {{"where", where(e.arguments[0], tables)}});
      return;
    case t::gc_begin:
    case t::gc_active:
      if (marking_since_ns_ < 0) marking_since_ns_ = now_ns_;
      return;
    case t::gc_end:
      if (marking_since_ns_ >= 0) out_.slice(collector, marking_since_ns_, now_ns_, "marking");
      marking_since_ns_ = -1;
      return;
    case t::gc_sweep_begin:
    case t::gc_sweep_active:
    case t::gc_sweep_end:
      return sweep(e);
    case t::stw_begin:
      // One at a time: the row has room for no more.
      if (goroutine* const g = current(e); g != nullptr && stopper_ == no_goroutine) {
        g->stop = std::string(tables.string(e.arguments[0]));
        g->stop_since_ns = now_ns_;
        stopper_ = e.goroutine;
      }
      return;
    case t::stw_end:
      if (goroutine* const g = current(e); g != nullptr && g->stop_since_ns >= 0) {
        out_.slice(stops, g->stop_since_ns, now_ns_, g->stop);
        g->stop_since_ns = -1;
        stopper_ = no_goroutine;
      }
      return;
    default:
      return;
  }
}

}  // namespace gander::tool
