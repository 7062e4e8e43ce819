// SPDX-License-Identifier: Apache-2.0
#include "stack/stack.h"

#include <gander/internal/lock.h>

#include "arch/arch.h"
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
  arch::announce_stack(taken.low + guard_size, taken.high);
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

}  // namespace gander::stack
