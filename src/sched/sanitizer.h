// SPDX-License-Identifier: Apache-2.0
//
// What AddressSanitizer and ThreadSanitizer must be told about switches between stacks. Nothing in
// other builds, but for a word to valgrind.
//
// Both want to hear of a switch before it happens, and asan again after it. The scheduler's stack
// never resumes old frames, so its fake stack is given up at each leave but the first.
#pragma once

#include "base/sanitizers.h"
#include "sched/m.h"

#ifdef GANDER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef GANDER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace gander::sanitizer {

// The sanitizer has handlers of its own for memory faults.
#if defined(GANDER_TSAN) || defined(GANDER_ASAN)
inline constexpr bool reports_faults = true;
#else
inline constexpr bool reports_faults = false;
#endif

#if defined(GANDER_TSAN)
inline constexpr bool extra_threads = true;  // tsan runs one thread of its own

// Inlined by force: a function that is entered on one fiber and left on another would be taken from
// the wrong fiber's shadow of calls.
#define GANDER_FIBER_HOOK [[gnu::always_inline]] inline

GANDER_FIBER_HOOK void create(G* g) noexcept { g->sanitizer_fiber = __tsan_create_fiber(0); }
GANDER_FIBER_HOOK void destroy(G* g) noexcept {
  __tsan_destroy_fiber(g->sanitizer_fiber);
  g->sanitizer_fiber = nullptr;
}
GANDER_FIBER_HOOK void reuses(void*, std::size_t) noexcept {}
GANDER_FIBER_HOOK void watch_leaks() noexcept {}
GANDER_FIBER_HOOK void holds_values(G*, std::uintptr_t) noexcept {}
GANDER_FIBER_HOOK void holds_memory(const void*, std::size_t) noexcept {}
GANDER_FIBER_HOOK void bind_scheduler(M* m) noexcept {
  m->sanitizer_fiber = __tsan_get_current_fiber();
}
GANDER_FIBER_HOOK void leave_goroutine(G*, M* m, bool) noexcept {
  __tsan_switch_to_fiber(m->sanitizer_fiber, 0);
}
GANDER_FIBER_HOOK void entered_scheduler(M*) noexcept {}
GANDER_FIBER_HOOK void enter_goroutine(G* g, M*) noexcept {
  __tsan_switch_to_fiber(g->sanitizer_fiber, 0);
}
GANDER_FIBER_HOOK void entered_goroutine(G*) noexcept {}
GANDER_FIBER_HOOK void leave_scheduler(M*) noexcept {}
GANDER_FIBER_HOOK void reentered_thread(M*) noexcept {}
#undef GANDER_FIBER_HOOK
#elif defined(GANDER_ASAN)
inline constexpr bool extra_threads = false;

// The last goroutine on this stack left its bottom frames by a switch, with their poison.
inline void create(G* g) noexcept {
  __asan_unpoison_memory_region(reinterpret_cast<void*>(g->stack_low),
                                g->stack_high - g->stack_low);
}
inline void destroy(G*) noexcept {}
inline void reuses(void* of_dead_stack, std::size_t bytes) noexcept {
  __asan_unpoison_memory_region(of_dead_stack, bytes);
}
// See leak_roots.cc.
void watch_leaks() noexcept;
void holds_values(G* g, std::uintptr_t low) noexcept;  // in [low, its G); before it runs
void holds_memory(const void* memory, std::size_t bytes) noexcept;  // from the system; for good
void holds_frames(G* g) noexcept;  // it is about to leave its stack, which the caller runs on
inline void bind_scheduler(M* m) noexcept {
  const os::stack_bounds bounds = os::current_stack();
  m->stack_low = bounds.low;
  m->stack_high = bounds.high;
}
inline void leave_goroutine(G* g, M* m, bool for_ever) noexcept {
  if (!for_ever) holds_frames(g);
  __sanitizer_start_switch_fiber(for_ever ? nullptr : &g->sanitizer_fiber,
                                 reinterpret_cast<const void*>(m->stack_low),
                                 m->stack_high - m->stack_low);
}
inline void entered_scheduler(M*) noexcept {
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
}
// The first leave of a thread's own stack keeps its fake stack: run()'s callers live there.
inline void enter_goroutine(G* g, M* m) noexcept {
  __sanitizer_start_switch_fiber(m->sanitizer_fiber == nullptr ? &m->sanitizer_fiber : nullptr,
                                 reinterpret_cast<const void*>(g->stack_low),
                                 g->stack_high - g->stack_low);
}
inline void entered_goroutine(G* g) noexcept {
  __sanitizer_finish_switch_fiber(g->sanitizer_fiber, nullptr, nullptr);
  g->sanitizer_fiber = nullptr;
}
inline void leave_scheduler(M* m) noexcept {
  __sanitizer_start_switch_fiber(nullptr, reinterpret_cast<const void*>(m->stack_low),
                                 m->stack_high - m->stack_low);
}
inline void reentered_thread(M* m) noexcept {
  __sanitizer_finish_switch_fiber(m->sanitizer_fiber, nullptr, nullptr);
  m->sanitizer_fiber = nullptr;
}
#else
inline constexpr bool extra_threads = false;

inline void create(G*) noexcept {}
inline void destroy(G*) noexcept {}
inline void reuses(void* of_dead_stack, std::size_t bytes) noexcept {
  arch::announce_memory(of_dead_stack, bytes);
}
inline void watch_leaks() noexcept {}
inline void holds_values(G*, std::uintptr_t) noexcept {}
inline void holds_memory(const void*, std::size_t) noexcept {}
inline void bind_scheduler(M*) noexcept {}
inline void leave_goroutine(G*, M*, bool) noexcept {}
inline void entered_scheduler(M*) noexcept {}
inline void enter_goroutine(G*, M*) noexcept {}
inline void entered_goroutine(G*) noexcept {}
inline void leave_scheduler(M*) noexcept {}
inline void reentered_thread(M*) noexcept {}
#endif

}  // namespace gander::sanitizer
