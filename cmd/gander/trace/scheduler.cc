// SPDX-License-Identifier: Apache-2.0
//
// The frame of it, and the rules of Ps. Those of goroutines are in scheduler_goroutines.cc, those
// of what lasts (collections, stops, tasks, regions) in scheduler_ranges.cc.
#include "trace/scheduler.h"

#include <algorithm>

namespace gander::tool {

void scheduler::begin(const generation& next) {
  tables_ = &next;
  generation_ = next.number;
}

// Go's runtime writes the status of every goroutine into every generation, so that each can be read
// alone: its readers do not ask for that of goroutines that do nothing.
void scheduler::end() {
  first_ = false;
  std::vector<std::uint64_t> silent;
  for (const auto& [id, g] : goroutines_)
    if (g.at.generation != generation_) silent.push_back(id);
  std::sort(silent.begin(), silent.end());
  for (const std::uint64_t id : silent)
    problems_.strict(tables_->offset, "generation " + std::to_string(generation_) + ": goroutine " +
                                          std::to_string(id) + " exists and has no status in it");
}

void scheduler::reset() {
  first_ = true;
  goroutines_.clear();
  procs_.clear();
  threads_.clear();
  tasks_.clear();
  gc_ = gc::unknown;
}

bool scheduler::apply(const raw_event& raw, std::uint64_t thread, std::vector<event>& out) {
  changed_.clear();
  now n{raw, thread, thread == no_thread ? nullptr : &threads_[thread], out};
  return dispatch(n);
}

bool scheduler::dispatch(now& n) {
  using e = event_type;
  switch (n.raw.type) {
    case e::proc_start:
      return proc_start(n);
    case e::proc_stop:
      return proc_stop(n);
    case e::proc_steal:
      return proc_steal(n);
    case e::proc_status:
      return proc_status(n);
    case e::go_create:
      return go_create(n, goroutine_state::runnable);
    case e::go_create_blocked:
      return go_create(n, goroutine_state::waiting);
    case e::go_create_syscall:
      return go_create_syscall(n);
    case e::go_start:
      return go_start(n);
    case e::go_destroy:
      return go_leaves(n, goroutine_state::none);
    case e::go_stop:
      return go_leaves(n, goroutine_state::runnable);
    case e::go_block:
      return go_leaves(n, goroutine_state::waiting);
    case e::go_destroy_syscall:
      return go_destroy_syscall(n);
    case e::go_unblock:
      return go_unblock(n);
    case e::go_syscall_begin:
      return syscall_begin(n);
    case e::go_syscall_end:
      return syscall_end(n);
    case e::go_syscall_end_blocked:
      return syscall_end_blocked(n);
    case e::go_status:
    case e::go_status_stack:
      return go_status(n);
    case e::go_switch:
    case e::go_switch_destroy:
      return go_switch(n);
    case e::gc_active:
      return gc_active(n);
    case e::gc_begin:
      return gc_begin(n);
    case e::gc_end:
      return gc_end(n);
    case e::stw_begin:
    case e::stw_end:
    case e::gc_mark_assist_active:
    case e::gc_mark_assist_begin:
    case e::gc_mark_assist_end:
    case e::gc_sweep_active:
    case e::gc_sweep_begin:
    case e::gc_sweep_end:
      return range(n);
    case e::user_task_begin:
    case e::user_task_end:
      return task(n);
    case e::user_region_begin:
      return region_begin(n);
    case e::user_region_end:
      return region_end(n);
    case e::procs_change:
    case e::go_label:
    case e::user_log:
      return plain(n, need::must, need::must);
    case e::heap_alloc:
    case e::heap_goal:
      return plain(n, need::must, need::may);
    default:
      return plain(n, need::may, need::may);
  }
}

event& scheduler::emit(now& n) {
  event e;
  e.type = n.raw.type;
  e.offset = n.raw.offset;
  e.time_ns = tables_->to_ns(n.raw.time);
  e.thread = n.thread;
  e.proc = n.proc();
  e.goroutine = n.goroutine();
  e.arguments = n.raw.arguments;
  n.out.push_back(e);
  return n.out.back();
}

std::string scheduler::place(const raw_event& raw, std::uint64_t thread) const {
  std::string result = "generation " + std::to_string(generation_) + ", ";
  result += thread == no_thread ? "no M" : "M " + std::to_string(thread);
  return result + ": " + std::string(name_of(raw.type)) + ": ";
}

void scheduler::impossible(const now& n, const std::string& why) const {
  throw order_error(n.raw.offset, place(n.raw, n.thread) + why);
}

void scheduler::broken(const now& n, const std::string& what) {
  problems_.broken(n.raw.offset, place(n.raw, n.thread) + what);
}

void scheduler::strict(const now& n, const std::string& what) {
  problems_.strict(n.raw.offset, place(n.raw, n.thread) + what);
}

void scheduler::require(const now& n, need p, need g) const {
  if (n.bound == nullptr) impossible(n, "it needs a thread");
  if (p == need::must && n.proc() == no_proc)
    impossible(n, "it needs a P, and the thread has none");
  if (p == need::must_not && n.proc() != no_proc)
    impossible(n, "the thread must not have a P, and has P " + std::to_string(n.proc()));
  if (g == need::must && n.goroutine() == no_goroutine)
    impossible(n, "it needs a goroutine, and the thread has none");
  if (g == need::must_not && n.goroutine() != no_goroutine)
    impossible(n, "the thread must not have a goroutine, and has goroutine " +
                      std::to_string(n.goroutine()));
}

bool scheduler::plain(now& n, need p, need g) {
  require(n, p, g);
  emit(n);
  return true;
}

void scheduler::bind_proc(now& n, std::uint64_t id) {
  p_state& p = procs_[id];
  if (n.bound == nullptr) {
    strict(n, "P " + std::to_string(id) + " is " + std::string(name_of(p.state)) +
                  ", and that outside of any thread");
    return;
  }
  if (p.thread != no_thread && p.thread != n.thread)
    strict(n, "P " + std::to_string(id) + " is bound to M " + std::to_string(p.thread));
  if (n.bound->proc != no_proc && n.bound->proc != id)
    strict(n, "the thread has P " + std::to_string(n.bound->proc));
  p.thread = n.thread;
  n.bound->proc = id;
}

bool scheduler::proc_status(now& n) {
  const std::uint64_t id = n.arg(0);
  if (n.arg(1) < 1 || n.arg(1) > 4)
    impossible(n, "there is no status " + std::to_string(n.arg(1)) + " of a P");
  auto state = static_cast<proc_state>(n.arg(1));
  const auto [place, added] = procs_.try_emplace(id);
  p_state& p = place->second;
  // To be stolen soon, by a thread that cannot say from whom. If that is known here, all the
  // better.
  const bool known_thief = state == proc_state::abandoned && p.state == proc_state::syscall;
  if (known_thief) state = proc_state::syscall;
  if (!added && p.state != state)
    impossible(n, "P " + std::to_string(id) + " is " + std::string(name_of(p.state)) + ", not " +
                      std::string(name_of(state)));
  if (!added && p.at.generation == generation_)
    strict(n, "it is the second status of P " + std::to_string(id) + " in this generation");
  event& e = emit(n);
  e.p = {id, added ? proc_state::none : state, state};
  p.state = state;
  p.at = {generation_, 0};
  if (known_thief) {
    e.thread = p.thread;
    e.proc = id;
    const auto owner = threads_.find(p.thread);
    if (owner == threads_.end()) impossible(n, "nothing is known of who had it");
    e.goroutine = owner->second.goroutine;
  } else if (state == proc_state::running || state == proc_state::syscall) {
    bind_proc(n, id);
  }
  touched(id, p);
  return true;
}

bool scheduler::proc_start(now& n) {
  const std::uint64_t id = n.arg(0);
  const auto found = procs_.find(id);
  if (found == procs_.end() || found->second.state != proc_state::idle ||
      !follows(found->second.at, n.arg(1)))
    return wait(condition::proc, id, n.arg(1));
  // In a system call out of which its P has not been seen stolen yet.
  if (n.proc() != no_proc) return wait(condition::thread, n.thread, 0);
  require(n, need::must_not, need::may);
  p_state& p = found->second;
  emit(n).p = {id, p.state, proc_state::running};
  p.state = proc_state::running;
  p.at.number = n.arg(1);
  bind_proc(n, id);
  touched(id, p);
  return true;
}

bool scheduler::proc_stop(now& n) {
  require(n, need::must, need::may);
  const std::uint64_t id = n.proc();
  p_state& p = procs_[id];
  if (p.state != proc_state::running && p.state != proc_state::syscall)
    impossible(n, "P " + std::to_string(id) + " is " + std::string(name_of(p.state)));
  emit(n).p = {id, p.state, proc_state::idle};
  p.state = proc_state::idle;
  p.thread = no_thread;
  n.bound->proc = no_proc;
  touched(id, p);
  return true;
}

bool scheduler::proc_steal(now& n) {
  const std::uint64_t id = n.arg(0);
  const auto found = procs_.find(id);
  if (found == procs_.end() ||
      (found->second.state != proc_state::syscall &&
       found->second.state != proc_state::abandoned) ||
      !follows(found->second.at, n.arg(1)))
    return wait(condition::proc, id, n.arg(1));
  require(n, need::may, need::may);
  p_state& p = found->second;
  if (p.state == proc_state::syscall) {
    const std::uint64_t victim = n.arg(2);
    const auto owner = threads_.find(victim);
    if (owner == threads_.end())
      impossible(n, "it steals from M " + std::to_string(victim) + ", of which nothing is known");
    if (owner->second.proc != id)
      impossible(
          n,
          "it steals P " + std::to_string(id) + " from M " + std::to_string(victim) +
              ", which has " +
              (owner->second.proc == no_proc ? "none" : "P " + std::to_string(owner->second.proc)));
    emit(n).p = {id, p.state, proc_state::idle};
    owner->second.proc = no_proc;
    changed_.push_back({condition::thread, victim, 0});
  } else {
    emit(n).p = {id, p.state, proc_state::idle};
  }
  p.state = proc_state::idle;
  p.thread = no_thread;
  p.at.number = n.arg(1);
  touched(id, p);
  return true;
}

std::string scheduler::explain_proc(std::uint64_t id, std::uint64_t number, bool steal) const {
  const std::string name = "P " + std::to_string(id);
  const auto found = procs_.find(id);
  if (found == procs_.end() || found->second.at.generation != generation_)
    return name + " has no status in this generation";
  const p_state& p = found->second;
  if (p.at.number + 1 != number)
    return "it is number " + std::to_string(number) + " of " + name + ", after number " +
           std::to_string(p.at.number);
  return name + " is " + std::string(name_of(p.state)) + ", not " +
         (steal ? "in a system call" : "idle");
}

std::string scheduler::explain(const raw_event& raw, std::uint64_t thread) const {
  using e = event_type;
  const auto owner = threads_.find(thread);
  std::string why = "it cannot happen";
  if (raw.type == e::proc_start || raw.type == e::proc_steal)
    why = explain_proc(raw.arguments[0], raw.arguments[1], raw.type == e::proc_steal);
  if (raw.type == e::go_start)
    why = explain_goroutine(raw.arguments[0], raw.arguments[1], goroutine_state::runnable);
  if (raw.type == e::go_unblock || raw.type == e::go_switch || raw.type == e::go_switch_destroy)
    why = explain_goroutine(raw.arguments[0], raw.arguments[1], goroutine_state::waiting);
  if (raw.type == e::gc_begin || raw.type == e::gc_end || raw.type == e::gc_active)
    why = "it is number " + std::to_string(raw.arguments[0]) + " of the collector, after number " +
          std::to_string(gc_sequence_);
  if (wait_.what == condition::thread && owner != threads_.end() && owner->second.proc != no_proc)
    why = "the thread still has P " + std::to_string(owner->second.proc);
  return place(raw, thread) + why;
}

}  // namespace gander::tool
