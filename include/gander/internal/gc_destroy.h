// SPDX-License-Identifier: Apache-2.0
//
// How gc::make and make_array make objects, and see to their destructors (GANDER_GC_DESTROY).
#pragma once

#include <gander/internal/gc_layout.h>
#include <gander/internal/gc_runtime.h>
#include <gander/internal/user_cells.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>

#pragma GCC visibility push(default)

namespace gander::internal {

// Whether the objects are fit for the heap; says why not.
template <typename T>
constexpr void gc_check() noexcept {
  static_assert(std::is_object_v<T>, "gander: only objects can lie in the collected heap");
  static_assert(!gc_needs_destructor<T>() || gc_access::wants_destruction<std::remove_cv_t<T>>(),
                "gander: this type has a destructor, and the collector calls none. If it must run, "
                "write GANDER_GC_DESTROY(type) into the class, and it will, later. If nothing is "
                "lost when it does not, list the fields that hold pointers: "
                "GANDER_GC_FIELDS(type, fields...)");
  static_assert(alignof(T) <= 4096,
                "gander: objects of the collected heap are aligned to at most "
                "4,096 bytes");
}

// The same of what lies in a container of the heap, whose own destructor may never run.
template <typename T>
constexpr void gc_check_element() noexcept {
  gc_check<T>();
  static_assert(!gc_needs_destructor<T>(),
                "gander: elements of containers of the collected heap cannot have destructors that "
                "must run (GANDER_GC_DESTROY): make the objects by gc::make, and let the container "
                "hold gc::ptr");
}

// Calls the destructors of `count` objects once they are unreachable. It must not know where they
// are: the collector would find them by it.
template <typename T>
struct gc_destructor : gc_cleanup {
  static gc_destructor* make() { return make_in_cells<gc_destructor>(); }
  static void give_back(gc_cleanup* self) noexcept {
    internal::destroy_in_cells(static_cast<gc_destructor*>(self));
  }

  // When all of them have been made. Destroys them, and this, if it throws.
  void attach(T* first, std::size_t n) {
    count = n;
    keeps_object = true;
    drop = give_back;
    run = [](gc_cleanup* self) {
      auto* const what = static_cast<gc_destructor*>(self);
      T* const objects = reinterpret_cast<T*>(what->object);
      const std::size_t all = what->count;
      give_back(self);
      std::destroy_n(objects, all);
    };
    try {
      gc_add_cleanup(first, this);
    } catch (...) {
      give_back(this);
      std::destroy_n(first, n);
      throw;
    }
  }

  std::size_t count = 0;
};

template <typename T, typename Make>
T* gc_make_one(Make make) {
  if constexpr (gc_access::wants_destruction<T>()) {
    gc_destructor<T>* const destructor = gc_destructor<T>::make();
    T* made;
    try {
      made = make(gc_allocate(sizeof(T), alignof(T), gc_type_of<T>));
    } catch (...) {
      gc_destructor<T>::give_back(destructor);
      throw;
    }
    destructor->attach(made, 1);
    return made;
  } else {
    return make(gc_allocate(sizeof(T), alignof(T), gc_type_of<T>));
  }
}

// Memory for n objects, zero, and a word more: so a pointer just behind the last one points into
// it.
template <typename T>
T* gc_array_memory(std::size_t n) {
  constexpr std::size_t most =
      (static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - sizeof(void*)) /
      sizeof(T);
  if (n > most) throw std::bad_array_new_length();
  return static_cast<T*>(gc_allocate(n * sizeof(T) + sizeof(void*), alignof(T), gc_type_of<T>));
}

// Whether T() is nothing but zeros, which the memory holds already.
template <typename T>
inline constexpr bool gc_zero_is_made = std::is_scalar_v<T> && !std::is_member_pointer_v<T>;

template <typename T>
void gc_make_array(T* first, std::size_t n) {
  if constexpr (gc_access::wants_destruction<T>()) {
    gc_destructor<T>* const destructor = gc_destructor<T>::make();
    try {
      std::uninitialized_value_construct_n(first, n);
    } catch (...) {
      gc_destructor<T>::give_back(destructor);
      throw;
    }
    destructor->attach(first, n);
  } else if constexpr (!gc_zero_is_made<T>) {
    std::uninitialized_value_construct_n(first, n);
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
