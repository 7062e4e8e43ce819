// SPDX-License-Identifier: Apache-2.0
//
// The table of recoverable.h. A thread finds its slot by its thread id, since thread_local storage
// may not exist yet, or no more, where a handler runs. Steps nest: a slot points to the innermost
// one, and to the innermost that is a part.
#include "crash/recoverable.h"

#include <array>
#include <atomic>
#include <csetjmp>

#include "crash/freeze.h"
#include "os/os.h"

namespace gander::crash {
namespace {

struct slot {
  std::atomic<int> owner{0};  // thread id; 0: free
  // Written and read by the owner only, its handlers included.
  std::atomic<sigjmp_buf*> step{nullptr};
  std::atomic<sigjmp_buf*> part{nullptr};
};

// More threads than write reports at once; one that finds no slot runs its step unprotected.
constinit std::array<slot, 32> slots{};

// noinline, here and below: their locals must not live in registers across sigsetjmp.
[[gnu::noinline]] slot* slot_of(int thread) noexcept {
  for (slot& s : slots)
    // Relaxed: only this thread ever stores its own id.
    if (s.owner.load(std::memory_order_relaxed) == thread) return &s;
  return nullptr;
}

[[gnu::noinline]] slot* take_slot(int thread) noexcept {
  for (slot& s : slots) {
    int free = 0;
    // Relaxed: `step` is null in a free slot, and only the owner touches it.
    if (s.owner.compare_exchange_strong(free, thread, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      return &s;
  }
  return nullptr;
}

// Relaxed: written by this thread alone.
bool leave_for(std::atomic<sigjmp_buf*> slot::*which, int signal) noexcept {
  slot* s = slot_of(os::thread_id());
  sigjmp_buf* to = s != nullptr ? (s->*which).load(std::memory_order_relaxed) : nullptr;
  if (to == nullptr) return false;
  siglongjmp(*to, signal);
}

}  // namespace

int run_recoverable(void (*f)(void*), void* argument, recovery kind) noexcept {
  int thread = os::thread_id();
  slot* s = slot_of(thread);
  if (s == nullptr) s = take_slot(thread);
  if (s == nullptr) return f(argument), 0;
  // Relaxed, here and below: one thread, and signals that interrupt it.
  sigjmp_buf* const outer_step = s->step.load(std::memory_order_relaxed);
  sigjmp_buf* const outer_part = s->part.load(std::memory_order_relaxed);
  sigjmp_buf here;
  volatile int signal = sigsetjmp(here, 1);
  if (signal == 0) {
    s->step.store(&here, std::memory_order_relaxed);
    if (kind == recovery::part) s->part.store(&here, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    f(argument);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    hide_again();
  }
  s->part.store(outer_part, std::memory_order_relaxed);
  s->step.store(outer_step, std::memory_order_relaxed);
  // Release: pairs with the acquire of take_slot; its next owner sees the null step.
  if (outer_step == nullptr) s->owner.store(0, std::memory_order_release);
  return signal;
}

bool step_recover(int signal) noexcept { return leave_for(&slot::step, signal); }
bool part_recover(int signal) noexcept { return leave_for(&slot::part, signal); }

}  // namespace gander::crash
