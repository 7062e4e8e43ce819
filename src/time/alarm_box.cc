// SPDX-License-Identifier: Apache-2.0
#include <gander/internal/alarm_box.h>

#include <algorithm>
#include <atomic>
#include <new>

#include "os/os.h"
#include "sched/alarm.h"
#include "sched/border.h"
#include "sched/goroutine.h"
#include "sched/sched.h"

namespace gander::internal {
namespace {

static_assert(sizeof(alarm) <= sizeof(alarm_box::storage) && alignof(alarm) <= 16);

// INT64_MAX means "none" to the heaps; and sums must not overflow.
constexpr std::int64_t far_future_ns = INT64_MAX / 2;

std::atomic<errand*> errands{nullptr};

alarm& alarm_of(alarm_box& box) noexcept {
  return *std::launder(reinterpret_cast<alarm*>(box.storage));
}

void run_spawned(void* closure) {
  errand* const e = *static_cast<errand**>(closure);
  e->run_errand(*e);
}

}  // namespace

alarm_box::alarm_box(void (*f)(alarm_box&) noexcept) noexcept : fire(f) {
  alarm* const a = ::new (static_cast<void*>(storage)) alarm;
  a->argument = this;
  a->function = [](alarm& due) {
    auto& box = *static_cast<alarm_box*>(due.argument);
    box.fire(box);
  };
}

void alarm_box::start(std::int64_t deadline_ns, std::int64_t period_ns) noexcept {
  const runtime_scope scope;
  const std::int64_t when_ns = std::clamp(deadline_ns, os::now_ns(), far_future_ns);
  alarm_start(alarm_of(*this), when_ns, std::min(period_ns, far_future_ns));
}

bool alarm_box::stop() noexcept {
  const runtime_scope scope;
  return alarm_stop(alarm_of(*this));
}

bool spawn_errand(errand& e) noexcept {
  if (!sched.active) return false;
  G* const g = new_goroutine({sizeof(errand*), alignof(errand*), 0, nullptr, 0});
  if (g == nullptr) return false;
  *static_cast<errand**>(g->closure) = &e;
  start_goroutine(g, run_spawned);
  return true;
}

// A stack that is only ever taken as a whole, so there is no ABA. release: pairs with
// take_errands().
void leave_errand(errand& e) noexcept {
  e.next_errand = errands.load(std::memory_order_relaxed);
  while (!errands.compare_exchange_weak(e.next_errand, &e, std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
}

errand* take_errands() noexcept {
  if (errands.load(std::memory_order_relaxed) == nullptr) return nullptr;
  return errands.exchange(nullptr, std::memory_order_acquire);
}

}  // namespace gander::internal
