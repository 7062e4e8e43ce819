// SPDX-License-Identifier: Apache-2.0
//
// goroutine_local<T>: what thread_local means for a goroutine. (A thread_local variable belongs to
// the thread, and a goroutine changes threads at any switching call.)
#pragma once

#include <gander/internal/user_cells.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

namespace internal {

// One value of one goroutine. Keys are numbers that are never used twice, so a value whose
// goroutine_local is gone cannot be taken for another's.
struct local_value {
  std::uint64_t key;
  local_value* next;
  void (*destroy)(local_value*);
};

// The head of the calling goroutine's list, newest first; a plain thread has one, too. It moves
// with the goroutine.
local_value*& goroutine_locals() noexcept;

inline std::uint64_t new_local_key() noexcept {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);  // only uniqueness counts
}

}  // namespace internal

// A variable with a value for each goroutine, made when that goroutine first asks for it
// (value-initialized, or by the function given) and destroyed at its end, the newest first; who
// waits for the goroutine may be on its way by then. Usually in static storage.
//
//     static gander::goroutine_local<std::string> request_id;
//     *request_id = "4711";
//
// get() is linear in the number of variables that the goroutine uses, and throws what making the
// value throws. The goroutine_local object must outlive its use, not the goroutines. Non-switching.
template <typename T>
class goroutine_local {
 public:
  goroutine_local() : goroutine_local([]() -> T { return T(); }) {}
  explicit goroutine_local(T (*make)()) : make_(make) {}
  goroutine_local(const goroutine_local&) = delete;
  goroutine_local& operator=(const goroutine_local&) = delete;

  T& get() {
    for (internal::local_value* v = internal::goroutine_locals(); v != nullptr; v = v->next)
      if (v->key == key_) return static_cast<node*>(v)->value;
    node* const made = internal::make_in_cells<node>(make_);
    made->key = key_;
    made->destroy = [](internal::local_value* v) {
      internal::destroy_in_cells(static_cast<node*>(v));
    };
    internal::local_value*& head =
        internal::goroutine_locals();  // making the value may have switched
    made->next = head;
    head = made;
    return made->value;
  }

  T& operator*() { return get(); }
  T* operator->() { return std::addressof(get()); }

 private:
  struct node : internal::local_value {
    explicit node(T (*make)()) : value(make()) {}
    T value;
  };

  const std::uint64_t key_ = internal::new_local_key();
  T (*make_)();
};

}  // namespace gander

#pragma GCC visibility pop
