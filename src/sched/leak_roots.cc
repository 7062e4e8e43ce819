// SPDX-License-Identifier: Apache-2.0
//
// LeakSanitizer looks for pointers on the stacks that threads run on. What parked goroutines, the
// callers of run(), plain threads' goroutine_local lists, alarms and collected objects hold is told
// to it before its check: it registers its own with atexit() before any code of ours runs, so a
// handler of ours comes first.
//
// Goroutines go on meanwhile, and nobody may stop them, for other handlers may wait for them. So
// from our handler on whoever is made, or leaves a stack that is deeper than what has been told,
// tells of it; before it leaves, while the sanitizer still looks at that stack as the thread's.
#include "sched/sanitizer.h"

#ifdef GANDER_ASAN
#include <sanitizer/lsan_interface.h>

#include <atomic>
#include <cstdlib>

#include "heap/page_heap.h"
#include "sched/g_table.h"
#include "sched/sched.h"

namespace gander::sanitizer {
namespace {

std::atomic<bool> ending{false};

void tell(std::uintptr_t low, std::uintptr_t high) noexcept {
  if (low < high) __lsan_register_root_region(reinterpret_cast<const void*>(low), high - low);
}

// Of each goroutine only what is in use, with the G above it: the memory below may hold pointers of
// frames that are gone, and would hide leaks. One that runs has its values told of twice.
void tell_stacks() {
  for (std::uint32_t i = 0; i < g_table::size(); ++i) {
    const g_record& record = g_table::records()[i];
    const G* const g = record.g.load(std::memory_order_acquire);  // pairs with make_g()
    if (g == nullptr) continue;
    const auto address = reinterpret_cast<std::uintptr_t>(g);
    if (g->foreign)
      tell(address, address + sizeof(G));
    else if (record.status.load() != g_status::dead)
      tell(g->sanitizer_low.load(), address + sizeof(G));
  }
}

// While their threads run goroutines, as that which ends the process by exit().
void tell_callers_of_run() {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m->is_run_thread) tell(reinterpret_cast<std::uintptr_t>(m->g0_sp), m->stack_high);
}

// Timers that nobody waits for any more still come due.
void tell_alarms() {
  for (std::uint32_t i = 0; i < sched.procs_made; ++i) {
    const alarm_heap& alarms = sched.all_ps[i]->alarms;
    __lsan_register_root_region(alarms.memory(), alarms.memory_used());
  }
}

// Objects that will not see their destructors any more. Neighbours in one: each region that is told
// is compared with all mappings.
void tell_collected_heap() {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;
  heap::page_heap::for_each_span([&](const heap::span& s) {
    if (s.has == heap::pointers::none) return;
    if (s.base != high) {
      tell(low, high);
      low = s.base;
    }
    high = s.end();
  });
  tell(low, high);
}

void tell_roots() {
  ending.store(true);
  tell_stacks();
  tell_callers_of_run();
  tell_alarms();
  tell_collected_heap();
}

// What is told of a goroutine never shrinks, so it tells a few times at most. Dekker pair with
// tell_roots(), all seq_cst: here `sanitizer_low` is stored and then `ending` is looked at, there
// the other way round.
void hold(G* g, std::uintptr_t low, std::uintptr_t high) noexcept {
  if (ending.load()) {
    if (low >= g->sanitizer_low.load()) return;
    g->sanitizer_low.store(low);
  } else {
    g->sanitizer_low.store(low);
    if (!ending.load()) return;
  }
  tell(low, high);
}

}  // namespace

void watch_leaks() noexcept { std::atexit(tell_roots); }

void holds_memory(const void* memory, std::size_t bytes) noexcept {
  __lsan_register_root_region(memory, bytes);
}

void holds_values(G* g, std::uintptr_t low) noexcept {
  g->sanitizer_low.store(UINTPTR_MAX);  // of another goroutine, whose values are gone
  hold(g, low, g->stack_high + sizeof(G));
}

// noinline: the context is saved at the end of our caller's frame, which is right above our own.
[[gnu::noinline]] void holds_frames(G* g) noexcept {
  constexpr std::uintptr_t context_bytes = 128;
  hold(g, reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - context_bytes,
       g->stack_high + sizeof(G));
}

}  // namespace gander::sanitizer
#endif
