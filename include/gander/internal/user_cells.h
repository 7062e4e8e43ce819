// SPDX-License-Identifier: Apache-2.0
//
// The one source of all memory in which the runtime keeps users' values: channel buffers and cells,
// cases of large selects, results, closures, nodes of timers and contexts. One, so that the
// collector finds them: all are on a list, and what they hold is held. Inline, so that the user's
// operator new, which may block or call the runtime, is user code outside the border, under no lock
// of ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

// Right before the cells. Links are kept complemented: to a checker for leaks, the list must not
// own what is on it.
struct cells_header {
  std::uintptr_t next = 0;
  std::uintptr_t previous = 0;
  std::size_t bytes = 0;
};

// On and off the list. Any thread; short locks only.
void list_cells(cells_header* cells) noexcept;
void unlist_cells(cells_header* cells) noexcept;

// How far behind the beginning of the memory the cells lie.
constexpr std::size_t cells_offset(std::size_t align) noexcept {
  return (sizeof(cells_header) + align - 1) & ~(align - 1);
}

constexpr std::size_t cells_align(std::size_t align) noexcept {
  return align < __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? __STDCPP_DEFAULT_NEW_ALIGNMENT__ : align;
}

// `size` bytes at `align`, a power of two. Zero: what others left there, and no value is ever
// written over, as between a value's fields, would hold objects for as long as the cells are there.
// Throws std::bad_alloc.
inline void* alloc_user_cells(std::size_t size, std::size_t align) {
  align = cells_align(align);
  const std::size_t offset = cells_offset(align);
  if (size > SIZE_MAX - offset) throw std::bad_alloc();
  void* const memory = align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                           ? ::operator new(size + offset)
                           : ::operator new(size + offset, std::align_val_t(align));
  std::byte* const cells = static_cast<std::byte*>(memory) + offset;
  std::memset(cells, 0, size);
  list_cells(::new (cells - sizeof(cells_header)) cells_header{0, 0, size});
  return cells;
}

// Takes back what alloc_user_cells(size, align) gave.
inline void free_user_cells(void* cells, std::size_t size, std::size_t align) noexcept {
  static_cast<void>(size);
  align = cells_align(align);
  std::byte* const at = static_cast<std::byte*>(cells);
  unlist_cells(reinterpret_cast<cells_header*>(at - sizeof(cells_header)));
  void* const memory = at - cells_offset(align);
  // Not the sized forms: Clang declares them only with -fsized-deallocation.
  if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete(memory);
  } else {
    ::operator delete(memory, std::align_val_t(align));
  }
}

// One object in cells of its own.
template <typename T, typename... Args>
T* make_in_cells(Args&&... args) {
  void* const cells = alloc_user_cells(sizeof(T), alignof(T));
  try {
    return ::new (cells) T(std::forward<Args>(args)...);
  } catch (...) {
    free_user_cells(cells, sizeof(T), alignof(T));
    throw;
  }
}

template <typename T>
void destroy_in_cells(T* object) noexcept {
  object->~T();
  internal::free_user_cells(object, sizeof(T), alignof(T));
}

struct cells_deleter {
  template <typename T>
  void operator()(T* object) const noexcept {
    internal::destroy_in_cells(object);
  }
};

}  // namespace gander::internal

#pragma GCC visibility pop
