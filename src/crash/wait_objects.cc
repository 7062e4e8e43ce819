// SPDX-License-Identifier: Apache-2.0
#include "crash/wait_objects.h"

#include "sched/g_table.h"

namespace gander::crash {
namespace {

// What a sudog begins with, and all of it that is looked at here, of up to 16 for each goroutine.
struct links {
  G* g;
  internal::sudog* next;
  internal::sudog* prev;
};
static_assert(offsetof(internal::sudog, g) == offsetof(links, g) &&
              offsetof(internal::sudog, next) == offsetof(links, next) &&
              offsetof(internal::sudog, prev) == offsetof(links, prev));

// The record of a G that may be anything; nullptr if it is none.
const g_record* record_of(unwind::memory_reader& reader, const G* g) noexcept {
  std::uintptr_t at = 0;
  const auto field = reinterpret_cast<std::uintptr_t>(g) + offsetof(G, record);
  if (reader.copy(&at, field, sizeof at) != sizeof at) return nullptr;
  const std::uintptr_t offset = at - reinterpret_cast<std::uintptr_t>(g_table::records());
  if (offset % sizeof(g_record) != 0 || offset / sizeof(g_record) >= g_table::size())
    return nullptr;
  const auto* const record = reinterpret_cast<const g_record*>(at);
  return record->g.load() == g ? record : nullptr;
}

}  // namespace

waiters read_waiters(unwind::memory_reader& reader, const internal::wait_list& list,
                     std::uintptr_t object) noexcept {
  waiters found;
  const internal::sudog* previous = nullptr;
  for (const internal::sudog* at = list.head; at != nullptr;) {
    if (found.count == waiters::most_counted) {
      found.more = true;
      break;
    }
    links waiter;
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    if (reader.copy(&waiter, address, sizeof waiter) != sizeof waiter || waiter.prev != previous) {
      found.broken = true;
      break;
    }
    previous = at;
    if (found.count < waiters::most_named) {
      const g_record* const record = record_of(reader, waiter.g);
      // One that is running is on its way to park, or has a condition variable's lock to unlock.
      const bool agrees = record != nullptr &&
                          (record->status.load(std::memory_order_relaxed) != g_status::waiting ||
                           record->reason.load() == wait_reason::select ||
                           reinterpret_cast<std::uintptr_t>(record->waits_for.load()) == object);
      if (!agrees) {
        found.broken = true;
        break;
      }
      if (found.count == 0) found.first = record;
      found.goids[found.count] = record->goid.load();
    }
    ++found.count;
    at = waiter.next;
  }
  return found;
}

}  // namespace gander::crash
