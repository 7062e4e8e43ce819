// SPDX-License-Identifier: Apache-2.0
#include "stack/stack.h"

#include <gander/internal/lock.h>
#include <unistd.h>

#include <atomic>

#include "base/print.h"
#include "os/os.h"

namespace gander::stack {
namespace {

using internal::lock_scope;

constexpr std::size_t slab_size = std::size_t{16}
                                  << 20;  // small ones: strict overcommit refuses large ones

// A class's slots that have never been given out.
struct pool {
  internal::lock guard;
  std::uintptr_t next = 0;
  std::uintptr_t end = 0;
};

pool pools[max_class + 1];
std::atomic<bool> light_guards{true};
std::atomic<std::size_t> protected_guards{0};
std::atomic<std::size_t> missing{0};

// Half of what a process may map is left to the program itself. Two mappings for each protected
// guard.
std::size_t protected_guards_max() {
  static const std::size_t limit = os::max_mappings() / 4;
  return limit;
}

void set_guard(std::uintptr_t low) {
  void* const memory = reinterpret_cast<void*>(low);
  // relaxed: a late reader only tries once more in vain.
  if (light_guards.load(std::memory_order_relaxed)) {
    if (os::guard_light(memory, guard_size)) return;
    // An older kernel, or memory that mlockall() pins: light guards refuse both.
    light_guards.store(false, std::memory_order_relaxed);
  }
  if (protected_guards.fetch_add(1, std::memory_order_relaxed) < protected_guards_max() &&
      os::protect(memory, guard_size))
    return;
  if (missing.fetch_add(1, std::memory_order_relaxed) == 0) {
    char buffer[160];
    text_writer(buffer, STDERR_FILENO)
        .text("gander: no more guards for goroutine stacks: vm.max_map_count is reached, and this ")
        .text("kernel has no light guards (Linux 6.13)\n");
  }
}

}  // namespace

unsigned class_for(std::size_t size) noexcept {
  if (size > slot_size(max_class) - guard_size) return 0;
  unsigned size_class = min_class;
  while (slot_size(size_class) - guard_size < size) ++size_class;
  return size_class;
}

slot allocate(unsigned size_class) noexcept {
  const std::size_t size = slot_size(size_class);
  pool& from = pools[size_class];
  slot taken;
  {
    lock_scope held(from.guard);
    if (from.end - from.next < size) {
      const std::size_t slab = size > slab_size ? size : slab_size;
      void* memory = os::reserve(slab);
      if (memory == nullptr) return {};
      from.next = reinterpret_cast<std::uintptr_t>(memory);
      from.end = from.next + slab;
    }
    taken = {from.next, from.next + size};
    from.next += size;
  }
  set_guard(taken.low);
  return taken;
}

void discard(std::uintptr_t low, std::uintptr_t high) noexcept {
  const std::uintptr_t page = os::page_size();
  low = (low + page - 1) / page * page;
  high = high / page * page;
  if (low < high) os::discard(reinterpret_cast<void*>(low), high - low);
}

bool uses_page_below(std::uintptr_t address) noexcept {
  return os::is_resident(reinterpret_cast<void*>(address - 1));
}

std::size_t guards_missing() noexcept { return missing.load(std::memory_order_relaxed); }

}  // namespace gander::stack
