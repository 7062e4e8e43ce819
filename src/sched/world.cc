// SPDX-License-Identifier: Apache-2.0
#include "sched/world.h"

#include <mutex>

#include "base/check.h"
#include "base/sanitizers.h"
#include "gc/exceptions.h"
#include "os/os.h"
#include "sched/fork.h"
#include "sched/sanitizer.h"
#include "sched/sched.h"
#include "sched/tracing.h"

namespace gander {

internal::lock world_lock;

namespace {

os::note world_over;  // wakes the run thread

// On g0 of whichever M ran the main goroutine to its end; that M still holds its P, and all others
// are stopped.
GANDER_LEFT_BY_SWITCH void end_on_g0(G* main) {
  M* const m = current_m();
  if (tracing::on()) [[unlikely]]
    tracing::go_destroyed(m, main);
  main->record->status.store(g_status::dead, std::memory_order_relaxed);
  m->curg = nullptr;
  main->m = nullptr;
  if (main->locked_m != nullptr) m->locked_g = nullptr;
  main->locked_m = nullptr;
  put_g(m, main);
  end_the_world();
  if (m->is_run_thread) return resume_thread(m);
  world_over.wakeup();
  stop_m(m);  // until the next world needs it
  return schedule();
}

GANDER_LEFT_BY_SWITCH void start_main(void* raw) {
  M* const m = current_m();
  m->scheduling = true;
  return execute(static_cast<G*>(raw), false);
}

bool in_user_code(const M& m, std::uint32_t world) noexcept {
  const G* const g = m.curg;
  return !m.foreign && !m.exited.load(std::memory_order_relaxed) && g != nullptr &&
         g->world == world && m.in_runtime.load(std::memory_order_acquire) == 0;
}

// Code between two runtime calls goes on like a detached thread. Most of it is at its next call in
// no time.
void wait_for_user_code(std::uint32_t world, std::int64_t grace_ns) noexcept {
  const std::int64_t deadline_ns = os::now_ns() + grace_ns;
  constexpr std::int64_t look_again_ns = 200'000;
  for (;;) {
    bool any = false;
    for (const M* m = sched.all_ms; m != nullptr && !any; m = m->all_next)
      any = in_user_code(*m, world);
    if (!any || os::now_ns() >= deadline_ns) return;
    os::sleep_ns(look_again_ns);
  }
}

}  // namespace

void ensure_runtime() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    border_needs_fence = !os::asymmetric_fences_available();
    os::has_several_cpus();  // later it may be a stop that has to wait for it
    begin_world(1);          // alarms need a P to live in, also before the first run
    watch_forks();
    gc::exceptions::watch();
    start_sysmon();
    sanitizer::watch_leaks();
  });
}

bool run_world(const world_request& request) noexcept {
  ensure_runtime();
  M* const outer = current_m();  // the pseudo-M of a thread that has called the runtime before
  M* const m = new_m(false);
  m->is_run_thread = true;
  suspend_foreign(outer);
  bind_thread(m);
  G* const main = get_g(m, request.main_stack_class);
  if (main != nullptr) {
    world_lock.acquire();
    begin_world(request.procs);
    const std::uint32_t world = sched.world;
    main->goid = main_goid;
    main->world = world;
    main->entry = request.entry;
    main->closure = request.argument;
    main->name = "main";
    prepare_main(main);
    world_over.clear();
    {
      lock_scope held(sched.guard);
      ++sched.ms;
      if (tracing::on()) [[unlikely]]
        tracing::go_created(m, main);
      acquire_p(m, get_idle_p());
    }
    sched.coarse_now_ns = os::now_ns();
    sched.active = true;
    world_lock.release();
    // sysmon says that it sleeps and then looks whether a run is on: here the other way round.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    wake_sysmon();
    // The caller may be in a handler, or have its own rounding mode: goroutines leave theirs
    // behind.
    const exception_state exceptions = *m->exceptions;
    const arch::fp_control fp = m->fp;
    gander_enter_g0(&m->g0_sp, start_main, main);
    sanitizer::reentered_thread(m);
    *m->exceptions = exceptions;
    arch::load_fp_control(fp);
    {
      lock_scope held(sched.guard);
      --sched.ms;
    }
    wait_for_user_code(world, request.grace_ns);
  }
  unbind_thread(m);
  m->is_run_thread = false;
  m->locked_g = nullptr;
  retire_m(m);
  rebind_foreign(outer);
  return main != nullptr;
}

void end_run() noexcept {
  stop_the_world();
  mcall(end_on_g0, /*for_ever=*/true);
  throw_("the main goroutine was resumed after its end");
}

void stay_for_ever() noexcept {
  {
    lock_scope held(sched.guard);
    ++sched.ms_parked;  // no hope for the deadlock rule
  }
  std::atomic<std::uint32_t> never{0};
  for (;;) os::futex_wait(never, 0);
}

GANDER_LEFT_BY_SWITCH void leave_run_thread(M* m) noexcept {
  if (m->p != nullptr) hand_off_p(release_p(m));
  {
    lock_scope held(sched.guard);
    ++sched.ms_parked;
  }
  world_over.sleep();
  {
    lock_scope held(sched.guard);
    --sched.ms_parked;
  }
  return resume_thread(m);
}

}  // namespace gander
