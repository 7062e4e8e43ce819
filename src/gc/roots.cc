// SPDX-License-Identifier: Apache-2.0
#include "gc/roots.h"

#include <gander/internal/lock.h>

#include <new>

#include "os/os.h"

namespace gander::gc::roots {

detail::block* detail::first = nullptr;

namespace {

internal::lock guard;
internal::gc_root_cell* unused = nullptr;

bool add_block() noexcept {
  void* const memory = os::reserve(sizeof(detail::block));
  if (memory == nullptr) return false;
  auto* const b = new (memory) detail::block;
  for (std::size_t i = detail::block::capacity; i-- > 0;) {
    b->cells[i].next = unused;
    unused = &b->cells[i];
  }
  b->next = detail::first;
  detail::first = b;
  return true;
}

}  // namespace

internal::gc_root_cell* take() noexcept {
  const internal::lock_scope held(guard);
  if (unused == nullptr && !add_block()) return nullptr;
  internal::gc_root_cell* const cell = unused;
  unused = cell->next;
  return cell;
}

void put(internal::gc_root_cell* cell) noexcept {
  cell->value.store(nullptr, std::memory_order_relaxed);
  const internal::lock_scope held(guard);
  cell->next = unused;
  unused = cell;
}

void hold() noexcept { guard.acquire(); }
void let_go() noexcept { guard.release(); }

}  // namespace gander::gc::roots
