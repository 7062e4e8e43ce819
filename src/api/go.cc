// SPDX-License-Identifier: Apache-2.0
//
// What stands behind go.h: goroutines as users see them.
#include <gander/errno.h>
#include <gander/go.h>
#include <gander/goroutine_local.h>
#include <gander/panic.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "api/stack_size.h"
#include "base/check.h"
#include "sched/goroutine.h"
#include "sched/sched.h"
#include "sched/tracing.h"
#include "stack/stack.h"

namespace gander {
namespace internal {
namespace {

constexpr std::size_t least_stack = 16 * 1024;
constexpr const char* stack_size_out_of_range =
    stack::max_size == std::size_t{1} << 30 ? "gander: stack size out of range (16 KiB to 1 GiB)"
                                            : "gander: stack size out of range (16 KiB to 256 MiB)";

}  // namespace

unsigned stack_class_for(std::size_t size) {
  if (size == 0) return 0;
  if (size < least_stack || size > stack::max_size)
    throw std::invalid_argument(stack_size_out_of_range);
  return stack::class_for(size);
}

// Not inlined: its return address is the code that starts the goroutine.
[[gnu::noinline]] new_goroutine make_goroutine(std::size_t closure_size,
                                               std::size_t closure_alignment,
                                               const go_options* options) {
  if (!sched.active) {
    { const runtime_scope scope; }  // where a goroutine whose run has ended stays
    panic("gander::go outside of gander::run");
  }
  goroutine_request request{closure_size, closure_alignment, 0, nullptr,
                            reinterpret_cast<std::uintptr_t>(__builtin_return_address(0))};
  if (options != nullptr) {
    request.name = options->name;
    request.stack_class = stack_class_for(options->stack_size);
  }
  G* const g = gander::new_goroutine(request);
  if (g == nullptr) throw std::bad_alloc();
  return {g, g->closure};
}

void cancel_goroutine(G* g) noexcept { gander::cancel_goroutine(g); }
void start_goroutine(G* g, void (*entry)(void*)) noexcept { gander::start_goroutine(g, entry); }

local_value*& goroutine_locals() noexcept {
  return reinterpret_cast<local_value*&>(current_g()->locals);
}

// Neither inlined nor, for the asm, known to be constant: link-time optimisation sees this from a
// program's functions, and would look the address up once in each.
[[gnu::noinline]] int* errno_location() noexcept {
  asm volatile("");
  return ::__errno_location();
}

void hand_off() noexcept {
  runtime_scope scope;
  M* const m = scope.m();
  if (m->p == nullptr) return;
  if (tracing::on()) [[unlikely]]
    tracing::go_leaves_p(m);
  hand_off_p(release_p(m));
}

// A switching entry finds a P for the goroutine, here or elsewhere.
void come_back() noexcept { switching_scope scope; }

}  // namespace internal

void yield() noexcept {
  switching_scope scope;
  yield_now();
}

void lock_os_thread() {
  M* const m = current_or_attach();
  G* const g = m->curg;
  if (g->foreign) panic("gander::lock_os_thread on a thread without a goroutine");
  ++g->lock_count;
  g->locked_m = m;
  m->locked_g = g;
  g->record->locked_to_thread.store(true, std::memory_order_relaxed);  // for reports
}

void unlock_os_thread() noexcept {
  M* const m = current_or_attach();
  G* const g = m->curg;
  if (g->lock_count == 0 || --g->lock_count != 0) return;
  g->locked_m = nullptr;
  m->locked_g = nullptr;
  g->record->locked_to_thread.store(false, std::memory_order_relaxed);  // for reports
}

int gomaxprocs(int n) noexcept {
  ensure_runtime();
  const auto before = static_cast<int>(sched.procs);
  if (n < 1 || n == before) return before;
  switching_scope scope;
  if (!stop_the_world()) return before;
  const auto previous = static_cast<int>(sched.procs);
  M* const m = current_m();
  const bool traced = tracing::on() && m->p != nullptr;
  if (traced) tracing::stw_begin(m, trace::text::stw_gomaxprocs);
  start_the_world(static_cast<std::uint32_t>(std::min<int>(n, max_procs)));
  if (traced) {
    tracing::procs_changed(m);
    tracing::stw_end(m);
  } else {
    tracing::procs_change_unseen();
  }
  return previous;
}

std::size_t num_goroutine() noexcept { return live_goroutines(); }

std::uint64_t goid() noexcept { return current_g()->goid; }

}  // namespace gander
