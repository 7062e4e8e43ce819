// SPDX-License-Identifier: Apache-2.0
#include <gander/gc/control.h>

#include <algorithm>

#include "collector/cleanups.h"
#include "collector/cycle.h"
#include "collector/pacer.h"
#include "heap/central.h"
#include "heap/page_heap.h"

namespace gander::gc {

heap_stats stats() noexcept {
  const collector::pacer::numbers heap = collector::pacer::count();
  const collector::cycle_numbers cycles = collector::count_cycles();
  const heap::page_heap::numbers pages = heap::page_heap::count();
  const heap::central::freed freed = heap::central::count_freed();
  heap_stats s;
  s.heap_live_bytes = heap.live_bytes;
  s.heap_goal_bytes = heap.goal_bytes;
  s.heap_in_use_bytes = pages.in_use_bytes;
  s.heap_released_bytes = pages.reserved_bytes - pages.in_use_bytes - pages.written_bytes;
  s.allocated_bytes = heap.allocated_bytes;
  s.freed_bytes = freed.bytes;
  s.allocated_objects = heap.allocated_objects;
  s.freed_objects = freed.objects;
  // Caches tell of what they allocate in pieces, and sweeping may have been faster.
  s.objects = std::max(heap.allocated_objects, freed.objects) - freed.objects;
  s.cycles = cycles.cycles;
  s.forced_cycles = cycles.forced;
  s.pause_total_ns = static_cast<std::uint64_t>(cycles.stopped_ns);
  s.last_pause_ns = static_cast<std::uint64_t>(cycles.last_stop_ns);
  s.cleanups_run = collector::count_cleanups();
  return s;
}

void collect() { collector::collect_now(); }

int set_percent(int percent) noexcept {
  collector::ensure_collector();  // or the environment would be read later, and win
  return static_cast<int>(collector::pacer::set_percent(percent));
}

std::int64_t set_memory_limit(std::int64_t bytes) noexcept {
  collector::ensure_collector();
  return collector::pacer::set_memory_limit(bytes);
}

}  // namespace gander::gc
