// SPDX-License-Identifier: Apache-2.0
//
// The rules of what lasts: collections, sweeps, assists, stops of the world, tasks and regions.
// None of them decides what may come next, so a broken rule is noted and the event taken.
#include <algorithm>

#include "trace/scheduler.h"

namespace gander::tool {

bool scheduler::gc_active(now& n) {
  if (first_) {
    if (gc_ != gc::unknown) broken(n, "an event of the collector comes before it");
  } else {
    if (n.arg(0) != gc_sequence_ + 1) return wait(condition::collector, 0, n.arg(0));
    require(n, need::must, need::must);
    if (gc_ != gc::on) broken(n, "no collection is under way");
  }
  gc_sequence_ = n.arg(0);
  gc_ = gc::on;
  emit(n);
  changed_.push_back({condition::collector, 0, gc_sequence_ + 1});
  return true;
}

bool scheduler::gc_begin(now& n) {
  if (gc_ != gc::unknown) {
    if (n.arg(0) != gc_sequence_ + 1) return wait(condition::collector, 0, n.arg(0));
    require(n, need::must, need::must);
    if (gc_ == gc::on) broken(n, "a collection is under way already");
  }
  gc_sequence_ = n.arg(0);
  gc_ = gc::on;
  emit(n);
  changed_.push_back({condition::collector, 0, gc_sequence_ + 1});
  return true;
}

bool scheduler::gc_end(now& n) {
  if (n.arg(0) != gc_sequence_ + 1) return wait(condition::collector, 0, n.arg(0));
  require(n, need::must, need::must);
  if (gc_ != gc::on) broken(n, "no collection is under way");
  gc_sequence_ = n.arg(0);
  gc_ = gc::off;
  emit(n);
  changed_.push_back({condition::collector, 0, gc_sequence_ + 1});
  return true;
}

bool scheduler::range(now& n) {
  using e = event_type;
  const e type = n.raw.type;
  // Whose: the thread's own, or whom an event of a generation's begin names.
  bool* open = nullptr;
  std::string whose;
  if (type == e::gc_sweep_active || type == e::gc_mark_assist_active) {
    const bool sweep = type == e::gc_sweep_active;
    whose = (sweep ? "P " : "goroutine ") + std::to_string(n.arg(0));
    if (sweep && procs_.contains(n.arg(0))) open = &procs_[n.arg(0)].sweeps;
    if (!sweep && goroutines_.contains(n.arg(0))) open = &goroutines_[n.arg(0)].assists;
    if (open == nullptr) {
      broken(n, "nothing is known of " + whose);
    } else if (first_ == *open) {
      broken(n, whose + (first_ ? " is known to be inside already" : " is not inside of one"));
    }
    if (open != nullptr) *open = true;
    emit(n);
    return true;
  }
  if (type == e::gc_sweep_begin || type == e::gc_sweep_end) {
    require(n, need::must, need::may);
    open = &procs_[n.proc()].sweeps;
    whose = "P " + std::to_string(n.proc());
  } else {
    require(n, need::must, need::must);
    const auto found = goroutines_.find(n.goroutine());
    if (found == goroutines_.end())
      impossible(n, "nothing is known of goroutine " + std::to_string(n.goroutine()));
    const bool stop = type == e::stw_begin || type == e::stw_end;
    open = stop ? &found->second.stops_world : &found->second.assists;
    whose = "goroutine " + std::to_string(n.goroutine());
  }
  const bool begins =
      type == e::gc_sweep_begin || type == e::stw_begin || type == e::gc_mark_assist_begin;
  if (*open == begins)
    broken(n, whose + (begins ? " is inside of one already" : " is not inside of one"));
  *open = begins;
  emit(n);
  return true;
}

// Tasks are global, may be named without having begun, and may end twice.
bool scheduler::task(now& n) {
  require(n, need::must, need::must);
  if (n.raw.type == event_type::user_task_end) {
    tasks_.erase(n.arg(0));
  } else if (!tasks_.insert(n.arg(0)).second) {
    broken(n, "task " + std::to_string(n.arg(0)) + " has begun already");
  }
  emit(n);
  return true;
}

bool scheduler::region_begin(now& n) {
  require(n, need::must, need::must);
  current(n, goroutine_state::running)
      .regions.push_back({n.arg(0), std::string(tables_->string(n.arg(1)))});
  emit(n);
  return true;
}

// One that ends without having begun may have begun before the trace. By its name, not by the id of
// its name: those hold for one generation.
bool scheduler::region_end(now& n) {
  require(n, need::must, need::must);
  std::vector<region>& regions = current(n, goroutine_state::running).regions;
  const std::string_view name = tables_->string(n.arg(1));
  const auto same = [&](const region& r) { return r.task == n.arg(0) && r.name == name; };
  if (!regions.empty() && !same(regions.back())) {
    const region& inner = regions.back();
    broken(n, "it ends region \"" + std::string(name) + "\" of task " + std::to_string(n.arg(0)) +
                  ", and the innermost is \"" + inner.name + "\" of task " +
                  std::to_string(inner.task));
    const auto found = std::find_if(regions.rbegin(), regions.rend(), same);
    if (found != regions.rend()) regions.erase(found.base() - 1, regions.end());
  } else if (!regions.empty()) {
    regions.pop_back();
  }
  emit(n);
  return true;
}

}  // namespace gander::tool
