// SPDX-License-Identifier: Apache-2.0
#include "sched/scavenger.h"

#include "os/os.h"
#include "sched/g_table.h"
#include "sched/sched.h"
#include "stack/stack.h"

namespace gander {

relaxed<std::int64_t> scavenge_period_ns{5'000'000'000};
relaxed<std::int64_t> scavenge_parked_ns{10'000'000'000};

namespace {

constexpr std::uint32_t looks_per_call = 4096;  // some 100 µs, when there is little to ask
constexpr std::size_t claims_per_call = 16;     // a goroutine waits for no more than these

// sysmon's alone.
std::int64_t next_pass_ns = 0;
std::uint32_t cursor = 0;  // the next record to look at; 0: between two passes

struct claim {
  g_record* record;
  std::uintptr_t keep_from;
};

// The lowest address that is kept; 0 when this one is to be left alone.
std::uintptr_t keep_from(const g_record& record, std::int64_t now_ns) noexcept {
  const G* const g = record.g.load(std::memory_order_acquire);  // pairs with make_g()
  if (g == nullptr || g->foreign) return 0;
  std::uintptr_t used = g->stack_high;
  // acquire: pairs with set_waiting(), which stores the rest before.
  switch (record.status.load(std::memory_order_acquire)) {
    case g_status::dead:
      break;
    case g_status::waiting:
      if (waited_ns(record, now_ns) < scavenge_parked_ns) return 0;
      used = record.sp.load(std::memory_order_relaxed);
      break;
    default:
      return 0;
  }
  const std::uintptr_t from = used - stack::kept_size;
  return used <= g->stack_high && from > g->stack_low && from < used ? from : 0;
}

void set(g_record& record, scavenge_state to) noexcept {
  record.scavenge.store(to, std::memory_order_release);  // pairs with revive()
}

void discard_claimed(const claim* claims, std::size_t count, std::int64_t now_ns) noexcept {
  for (std::size_t i = 0; i < count; ++i) set(*claims[i].record, scavenge_state::claimed);
  heavy_fence();
  for (std::size_t i = 0; i < count; ++i) {
    g_record& record = *claims[i].record;
    // Looked at anew: it may have run meanwhile, and run still. If it does not, it will not before
    // we say so.
    if (keep_from(record, now_ns) == claims[i].keep_from)
      stack::discard(record.g.load(std::memory_order_relaxed)->stack_low, claims[i].keep_from);
    set(record, scavenge_state::seen);
  }
}

}  // namespace

bool scavenge(std::int64_t now_ns) noexcept {
  if (cursor == 0 && now_ns < next_pass_ns) return false;
  if (cursor == 0) next_pass_ns = now_ns + scavenge_period_ns;
  const std::uint32_t size = g_table::size();
  claim claims[claims_per_call];
  std::size_t count = 0;
  for (std::uint32_t looks = 0; looks < looks_per_call && count < claims_per_call; ++looks) {
    if (cursor >= size) {
      cursor = 0;
      break;
    }
    g_record& record = g_table::records()[cursor++];
    if (record.scavenge.load(std::memory_order_relaxed) != scavenge_state::unseen) continue;
    const std::uintptr_t from = keep_from(record, now_ns);
    if (from == 0) continue;
    if (stack::uses_page_below(from))
      claims[count++] = {&record, from};
    else
      set(record, scavenge_state::seen);
  }
  if (count != 0) discard_claimed(claims, count, now_ns);
  return cursor != 0;
}

void await_scavenger(g_record& record) noexcept {
  while (record.scavenge.load(std::memory_order_acquire) == scavenge_state::claimed)
    os::yield_thread();
  // relaxed: sysmon changes it only from `unseen`.
  record.scavenge.store(scavenge_state::unseen, std::memory_order_relaxed);
}

}  // namespace gander
