// SPDX-License-Identifier: Apache-2.0
//
// gc::ptr<T>: a pointer to an object of the collected heap, for where the collector must be told of
// changes: in objects of that heap, in globals, and in locals that goroutines share.
#pragma once

#include <gander/gc/fields.h>
#include <gander/internal/gc_runtime.h>

#include <compare>
#include <cstddef>
#include <memory>  // std::hash
#include <type_traits>

#pragma GCC visibility push(default)

namespace gander::gc {

// One word. Its value converts to T* and back by itself: other locals are plain pointers.
//
//     struct node {
//       int value = 0;
//       gander::gc::ptr<node> next;
//     };
//     node* push(node* head, int value) { return gander::gc::make<node>(value, head); }
//
// It holds its object, as does a pointer into the middle of one, or just behind an array. Not in
// memory of malloc or of std containers, nor thread_local: there it holds nothing (gc::root does).
// One goroutine at a time, as for a plain pointer (gc::atomic_ptr otherwise). Non-switching. Not in
// signal handlers.
template <typename T>
class ptr {
 public:
  using element_type = T;

  constexpr ptr() noexcept = default;
  constexpr ptr(std::nullptr_t) noexcept {}
  ptr(T* object) noexcept { set(object); }
  // Not noexcept, though it throws nothing: gc_needs_destructor() tells classes by that.
  ptr(const ptr& other) { set(other.value_); }
  ptr(ptr&& other) noexcept {
    set(other.value_);
    other.set(nullptr);
  }
  template <typename U>
  requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>)  //
      ptr(const ptr<U>& other)
  noexcept { set(other.get()); }
  ~ptr() {
    if (value_ != nullptr) set(nullptr);
  }

  ptr& operator=(const ptr& other) noexcept {
    set(other.value_);
    return *this;
  }
  ptr& operator=(ptr&& other) noexcept {
    T* const value = other.value_;
    other.set(nullptr);
    set(value);  // last: `other` may be this one
    return *this;
  }
  ptr& operator=(T* object) noexcept {
    set(object);
    return *this;
  }
  ptr& operator=(std::nullptr_t) noexcept {
    set(nullptr);
    return *this;
  }
  template <typename U>
  requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>) ptr& operator=(
      const ptr<U>& other) noexcept {
    set(other.get());
    return *this;
  }

  // Comparisons are those of plain pointers, by this.
  operator T*() const noexcept { return value_; }
  T* get() const noexcept { return value_; }
  T* operator->() const noexcept { return value_; }
  std::add_lvalue_reference_t<T> operator*() const noexcept requires(!std::is_void_v<T>) {
    return *value_;
  }

  friend void swap(ptr& a, ptr& b) noexcept {
    T* const value = a.value_;
    a.set(b.value_);
    b.set(value);
  }

 private:
  GANDER_GC_FIELDS(ptr, value_)

  void set(T* value) noexcept { internal::gc_store(value_, value); }

  T* value_ = nullptr;
};

template <typename T>
ptr(T*) -> ptr<T>;

}  // namespace gander::gc

template <typename T>
struct std::hash<gander::gc::ptr<T>> {
  std::size_t operator()(const gander::gc::ptr<T>& p) const noexcept {
    return std::hash<T*>()(p.get());
  }
};

#pragma GCC visibility pop
