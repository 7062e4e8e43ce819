// SPDX-License-Identifier: Apache-2.0
#include "collector/stop.h"

#include "collector/allocate.h"
#include "collector/specials.h"
#include "crash/thread_table.h"
#include "gc/cells.h"
#include "gc/exceptions.h"
#include "gc/roots.h"
#include "gc/shade.h"
#include "os/os.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

void hold_all() noexcept {
  shared_cache::hold();
  specials::hold();
  gc::roots::hold();
  gc::cells::hold();
  gc::exceptions::hold();
  gc::shade::hold();
}

void let_go_of_all() noexcept {
  gc::shade::let_go();
  gc::exceptions::let_go();
  gc::cells::let_go();
  gc::roots::let_go();
  specials::let_go();
  shared_cache::let_go();
}

// Whether the thread has not answered and still exists. (Idle Ms, without a goroutine, are not
// asked: they hold nothing, and get none before the scheduler stop ends; nor who stands still.)
bool is_deaf(int tid) noexcept {
  const crash::thread_slot* const s = crash::find_thread(tid);
  if (s == nullptr) return true;  // no slot was left to ask it
  return s->state() != crash::thread_state::frozen && os::thread_exists(tid);
}

int find_deaf_thread(int self) noexcept {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
    const int tid = m->tid;
    if (tid == 0 || tid == self || !crash::is_asked_as_mutator(*m) || m->exited.load()) continue;
    if (is_deaf(tid)) return tid;
  }
  return 0;
}

// Of those that were asked.
int find_any_deaf_thread() noexcept {
  for (std::size_t i = 0; const crash::thread_slot* const s = crash::thread_at(i); ++i)
    if (const int tid = s->tid.load();
        s->state() == crash::thread_state::deaf && os::thread_exists(tid))
      return tid;
  return crash::threads_without_slot() != 0 ? -1 : 0;
}

}  // namespace

void world_stop::stop_scheduler() noexcept {
  for (;;) {
    has_ps_ = stop_the_world();
    if (has_ps_) return;
    // No run is on; and none begins while this is held.
    world_lock.acquire();
    if (!sched.active) return;
    world_lock.release();
  }
}

void world_stop::start_scheduler() noexcept {
  if (has_ps_) return start_the_world(sched.procs);
  world_lock.release();
  wake_standing();
}

bool world_stop::freeze() noexcept {
  if (!crash::acquire_freeze()) return false;
  crash::install_freeze_handler();  // there may be no run yet, or somebody's in its place
  crash::freeze_others(scope_);
  deaf_ = find_deaf_thread(os::thread_id());
  if (deaf_ == 0 && scope_ == crash::freeze_scope::all) deaf_ = find_any_deaf_thread();
  if (deaf_ == 0) return true;
  crash::thaw_others();
  crash::release_freeze();
  return false;
}

bool world_stop::begin() noexcept {
  deaf_ = 0;
  begin_ns_ = os::now_ns();
  stop_scheduler();
  hold_all();
  if (freeze()) return true;
  let_go_of_all();
  start_scheduler();
  return false;
}

void world_stop::end() noexcept {
  crash::thaw_others(/*wakes=*/false);  // the scheduler does, at its start
  crash::release_freeze();
  let_go_of_all();
  start_scheduler();
}

}  // namespace gander::collector
