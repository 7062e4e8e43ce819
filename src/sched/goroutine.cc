// SPDX-License-Identifier: Apache-2.0
//
// The life of a goroutine: made, started, its entry function, its end.
#include "sched/goroutine.h"

#include <gander/goroutine_local.h>

#include <atomic>

#include "base/check.h"
#include "base/sanitizers.h"
#include "sched/sanitizer.h"
#include "sched/sched.h"
#include "sched/tracing.h"
#include "sched/who.h"
#include "sched/world.h"
#include "stack/stack.h"

namespace gander {
namespace {

unsigned default_stack_class = stack::default_class;

void count_live(M* m, std::int32_t change) noexcept {
  if (P* p = m->p)
    p->live_delta = p->live_delta + static_cast<std::uint32_t>(change);  // only its owner writes it
  else
    sched.live_without_p.fetch_add(change, std::memory_order_relaxed);  // a count for people
}

// On g0. Nothing of the goroutine's stack is in use any more.
GANDER_LEFT_BY_SWITCH void finish_on_g0(G* g) {
  M* const m = current_m();
  if (tracing::on()) [[unlikely]]
    tracing::go_destroyed(m, g);
  g_record& record = *g->record;
  record.status.store(g_status::dead, std::memory_order_relaxed);
  record.locked_to_thread.store(false, std::memory_order_relaxed);
  m->curg = nullptr;
  g->m = nullptr;
  const bool ends_thread = g->locked_m != nullptr;
  g->locked_m = nullptr;
  g->lock_count = 0;
  put_g(m, g);
  if (ends_thread)  // it returned locked: what it did to its thread must not reach others
    return exit_thread(m);
  return schedule();
}

// What pthread_exit, and nothing else that we allow, unwinds through.
class unwinding_guard {
 public:
  ~unwinding_guard() {
    if (!done_ && !current_m()->curg->goexiting) fatal("pthread_exit called on a goroutine");
  }
  void done() noexcept { done_ = true; }

 private:
  bool done_ = false;
};

// The bottom frame of a goroutine. It neither catches nor is noexcept, else the frames of an
// uncaught exception would be gone when terminate runs.
void goroutine_main(void* raw) {
  G* const g = static_cast<G*>(raw);
  if constexpr (sanitizer::reports_faults) {
    sanitizer::entered_goroutine(g);
    *current_m()->errno_location = g->saved_errno;  // as in mcall()
  }
  current_m()->in_runtime.store(0,
                                std::memory_order_release);  // pairs with retakers, as every exit
  {
    unwinding_guard guard;
    g->entry(g->closure);
    guard.done();
  }
  finish_goroutine();
}

// What a former goroutine may have left in a reused G.
void renew(G* g) noexcept {
  g->exceptions = {};
  g->saved_errno = 0;
  g->fp = {};
  g->woken_by = nullptr;
  g->locals = nullptr;
  g->goexiting = false;
  g->panics_on_fault = false;
  g->select_done.store(0, std::memory_order_relaxed);  // nobody else knows g yet
  g_record& record = *g->record;                       // all relaxed: for reports
  record.goid.store(g->goid, std::memory_order_relaxed);
  g->who = who_is(record);
  record.world.store(g->world, std::memory_order_relaxed);
  record.leaked.store(false, std::memory_order_relaxed);
}

void make_ready_to_run(G* g, void* stack_top) noexcept {
  // Atomic, since reports look at it; later it is written by gander_mcall.
  std::atomic_ref(g->sp).store(arch::make_context(stack_top, goroutine_main, g),
                               std::memory_order_relaxed);
  g->record->sp.store(reinterpret_cast<std::uintptr_t>(g->sp), std::memory_order_relaxed);
}

}  // namespace

G* new_goroutine(const goroutine_request& request) noexcept {
  runtime_scope scope;
  M* const m = scope.m();
  G* const g = get_g(m, request.stack_class != 0 ? request.stack_class : default_stack_class);
  if (g == nullptr) return nullptr;
  g->goid = new_goid(m->p);
  g->world = sched.world;
  g->name = request.name;
  const std::uintptr_t align = request.closure_alignment > 16 ? request.closure_alignment : 16;
  g->closure = reinterpret_cast<void*>((g->stack_high - request.closure_size) & ~(align - 1));
  sanitizer::holds_values(g, reinterpret_cast<std::uintptr_t>(g->closure));
  renew(g);
  g_record& record = *g->record;  // all relaxed: for reports
  record.creator_goid.store(m->curg != nullptr ? m->curg->goid : 0, std::memory_order_relaxed);
  record.creator_pc.store(request.creator_pc, std::memory_order_relaxed);
  return g;
}

void cancel_goroutine(G* g) noexcept {
  runtime_scope scope;
  g->record->status.store(g_status::dead, std::memory_order_relaxed);
  put_g(scope.m(), g);
}

void start_goroutine(G* g, void (*entry)(void*)) noexcept {
  runtime_scope scope;
  M* const m = scope.m();
  g->entry = entry;
  make_ready_to_run(g, g->closure);
  count_live(m, 1);
  if (P* p = m->p) {
    if (tracing::on()) [[unlikely]]
      tracing::go_created(m, g);
    g->record->status.store(g_status::runnable, std::memory_order_relaxed);
    put_local(p, g, /*next=*/true);
  } else {
    put_global_without_p(g, tracing::go_created);
  }
  wake_p();
}

void prepare_main(G* main) noexcept {
  sanitizer::holds_values(main, main->stack_high);
  renew(main);
  main->record->creator_goid.store(0, std::memory_order_relaxed);
  main->record->creator_pc.store(0, std::memory_order_relaxed);
  make_ready_to_run(main, reinterpret_cast<void*>(main->stack_high));
  main->record->status.store(g_status::runnable, std::memory_order_relaxed);
  sched.live_without_p.store(1, std::memory_order_relaxed);  // the main goroutine itself
}

// User code. A destructor may make new values: they are found in the next round.
void destroy_goroutine_locals(G* g) noexcept {
  while (auto* const value = static_cast<internal::local_value*>(g->locals)) {
    g->locals = value->next;
    value->destroy(value);
  }
}

void finish_goroutine() noexcept {
  G* const g = current_m()->curg;
  if (g->locals != nullptr) destroy_goroutine_locals(g);
  {
    switching_scope scope;
    count_live(current_m(), -1);
    if (g->goid == main_goid && !g->goexiting) end_run();
    mcall(finish_on_g0, /*for_ever=*/true);
  }
  throw_("a dead goroutine was resumed");
}

std::size_t live_goroutines() noexcept {
  std::int64_t live = sched.live_without_p.load(std::memory_order_relaxed);
  std::uint32_t sum = 0;
  for (std::uint32_t id = 0; id < sched.procs_made; ++id) sum += sched.all_ps[id]->live_delta;
  live += static_cast<std::int32_t>(sum);
  return live > 0 ? static_cast<std::size_t>(live) : 0;
}

void set_default_stack_class(unsigned stack_class) noexcept { default_stack_class = stack_class; }

}  // namespace gander
