// SPDX-License-Identifier: Apache-2.0
//
// The one source of all memory in which the runtime keeps users' values: channel buffers and cells,
// cases of large selects. One, so that a collector can find and scan it; inline, so that the user's
// operator new, which may block or call the runtime, is user code outside the border, under no lock
// of ours.
#pragma once

#include <cstddef>
#include <new>

#pragma GCC visibility push(default)

namespace gander::internal {

// `size` raw bytes at `align`, a power of two. Throws std::bad_alloc.
inline void* alloc_user_cells(std::size_t size, std::size_t align) {
  if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(size);
  return ::operator new(size, std::align_val_t(align));
}

// Takes back what alloc_user_cells(size, align) gave.
inline void free_user_cells(void* memory, std::size_t size, std::size_t align) noexcept {
  // Not the sized forms: Clang declares them only with -fsized-deallocation.
  static_cast<void>(size);
  if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete(memory);
  } else {
    ::operator delete(memory, std::align_val_t(align));
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
