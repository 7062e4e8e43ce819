// SPDX-License-Identifier: Apache-2.0
//
// gc::weak<T>: knows an object without holding it.
#pragma once

#include <gander/gc/ptr.h>
#include <gander/internal/gc_runtime.h>

#include <cstddef>
#include <stdexcept>
#include <type_traits>

#pragma GCC visibility push(default)

namespace gander::gc {

// lock() gives the object, held from then on, or nullptr once nothing holds it any more. May stand
// where a gc::ptr may. Two words.
//
//     gander::gc::weak<node> cached(n);
//     if (node* still = cached.lock()) use(still->value);
//
// A pointer into the middle of an object is given back as it was. Two are equal when they were made
// from equal pointers into one object, also when that is gone. One goroutine at a time; lock() by
// any number. Non-switching.
template <typename T>
class weak {
 public:
  using element_type = T;

  constexpr weak() noexcept = default;
  constexpr weak(std::nullptr_t) noexcept {}
  // Throws std::invalid_argument when it points to nothing in the collected heap; std::bad_alloc.
  weak(T* object) {
    if (object == nullptr) return;
    internal::gc_weak_cell* const cell = internal::gc_weak_to(object);
    if (cell == nullptr)
      throw std::invalid_argument("gander::gc::weak: a pointer out of the collected heap");
    const void* const begin = internal::gc_weak_lock(cell);
    offset_ = address(object) - address(begin);
    cell_ = cell;
  }
  weak(const ptr<T>& object) : weak(object.get()) {}
  template <typename U>
  requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>)  //
      weak(const weak<U>& other)
      : weak(static_cast<T*>(other.lock())) {}

  T* lock() const noexcept {
    if (cell_ == nullptr) return nullptr;
    void* const begin = internal::gc_weak_lock(cell_);
    if (begin == nullptr) return nullptr;
    return static_cast<T*>(static_cast<void*>(static_cast<char*>(begin) + offset_));
  }
  bool expired() const noexcept { return lock() == nullptr; }
  void reset() noexcept {
    cell_ = nullptr;
    offset_ = 0;
  }

  friend bool operator==(const weak& a, const weak& b) noexcept {
    return a.cell_.get() == b.cell_.get() && a.offset_ == b.offset_;
  }

 private:
  GANDER_GC_FIELDS(weak, cell_)

  static const char* address(const void* p) noexcept { return static_cast<const char*>(p); }

  ptr<internal::gc_weak_cell> cell_;
  std::ptrdiff_t offset_ = 0;
};

template <typename T>
weak(T*) -> weak<T>;

}  // namespace gander::gc

#pragma GCC visibility pop
