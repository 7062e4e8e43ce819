// SPDX-License-Identifier: Apache-2.0
//
// The result of a goroutine: handle<T>, made by gander::spawn.
#pragma once

#include <gander/internal/event.h>
#include <gander/internal/user_cells.h>
#include <gander/panic.h>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

namespace internal {

// Shared by the goroutine and its handle; the last of the two frees it.
template <typename T>
struct spawn_state {
  using stored = std::conditional_t<
      std::is_void_v<T>, bool,
      std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>>;
  std::atomic<int> references{2};
  std::optional<stored> result;  // written before done is set, read after
  std::exception_ptr error;
  event done;

  // acq_rel: the last one sees what the other did before it let go.
  void release() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) internal::destroy_in_cells(this);
  }
};

}  // namespace internal

// Owns the right to the result. Move-only; empty after join() and when moved from. Dropping it
// neither waits nor stops the goroutine. One goroutine or thread at a time, any.
//
//     gander::handle<int> answer = gander::spawn([] { return 6 * 7; });
//     use(answer.join());
template <typename T>
class handle {
 public:
  handle() noexcept = default;
  handle(handle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  handle& operator=(handle&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~handle() {
    if (state_ != nullptr) state_->release();
  }

  // False for an empty handle. Non-switching.
  bool valid() const noexcept { return state_ != nullptr; }

  // Whether join() would return at once; false for an empty handle. Non-switching.
  bool done() const noexcept { return state_ != nullptr && state_->done.happened(); }

  // Waits for the goroutine's end and returns its result, or rethrows what left it. Once: the
  // handle is empty then. Throws panic_error for an empty handle, and when the goroutine called
  // goexit(). Switching.
  T join() {
    if (state_ == nullptr) panic("join of an empty handle");
    const handle self = std::move(*this);  // lets go of the state also when an exception leaves
    auto& state = *self.state_;
    state.done.wait();
    if (state.error) std::rethrow_exception(std::move(state.error));
    if (!state.result) panic("join of a goroutine that called goexit");
    if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(**state.result);
    } else if constexpr (!std::is_void_v<T>) {
      return std::move(*state.result);
    }
  }

 private:
  explicit handle(internal::spawn_state<T>* state) noexcept : state_(state) {}

  internal::spawn_state<T>* state_ = nullptr;

  template <typename U>
  friend handle<U> make_handle(internal::spawn_state<U>* state) noexcept;
};

template <typename T>
handle<T> make_handle(internal::spawn_state<T>* state) noexcept {
  return handle<T>(state);
}

namespace internal {

// The goroutine's side. Tells "done" when it is destroyed, so also when goexit() unwinds the
// goroutine.
template <typename T>
class promise {
 public:
  promise() : state_(internal::make_in_cells<spawn_state<T>>()) {}
  promise(promise&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  promise& operator=(promise&&) = delete;
  ~promise() {
    if (state_ == nullptr) return;
    state_->done.set();
    state_->release();
  }

  handle<T> get_handle() noexcept { return make_handle(state_); }

  // Exceptions are kept for join(). goexit() must pass: it is not an exception, and is not stopped
  // here.
  template <typename F, typename... Args>
  void fulfil(F&& f, Args&&... args) {
    state_->done.is_mine();
    try {
      if constexpr (std::is_void_v<T>) {
        call(std::forward<F>(f), std::forward<Args>(args)...);
        state_->result.emplace(true);
      } else if constexpr (std::is_reference_v<T>) {
        T&& result = call(std::forward<F>(f), std::forward<Args>(args)...);
        state_->result.emplace(std::addressof(result));
      } else {
        state_->result.emplace(call(std::forward<F>(f), std::forward<Args>(args)...));
      }
    } catch (...) {
      keep_current_exception();
    }
  }

 private:
  // std::invoke, whose header is heavy.
  template <typename F, typename... Args>
  static decltype(auto) call(F&& f, Args&&... args) {
    return std::apply(std::forward<F>(f), std::forward_as_tuple(std::forward<Args>(args)...));
  }

  // `catch (...)` catches goexit's unwinding too: there is no current exception then, and it goes
  // on.
  void keep_current_exception() {
    state_->error = std::current_exception();
    if (!state_->error) throw;
  }

  spawn_state<T>* state_;
};

}  // namespace internal

}  // namespace gander

#pragma GCC visibility pop
