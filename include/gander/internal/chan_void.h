// SPDX-License-Identifier: Apache-2.0
//
// chan<void>: a channel of events without a value.
#pragma once

#include <gander/internal/chan_access.h>
#include <gander/internal/deadline.h>
#include <gander/internal/transfer.h>

#include <chrono>
#include <optional>

#pragma GCC visibility push(default)

namespace gander {

// As sending<Self, T>, without a value to send.
template <typename Self>
class sending<Self, void> {
 public:
  void send() const {
    internal::unit event;
    ops::send(core(), event, internal::no_deadline);
  }
  bool try_send() const {
    internal::unit event;
    return ops::try_send(core(), event);
  }
  template <typename Rep, typename Period>
  bool send_for(const std::chrono::duration<Rep, Period>& timeout) const {
    internal::unit event;
    return ops::send(core(), event, internal::deadline_after(timeout));
  }
  template <typename Clock, typename Duration>
  bool send_until(const std::chrono::time_point<Clock, Duration>& when) const {
    internal::unit event;
    return internal::attempt_until(
        when, [&](auto deadline_ns) { return ops::send(core(), event, deadline_ns); });
  }
  [[gnu::always_inline]] void close() const { internal::close(core(), internal::here()); }

 private:
  using ops = internal::transfer<internal::unit>;
  internal::chan_core* core() const noexcept {
    return internal::access::core(static_cast<const Self&>(*this));
  }
};

// As receiving<Self, T>: true when an event was received.
template <typename Self>
class receiving<Self, void> {
 public:
  bool recv() const {
    std::optional<internal::unit> event;
    return ops::receive(core(), event, internal::no_deadline) == internal::chan_result::done;
  }
  bool try_recv(recv_status& status) const {
    std::optional<internal::unit> event;
    status = internal::status_of(ops::try_receive(core(), event));
    return status == recv_status::ok;
  }
  bool try_recv() const {
    recv_status unused;
    return try_recv(unused);
  }
  template <typename Rep, typename Period>
  bool recv_for(const std::chrono::duration<Rep, Period>& timeout, recv_status& status) const {
    std::optional<internal::unit> event;
    status = internal::status_of(ops::receive(core(), event, internal::deadline_after(timeout)));
    return status == recv_status::ok;
  }
  template <typename Rep, typename Period>
  bool recv_for(const std::chrono::duration<Rep, Period>& timeout) const {
    recv_status unused;
    return recv_for(timeout, unused);
  }
  template <typename Clock, typename Duration>
  bool recv_until(const std::chrono::time_point<Clock, Duration>& when, recv_status& status) const {
    std::optional<internal::unit> event;
    internal::attempt_until(when, [&](auto deadline_ns) {
      status = internal::status_of(ops::receive(core(), event, deadline_ns));
      return status != recv_status::empty;
    });
    return status == recv_status::ok;
  }
  template <typename Clock, typename Duration>
  bool recv_until(const std::chrono::time_point<Clock, Duration>& when) const {
    recv_status unused;
    return recv_until(when, unused);
  }

 private:
  using ops = internal::transfer<internal::unit>;
  internal::chan_core* core() const noexcept {
    return internal::access::core(static_cast<const Self&>(*this));
  }
};

}  // namespace gander

#pragma GCC visibility pop
