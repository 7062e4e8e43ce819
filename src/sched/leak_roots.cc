// SPDX-License-Identifier: Apache-2.0
//
// LeakSanitizer looks for pointers on the stacks that threads run on. What parked goroutines, plain
// threads' goroutine_local lists and alarms hold is told to it right before its check: it registers
// its own with atexit() before any code of ours runs, so a handler of ours comes first.
#include "sched/sanitizer.h"

#ifdef GANDER_ASAN
#include <sanitizer/lsan_interface.h>

#include <cstdlib>

#include "sched/g_table.h"
#include "sched/sched.h"

namespace gander::sanitizer {
namespace {

// Of each goroutine only what is in use, with the G above it: the memory below may hold pointers of
// frames that are gone, and would hide leaks.
void tell_parked_stacks() {
  for (std::uint32_t i = 0; i < g_table::size(); ++i) {
    const g_record& record = g_table::records()[i];
    const G* const g = record.g.load(std::memory_order_acquire);  // pairs with make_g()
    if (g != nullptr && g->foreign) __lsan_register_root_region(g, sizeof(G));
    const std::uintptr_t sp = record.sp.load(std::memory_order_relaxed);
    const g_status status = record.status.load(std::memory_order_relaxed);
    if (g == nullptr || sp == 0 || (status != g_status::waiting && status != g_status::runnable))
      continue;
    __lsan_register_root_region(reinterpret_cast<const void*>(sp), g->stack_high + sizeof(G) - sp);
  }
}

// Timers that nobody waits for any more still come due.
void tell_alarms() {
  for (std::uint32_t i = 0; i < sched.procs_made; ++i) {
    const alarm_heap& alarms = sched.all_ps[i]->alarms;
    __lsan_register_root_region(alarms.memory(), alarms.memory_used());
  }
}

void tell_roots() {
  tell_parked_stacks();
  tell_alarms();
}

}  // namespace

void watch_leaks() noexcept { std::atexit(tell_roots); }

}  // namespace gander::sanitizer
#endif
