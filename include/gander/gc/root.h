// SPDX-License-Identifier: Apache-2.0
//
// gc::root<T>: holds an object from memory that the collector does not look at.
#pragma once

#include <gander/internal/gc_runtime.h>

#include <atomic>
#include <cstddef>
#include <memory>  // std::hash
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

// As gc_store.
inline void gc_store_root(gc_root_cell& cell, const void* value) noexcept {
  // relaxed: the owner's stores alone change it.
  const void* const old_value = cell.value.load(std::memory_order_relaxed);
  cell.value.store(value, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  // relaxed: the handshake that turns it on orders it.
  if (gc_now.marking.load(std::memory_order_relaxed)) [[unlikely]]
    gc_shade(old_value, value);
}

}  // namespace gander::internal

namespace gander::gc {

// May stand anywhere: in memory of malloc, in std containers, in lambdas, thread_local. It costs a
// cell of the runtime's, which a null one does not take.
//
//     std::vector<gander::gc::root<node>> kept;
//     kept.emplace_back(gander::gc::make<node>());
//
// Copies are roots of their own. In objects of the collected heap gc::ptr is what is wanted (make
// refuses a root there): two objects that hold each other by roots would stay for ever. One
// goroutine at a time. Non-switching.
template <typename T>
class root {
 public:
  using element_type = T;

  constexpr root() noexcept = default;
  constexpr root(std::nullptr_t) noexcept {}
  root(T* object) { set(object); }  // throws std::bad_alloc, as all that takes a cell
  root(const root& other) { set(other.get()); }
  root(root&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  template <typename U>
  requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>)  //
      root(const root<U>& other) {
    set(other.get());
  }
  ~root() { reset(); }

  root& operator=(const root& other) {
    set(other.get());
    return *this;
  }
  root& operator=(root&& other) noexcept {
    std::swap(cell_, other.cell_);
    if (this != &other) other.reset();
    return *this;
  }
  root& operator=(T* object) {
    set(object);
    return *this;
  }
  root& operator=(std::nullptr_t) noexcept {
    reset();
    return *this;
  }

  void reset() noexcept {
    if (cell_ == nullptr) return;
    internal::gc_store_root(*cell_, nullptr);
    internal::gc_put_root(std::exchange(cell_, nullptr));
  }

  // Comparisons are those of plain pointers, by this.
  operator T*() const noexcept { return get(); }
  T* get() const noexcept {
    if (cell_ == nullptr) return nullptr;
    // relaxed: who shares a root sees to the order.
    const void* const value = cell_->value.load(std::memory_order_relaxed);
    return static_cast<T*>(const_cast<void*>(value));
  }
  T* operator->() const noexcept { return get(); }
  std::add_lvalue_reference_t<T> operator*() const noexcept requires(!std::is_void_v<T>) {
    return *get();
  }

  friend void swap(root& a, root& b) noexcept { std::swap(a.cell_, b.cell_); }

 private:
  void set(T* object) {
    if (object == nullptr) return reset();
    if (cell_ == nullptr) cell_ = internal::gc_take_root();
    internal::gc_store_root(*cell_, object);
  }

  internal::gc_root_cell* cell_ = nullptr;
};

template <typename T>
root(T*) -> root<T>;

}  // namespace gander::gc

template <typename T>
struct std::hash<gander::gc::root<T>> {
  std::size_t operator()(const gander::gc::root<T>& r) const noexcept {
    return std::hash<T*>()(r.get());
  }
};

#pragma GCC visibility pop
