// SPDX-License-Identifier: Apache-2.0
#include "collector/workers.h"

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "collector/assist.h"
#include "collector/cycle.h"
#include "crash/freeze.h"
#include "gc/marker.h"
#include "os/os.h"
#include "os/signal_mask.h"
#include "sched/sched.h"

namespace gander::collector::workers {
namespace {

constexpr std::uint32_t most_workers = 256;

// The first `invited` of those that have been started take part; 0: all wait. A futex.
//
// A worker enters (present), and then looks whether it is still invited; rest() takes the
// invitation back, and then waits until nobody is present. Both are seq_cst: one of the two sees
// the other.
std::atomic<std::uint32_t> invited{0};
std::atomic<std::uint32_t> present{0};  // a futex
std::atomic<std::uint32_t> busy{0};
std::uint32_t started = 0;               // the collector's thread alone
std::atomic<std::uint32_t> attached{0};  // a futex
// relaxed: for the pacer, and for tests
std::atomic<std::int64_t> all_cpu_ns{0};
std::atomic<std::uint64_t> all_times_busy{0};

void mark_while_invited(std::uint32_t number) noexcept {
  constexpr std::int64_t first_pause_ns = 20'000;
  constexpr std::int64_t longest_pause_ns = 1'000'000;
  gc::marker marker(marking_pool);
  std::int64_t pause_ns = first_pause_ns;
  while (number < invited.load()) {
    if (!marking_pool.has_work()) {
      os::sleep_ns(pause_ns);
      pause_ns = std::min(2 * pause_ns, longest_pause_ns);
      continue;
    }
    pause_ns = first_pause_ns;
    all_times_busy.fetch_add(1, std::memory_order_relaxed);
    busy.fetch_add(1);
    while (!marker.drain(marking_step_bytes) && number < invited.load()) {
    }
    marker.hand_over();
    busy.fetch_sub(1);
  }
}

void run_for_ever(void* argument) {
  const auto number = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(argument));
  os::hear_only_faults({crash::freeze_signal()});
  current_or_attach()->is_helper = true;
  // For the deadlock rule it is no hope: it only works while the collector's thread does. Not
  // before it exists: the rule would miss a thread that is hope.
  sched.helper_threads.fetch_add(1);
  attached.fetch_add(1);
  os::futex_wake(attached);
  const int tid = os::thread_id();
  for (;;) {
    const std::uint32_t now = invited.load();
    if (number >= now) {
      os::futex_wait(invited, now);
      continue;
    }
    const std::int64_t before_ns = os::thread_cpu_ns(tid);
    present.fetch_add(1);
    mark_while_invited(number);
    all_cpu_ns.fetch_add(os::thread_cpu_ns(tid) - before_ns, std::memory_order_relaxed);
    present.fetch_sub(1);
    os::futex_wake(present);
  }
}

void start_up_to(std::uint32_t count) noexcept {
  for (; started < count; ++started) {
    void* const number = reinterpret_cast<void*>(std::uintptr_t{started});
    if (!os::start_thread(run_for_ever, number, own_stack_bytes, "gander marker")) break;
  }
  // Reports know it from here on.
  for (std::uint32_t now = attached.load(); now != started; now = attached.load())
    os::futex_wait(attached, now);
}

}  // namespace

void work_beside(std::uint32_t procs) noexcept {
  const std::uint32_t count = std::min(wanted_for(procs) - 1, most_workers);
  if (count == 0) return;
  start_up_to(count);
  invited.store(std::min(count, started));
  os::futex_wake(invited, INT32_MAX);
}

bool any_busy() noexcept { return busy.load() != 0; }

void rest() noexcept {
  if (invited.load() == 0) return;
  invited.store(0);
  for (std::uint32_t here = present.load(); here != 0; here = present.load())
    os::futex_wait(present, here);
}

bool any_present() noexcept { return present.load() != 0; }
std::uint64_t times_busy() noexcept { return all_times_busy.load(std::memory_order_relaxed); }
std::int64_t cpu_ns() noexcept { return all_cpu_ns.load(std::memory_order_relaxed); }

}  // namespace gander::collector::workers
