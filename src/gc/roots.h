// SPDX-License-Identifier: Apache-2.0
//
// The words outside of the heap that hold objects: cells of gc::root, in blocks of our own that are
// never given back.
//
// One lock, a leaf.
#pragma once

#include <gander/internal/gc_runtime.h>

namespace gander::gc::roots {

// nullptr when there is no memory.
internal::gc_root_cell* take() noexcept;
void put(internal::gc_root_cell* cell) noexcept;

// Between these no cell comes to be.
void hold() noexcept;
void let_go() noexcept;

namespace detail {
struct block {
  static constexpr std::size_t capacity = 4096 - 1;
  block* next = nullptr;
  internal::gc_root_cell cells[capacity];
};
extern block* first;
}  // namespace detail

// visit(word) for each that holds something. REQUIRES: held.
template <typename Visit>
void for_each(Visit&& visit) noexcept {
  for (const detail::block* b = detail::first; b != nullptr; b = b->next)
    for (const internal::gc_root_cell& cell : b->cells)
      // relaxed: stores behind this look are told by the barrier
      if (const void* const p = cell.value.load(std::memory_order_relaxed))
        visit(reinterpret_cast<std::uintptr_t>(p));
}

}  // namespace gander::gc::roots
