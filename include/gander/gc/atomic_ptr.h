// SPDX-License-Identifier: Apache-2.0
//
// gc::atomic_ptr<T>: a gc::ptr that goroutines read and write at the same time.
#pragma once

#include <gander/gc/fields.h>
#include <gander/internal/gc_runtime.h>

#include <atomic>
#include <cstddef>

#pragma GCC visibility push(default)

namespace gander::gc {

// As std::atomic<T*>, without the arithmetic. May stand where a gc::ptr may.
//
//     struct stack {
//       gander::gc::atomic_ptr<node> head;
//       void push(node* n) {
//         node* top = head.load();
//         do n->next = top;
//         while (!head.compare_exchange_weak(top, n));
//       }
//     };
//
// No object is taken anew while somebody still has a pointer to it, so what is popped from such a
// stack needs neither counts nor hazard pointers (no ABA). store() costs as much as exchange(): the
// collector is told what was there. Non-switching.
template <typename T>
class atomic_ptr {
 public:
  using value_type = T*;
  static constexpr bool is_always_lock_free = std::atomic<T*>::is_always_lock_free;

  constexpr atomic_ptr() noexcept = default;
  constexpr atomic_ptr(std::nullptr_t) noexcept {}
  atomic_ptr(T* object) noexcept { store(object, std::memory_order_relaxed); }
  atomic_ptr(const atomic_ptr&) = delete;
  atomic_ptr& operator=(const atomic_ptr&) = delete;
  ~atomic_ptr() { store(nullptr, std::memory_order_relaxed); }

  bool is_lock_free() const noexcept { return value_.is_lock_free(); }

  T* load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
    return value_.load(order);
  }
  operator T*() const noexcept { return load(); }

  void store(T* value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    exchange(value, order);
  }
  T* operator=(T* value) noexcept {
    store(value);
    return value;
  }

  T* exchange(T* value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    T* const old_value = value_.exchange(value, order);
    written(old_value, value);
    return old_value;
  }

  bool compare_exchange_weak(T*& expected, T* value, std::memory_order success,
                             std::memory_order failure) noexcept {
    const bool done = value_.compare_exchange_weak(expected, value, success, failure);
    if (done) written(expected, value);
    return done;
  }
  bool compare_exchange_strong(T*& expected, T* value, std::memory_order success,
                               std::memory_order failure) noexcept {
    const bool done = value_.compare_exchange_strong(expected, value, success, failure);
    if (done) written(expected, value);
    return done;
  }
  bool compare_exchange_weak(T*& expected, T* value,
                             std::memory_order order = std::memory_order_seq_cst) noexcept {
    return compare_exchange_weak(expected, value, order, on_failure(order));
  }
  bool compare_exchange_strong(T*& expected, T* value,
                               std::memory_order order = std::memory_order_seq_cst) noexcept {
    return compare_exchange_strong(expected, value, order, on_failure(order));
  }

 private:
  GANDER_GC_FIELDS(atomic_ptr, value_)

  // The second half of gc_store.
  static void written(const void* old_value, const void* value) noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // relaxed: the handshake that turns it on orders it.
    if (internal::gc_now.marking.load(std::memory_order_relaxed)) [[unlikely]]
      internal::gc_shade(old_value, value);
  }
  static constexpr std::memory_order on_failure(std::memory_order order) noexcept {
    if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
    if (order == std::memory_order_release) return std::memory_order_relaxed;
    return order;
  }

  std::atomic<T*> value_{nullptr};
};

}  // namespace gander::gc

#pragma GCC visibility pop
