// SPDX-License-Identifier: Apache-2.0
#include "collector/cleanups.h"

#include <gander/internal/gc_runtime.h>

#include <atomic>

#include "collector/specials.h"
#include "sched/goroutine.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

std::atomic<std::uint64_t> run_so_far{0};
std::atomic<std::uint32_t> running_in{0};  // the world whose goroutine runs them; 0: none

// One at a time: who asks while it is about to end starts the next one, or it sees what he left.
void run_all(void*) {
  const std::uint32_t world = current_g()->world;
  for (;;) {
    while (internal::gc_cleanup* c = specials::take_due())
      while (c != nullptr) {
        internal::gc_cleanup* const next = c->next;
        c->run(c);
        run_so_far.fetch_add(1, std::memory_order_relaxed);  // for people
        c = next;
      }
    std::uint32_t own = world;
    running_in.compare_exchange_strong(own, 0);
    std::uint32_t none = 0;
    if (!specials::any_due() || !running_in.compare_exchange_strong(none, world)) return;
  }
}

}  // namespace

std::uint64_t count_cleanups() noexcept { return run_so_far.load(std::memory_order_relaxed); }

void run_due_cleanups() noexcept {
  if (!specials::any_due() || !sched.active) return;
  const std::uint32_t world = sched.world;
  std::uint32_t before = running_in.load();
  // That of a world that has ended never goes on.
  if (before == world || !running_in.compare_exchange_strong(before, world)) return;
  G* const g = new_goroutine({.closure_size = 0,
                              .closure_alignment = 1,
                              .stack_class = 0,
                              .name = "cleanups",
                              .creator_pc = 0});
  if (g == nullptr) {
    running_in.store(0);
    return;
  }
  start_goroutine(g, run_all);
}

}  // namespace gander::collector
