// SPDX-License-Identifier: Apache-2.0
//
// Objects and arrays of the collected heap.
#pragma once

#include <gander/gc/fields.h>
#include <gander/internal/gc_destroy.h>
#include <gander/internal/gc_runtime.h>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::gc {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"  // fewer arguments than fields
// Makes a T, by T(args...), or T{args...} for an aggregate. It stays until nothing points to it or
// into it any more, and is never moved. There is no delete.
//
//     struct point {
//       double x = 0;
//       double y = 0;
//     };
//     point* p = gander::gc::make<point>(1.0, 2.0);
//
// Throws std::bad_alloc and what the constructor throws. Non-switching, unless the constructor is;
// but allocation may have to help the collector first.
template <typename T, typename... Args>
T* make(Args&&... args) {
  static_assert(!std::is_array_v<T>, "gander::gc::make<T[]>: use gc::make_array<T>(n)");
  internal::gc_check<T>();
  using object = std::remove_cv_t<T>;
  return internal::gc_make_one<object>([&](void* memory) {
    // Clang has no T(args...) for aggregates before version 16.
    if constexpr (std::is_constructible_v<object, Args...>) {
      return ::new (memory) object(std::forward<Args>(args)...);
    } else {
      return ::new (memory) object{std::forward<Args>(args)...};
    }
  });
}
#pragma GCC diagnostic pop

// Makes n of them, value-initialized, and returns the first. A pointer to any of them, or just
// behind the last, holds all.
//
//     int* squares = gander::gc::make_array<int>(10);
//     for (int i = 0; i < 10; ++i) squares[i] = i * i;
//
// Throws std::bad_array_new_length when they are too many for any memory, std::bad_alloc, and what
// the constructors throw: those that were made are destroyed then. gc::vector knows its length.
template <typename T>
T* make_array(std::size_t n) {
  static_assert(!std::is_array_v<T>, "gander::gc::make_array<T>: use std::array<T, N> as element");
  internal::gc_check<T>();
  using object = std::remove_cv_t<T>;
  object* const first = internal::gc_array_memory<object>(n);
  internal::gc_make_array(first, n);
  return first;
}

}  // namespace gander::gc

#pragma GCC visibility pop
