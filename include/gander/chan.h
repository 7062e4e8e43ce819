// SPDX-License-Identifier: Apache-2.0
//
// Channels: goroutines, and threads, talk to each other through them, with Go's semantics.
//
//     auto words = gander::make_chan<std::string>(64);
//     gander::go([=] {
//       words.send("hello");
//       words.close();
//     });
//     for (std::string& word : words) use(word);  // until closed and drained
//
// A channel without capacity hands each value directly from a sender to a receiver; one with
// capacity keeps that many. Values arrive in the order in which they were sent, waiters are served
// first come, first served. What a sender did before it sent happens before what its receiver does
// afterwards.
//
// When moving a T throws, nothing is lost: the exception reaches the goroutine that sends or
// receives and the value is still where it was, with the sender or (then in front) in the channel.
//
// All functions may be called by any goroutine and any plain thread, at the same time, and without
// a run(); not by signal handlers.
#pragma once

#include <gander/internal/chan_access.h>
#include <gander/internal/chan_iterator.h>
#include <gander/internal/chan_void.h>
#include <gander/internal/deadline.h>
#include <gander/internal/transfer.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>  // std::hash
#include <optional>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// The sending half of chan<T> and send_chan<T>.
template <typename Self, typename T>
class sending {
 public:
  // Sends: waits for a receiver, or for room. Throws panic_error("send on closed channel"), also
  // when the channel is closed while it waits; the argument is then as it was. On a nil channel it
  // waits for ever. Switching. O(1).
  void send(T&& value) const { ops::send(core(), value, internal::no_deadline); }
  void send(const T& value) const {
    with_copy(value, [&](T& v) { return ops::send(core(), v, internal::no_deadline); });
  }

  // Sends T(args…). Throws what send() throws, and what making the T throws: then nothing has been
  // sent. Switching.
  template <typename... Args>
  requires std::constructible_from<T, Args...>
  void emplace(Args&&... args) const {
    T value(std::forward<Args>(args)...);
    ops::send(core(), value, internal::no_deadline);
  }

  // Sends if that needs no waiting, and says whether it did; `value` is moved from only then. False
  // on a nil channel; throws panic_error on a closed one. Non-switching, and without crossing the
  // border when there is no room. O(1).
  //
  //     if (!jobs.try_send(std::move(next))) run_here(next);
  bool try_send(T&& value) const { return ops::try_send(core(), value); }
  bool try_send(const T& value) const {
    if (core() == nullptr || internal::certainly_blocked(*core(), true)) return false;
    return with_copy(value, [&](T& v) { return ops::try_send(core(), v); });
  }

  // As send, but gives up when the time is over: false, and `value` is as it was. A limit in the
  // past still sends when that needs no waiting; duration::max() is for ever. Throws as send().
  // Switching.
  template <typename Rep, typename Period>
  bool send_for(T&& value, const std::chrono::duration<Rep, Period>& timeout) const {
    return ops::send(core(), value, internal::deadline_after(timeout));
  }
  template <typename Rep, typename Period>
  bool send_for(const T& value, const std::chrono::duration<Rep, Period>& timeout) const {
    return with_copy(value,
                     [&](T& v) { return ops::send(core(), v, internal::deadline_after(timeout)); });
  }
  template <typename Clock, typename Duration>
  bool send_until(T&& value, const std::chrono::time_point<Clock, Duration>& when) const {
    return internal::attempt_until(
        when, [&](auto deadline_ns) { return ops::send(core(), value, deadline_ns); });
  }
  template <typename Clock, typename Duration>
  bool send_until(const T& value, const std::chrono::time_point<Clock, Duration>& when) const {
    return with_copy(value, [&](T& v) { return send_until(std::move(v), when); });
  }

  // No more values will be sent: receivers take what is left, then learn of the end; senders,
  // waiting ones too, panic. Throws panic_error("close of closed channel") or ("close of nil
  // channel"). Non-switching. O(waiters).
  [[gnu::always_inline]] void close() const { internal::close(core(), internal::here()); }

 private:
  using ops = internal::transfer<T>;
  internal::chan_core* core() const noexcept {
    return internal::access::core(static_cast<const Self&>(*this));
  }

  // Bytes are only read, so raw values need no copy of their own. (A static_assert, not a
  // `requires` on each member: T may be incomplete where chan<T> is named, and Clang 14 looks at
  // constraints right there.)
  template <typename F>
  static bool with_copy(const T& value, F&& send) {
    static_assert(std::is_copy_constructible_v<T>,
                  "gander::chan<T>: this T cannot be copied; send std::move(value)");
    if constexpr (internal::mode_of<T> == internal::elem_mode::raw) {
      return send(const_cast<T&>(value));
    } else {
      T copy(value);
      return send(copy);
    }
  }
};

// The receiving half of chan<T> and recv_chan<T>.
template <typename Self, typename T>
class receiving {
 public:
  // Receives: waits for a value; std::nullopt once the channel is closed and drained. On a nil
  // channel it waits for ever. Switching. O(1).
  std::optional<T> recv() const {
    std::optional<T> value;
    ops::receive(core(), value, internal::no_deadline);
    return value;
  }

  // Receives what is there; `status` says why there is no value. A nil channel is empty for ever.
  // Non-switching, and without crossing the border when the channel is open and empty. O(1).
  std::optional<T> try_recv(recv_status& status) const {
    std::optional<T> value;
    status = internal::status_of(ops::try_receive(core(), value));
    return value;
  }
  std::optional<T> try_recv() const {
    std::optional<T> value;
    ops::try_receive(core(), value);
    return value;
  }

  // As recv, with a time limit: `status` is `empty` when it was over first. A limit in the past
  // still takes what is there. Switching.
  //
  //     gander::recv_status status;
  //     auto answer = answers.recv_for(2s, status);
  //     if (status == gander::recv_status::empty) give_up();
  template <typename Rep, typename Period>
  std::optional<T> recv_for(const std::chrono::duration<Rep, Period>& timeout,
                            recv_status& status) const {
    std::optional<T> value;
    status = internal::status_of(ops::receive(core(), value, internal::deadline_after(timeout)));
    return value;
  }
  template <typename Rep, typename Period>
  std::optional<T> recv_for(const std::chrono::duration<Rep, Period>& timeout) const {
    recv_status unused;
    return recv_for(timeout, unused);
  }
  template <typename Clock, typename Duration>
  std::optional<T> recv_until(const std::chrono::time_point<Clock, Duration>& when,
                              recv_status& status) const {
    std::optional<T> value;
    internal::attempt_until(when, [&](auto deadline_ns) {
      status = internal::status_of(ops::receive(core(), value, deadline_ns));
      return status != recv_status::empty;
    });
    return value;
  }
  template <typename Clock, typename Duration>
  std::optional<T> recv_until(const std::chrono::time_point<Clock, Duration>& when) const {
    recv_status unused;
    return recv_until(when, unused);
  }

  // A std::ranges::input_range over what is received until the channel is closed and drained. A
  // value is received when it is looked at: `c | std::views::take(3)` receives three. The iterator
  // must not outlive the last handle. Comparing with end(), and the first look, are switching.
  internal::chan_iterator<T> begin() const noexcept { return internal::chan_iterator<T>(core()); }
  std::default_sentinel_t end() const noexcept { return std::default_sentinel; }

 private:
  using ops = internal::transfer<T>;
  internal::chan_core* core() const noexcept {
    return internal::access::core(static_cast<const Self&>(*this));
  }
};

// What the three kinds of handle have in common. Handles are compared by the channel they stand
// for.
template <typename Self, typename T>
class chan_base {
  static_assert(!std::is_reference_v<T>,
                "gander::chan<T&>: references cannot travel; use std::reference_wrapper<T>");
  static_assert(!std::is_const_v<T> && !std::is_volatile_v<T>,
                "gander::chan<const T>: what is received belongs to the receiver; use chan<T> "
                "without const or volatile");

 public:
  using value_type = T;

  // The number of values in the buffer (those on their way into it count), and its size; 0 for the
  // nil channel. Non-switching, no border, O(1).
  std::size_t len() const noexcept { return internal::length(handle_.core()); }
  std::size_t cap() const noexcept { return internal::capacity(handle_.core()); }

  // False for the nil channel.
  explicit operator bool() const noexcept { return handle_.core() != nullptr; }

  friend bool operator==(const Self& a, const Self& b) noexcept {
    return internal::access::core(a) == internal::access::core(b);
  }

 protected:
  chan_base() noexcept = default;
  explicit chan_base(const internal::chan_handle& handle) noexcept : handle_(handle) {}

 private:
  friend internal::access;
  internal::chan_handle handle_;
};

// A handle of a channel of T, copied like a std::shared_ptr: copies stand for the same channel, and
// dropping the last one frees it with the values left in it, but closes nothing. A
// default-constructed one is the nil channel. Each handle is to be changed by one thread at a time;
// the channel itself may be used by all. Copying and dropping are non-switching; the last drop
// destroys the values that are left.
template <typename T>
class chan : public chan_base<chan<T>, T>,
             public sending<chan<T>, T>,
             public receiving<chan<T>, T> {
 public:
  chan() noexcept = default;
  chan(std::nullptr_t) noexcept {}

 private:
  friend internal::access;
};

// A handle that can only send, and close.
template <typename T>
class send_chan : public chan_base<send_chan<T>, T>, public sending<send_chan<T>, T> {
 public:
  send_chan() noexcept = default;
  send_chan(std::nullptr_t) noexcept {}
  send_chan(const chan<T>& c) noexcept : chan_base<send_chan<T>, T>(internal::access::handle(c)) {}
};

// A handle that can only receive.
template <typename T>
class recv_chan : public chan_base<recv_chan<T>, T>, public receiving<recv_chan<T>, T> {
 public:
  recv_chan() noexcept = default;
  recv_chan(std::nullptr_t) noexcept {}
  recv_chan(const chan<T>& c) noexcept : chan_base<recv_chan<T>, T>(internal::access::handle(c)) {}
};

template <typename T>
inline constexpr bool enable_inline_move<chan<T>> = true;
template <typename T>
inline constexpr bool enable_inline_move<send_chan<T>> = true;
template <typename T>
inline constexpr bool enable_inline_move<recv_chan<T>> = true;

// Makes a channel that keeps up to `capacity` values. Throws panic_error("makechan: size out of
// range") for a capacity that no address space could hold (a negative number turned std::size_t is
// one), std::bad_alloc when there is no memory. Non-switching. O(1).
template <typename T>
[[nodiscard, gnu::always_inline]] inline chan<T> make_chan(std::size_t capacity = 0) {
  static_assert(!std::is_reference_v<T>,
                "gander::chan<T&>: references cannot travel; use std::reference_wrapper<T>");
  using carried = std::conditional_t<std::is_void_v<T>, internal::unit, T>;
  [[maybe_unused]] const internal::transfer<carried> checks_the_type;
  const internal::elem_ops& ops = internal::elem<carried>::ops;
  internal::chan_core* const core = internal::make_core(ops, capacity);
  core->made.store(internal::here(), std::memory_order_relaxed);
  return internal::access::make<chan<T>>(internal::chan_handle(core));
}

}  // namespace gander

#pragma GCC visibility pop

template <typename T>
struct std::hash<gander::chan<T>> {
  std::size_t operator()(const gander::chan<T>& c) const noexcept {
    return std::hash<const void*>()(gander::internal::access::core(c));
  }
};
template <typename T>
struct std::hash<gander::send_chan<T>> {
  std::size_t operator()(const gander::send_chan<T>& c) const noexcept {
    return std::hash<const void*>()(gander::internal::access::core(c));
  }
};
template <typename T>
struct std::hash<gander::recv_chan<T>> {
  std::size_t operator()(const gander::recv_chan<T>& c) const noexcept {
    return std::hash<const void*>()(gander::internal::access::core(c));
  }
};
