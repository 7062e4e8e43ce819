// SPDX-License-Identifier: Apache-2.0
//
// Ms: their memory, their threads, and binding the two.
//
// Ms lie in one mapping and are never unmapped: a report may look at any of them at any time. Those
// of ended threads are used again.
#include <cxxabi.h>

#include <cerrno>
#include <new>

#include "base/check.h"
#include "base/sanitizers.h"
#include "os/growing_table.h"
#include "os/os.h"
#include "sched/sanitizer.h"
#include "sched/sched.h"
#include "sched/tracing.h"

extern "C" {
// gander:the-one-thread-local
__thread gander::M* gander_current_m  // used: link-time optimization does not look into asm
    [[gnu::used, gnu::tls_model("initial-exec"), gnu::visibility("default")]] = nullptr;
}

namespace gander {
namespace {

constexpr std::size_t max_ms = 1 << 17;  // more threads than Linux gives a process by default
constexpr std::size_t least_ms = 1 << 10;
constexpr std::size_t g0_stack_size = 256 * 1024;

lock ms_lock;
os::growing_table ms;       // under ms_lock
std::uint32_t ms_used = 0;  // under ms_lock
M* retired = nullptr;       // under ms_lock
std::atomic<thread_hook> hook{nullptr};

// The thread's own stack is g0's from here on.
GANDER_LEFT_BY_SWITCH void thread_body(void* raw) {
  M* const m = static_cast<M*>(raw);
  m->scheduling = true;
  P* const p = m->next_p;
  m->next_p = nullptr;
  acquire_p(m, p);
  return schedule();
}

void thread_main(void* raw) {
  M* const m = static_cast<M*>(raw);
  bind_thread(m);
  gander_enter_g0(&m->g0_sp, thread_body, m);
  sanitizer::reentered_thread(m);
  unbind_thread(m);
  retire_m(m);
}

}  // namespace

M* new_m(bool foreign) noexcept {
  lock_scope held(ms_lock);
  if (ms.memory() == nullptr)
    check(ms.reserve(max_ms * sizeof(M), least_ms * sizeof(M), /*share=*/64),
          "no address space for Ms");
  M* m = nullptr;
  // A pseudo-M keeps its pseudo-G, so the two kinds do not mix.
  for (M** link = &retired; *link != nullptr; link = &(*link)->idle_next) {
    if ((*link)->foreign != foreign) continue;
    m = *link;
    *link = m->idle_next;
    m->idle_next = nullptr;
    break;
  }
  if (m == nullptr) {
    check(ms.grow_to((ms_used + std::size_t{1}) * sizeof(M)), "too many threads");
    m = new (static_cast<M*>(ms.memory()) + ms_used) M;
    m->id = ms_used++;
    m->random = m->id * 2654435761U | 1U;
    m->foreign = foreign;
    m->all_next = sched.all_ms;
    sched.all_ms = m;
  }
  m->exited.store(false, std::memory_order_relaxed);
  return m;
}

void retire_m(M* m) noexcept {
  m->exited.store(true, std::memory_order_relaxed);  // reports only
  m->tid = 0;  // the system may give the number to another thread
  lock_scope held(ms_lock);
  m->idle_next = retired;
  retired = m;
}

void bind_thread(M* m) noexcept {
  m->exceptions = reinterpret_cast<exception_state*>(abi::__cxa_get_globals());
  m->errno_location = &errno;
  m->fp = arch::read_fp_control();
  m->in_runtime.store(1, std::memory_order_relaxed);  // nobody retakes from an M without a P
  m->stack_high = os::end_of_current_stack();
  // Only now: from here on the thread may be stopped by those who look at its stack, and the M may
  // have been another one's. The fence is for the compiler; the handler is this thread's.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  m->tid = os::thread_id();
  sanitizer::bind_scheduler(m);
  gander_current_m = m;
  if (thread_hook call = hook.load(std::memory_order_acquire)) call(m, true);
}

void unbind_thread(M* m) noexcept {
  {
    lock_scope held(sched.guard);
    if (tracing::on()) tracing::thread_ends(m);
  }
  if (thread_hook call = hook.load(std::memory_order_acquire)) call(m, false);
  gander_current_m = nullptr;
}

void set_thread_hook(thread_hook installed) noexcept {
  hook.store(installed, std::memory_order_release);
}

bool start_thread_for(P* p, bool spinning) noexcept {
  M* const m = new_m(false);
  m->next_p = p;
  m->spinning = spinning;
  {
    lock_scope held(sched.guard);
    ++sched.ms;
  }
  if (os::start_thread(thread_main, m, g0_stack_size, "gander")) return true;
  m->next_p = nullptr;
  m->spinning = false;
  {
    lock_scope held(sched.guard);
    --sched.ms;
  }
  retire_m(m);
  return false;
}

}  // namespace gander
