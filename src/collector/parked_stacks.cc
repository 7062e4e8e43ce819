// SPDX-License-Identifier: Apache-2.0
#include "collector/parked_stacks.h"

#include <atomic>
#include <cstdint>

#include "collector/assist.h"
#include "os/os.h"
#include "sched/g_table.h"
#include "sched/stack_look.h"

namespace gander::collector::parked_stacks {
namespace {

std::atomic<std::size_t> looked_through{0};  // relaxed: for people

bool claim(g_record& record) noexcept {
  stack_look expected = stack_look::due;
  // relaxed: the stop in which it became due orders what is read of the goroutine
  return record.look.compare_exchange_strong(expected, stack_look::busy, std::memory_order_relaxed);
}

// REQUIRES: claimed.
void look(gc::marker& to, g_record& record, G& g) noexcept {
  // relaxed: as above. Atomic, for reports look at it, too.
  const auto begin =
      reinterpret_cast<std::uintptr_t>(std::atomic_ref(g.sp).load(std::memory_order_relaxed));
  to.look_through(begin, g.stack_high);
  looked_through.fetch_add(g.stack_high - begin, std::memory_order_relaxed);
  record.look.store(stack_look::none, std::memory_order_release);  // pairs with look_first()
}

// Before g runs. Somebody else may be at it: that takes as long as the stack is deep.
void look_first(G& g) noexcept {
  g_record& record = *g.record;
  if (claim(record)) {
    gc::marker to(marking_pool);
    return look(to, record, g);
  }
  constexpr int patience = 100;
  for (int i = 0; record.look.load(std::memory_order_acquire) != stack_look::none; ++i)
    if (i >= patience) os::yield_thread();
}

}  // namespace

void put_off() noexcept {
  bool any = false;
  for (std::uint32_t i = 0; i < g_table::size(); ++i) {
    g_record& record = g_table::records()[i];
    const g_status status = record.status.load(std::memory_order_relaxed);
    if ((status != g_status::waiting && status != g_status::runnable) ||
        record.foreign.load(std::memory_order_relaxed))
      continue;
    record.look.store(stack_look::due, std::memory_order_relaxed);  // the end of the stop orders it
    any = true;
  }
  looked_through.store(0, std::memory_order_relaxed);
  if (any) look_at_stack_first = look_first;
}

void look_at_all(gc::marker& to) noexcept {
  for (std::uint32_t i = 0; i < g_table::size(); ++i) {
    g_record& record = g_table::records()[i];
    if (record.look.load(std::memory_order_relaxed) == stack_look::due && claim(record))
      look(to, record, *record.g.load(std::memory_order_acquire));  // pairs with make_g()
  }
  // Those that are busy are in the hands of Ms with a P, for which the stop that ends marking
  // waits.
  look_at_stack_first = nullptr;
}

std::size_t bytes() noexcept { return looked_through.load(std::memory_order_relaxed); }

}  // namespace gander::collector::parked_stacks
