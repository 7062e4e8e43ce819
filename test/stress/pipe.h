// SPDX-License-Identifier: Apache-2.0
//
// A channel of any element type, by number instead of value, and all the ways to send and receive
// on it. The last of its senders closes it, or somebody who closes it early; senders that wait then
// get their messages back.
#pragma once

#include <gander/chan.h>
#include <gander/go.h>
#include <gander/panic.h>
#include <gander/select.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "stress/dice.h"
#include "stress/message.h"

namespace gander::stress {

// A case of a select, with the place for its value.
class receiver {
 public:
  virtual ~receiver() = default;
  virtual select_case arm() = 0;
  virtual std::optional<std::uint64_t> take() = 0;  // nullopt: closed and drained
};

class sender {
 public:
  virtual ~sender() = default;
  virtual select_case arm(std::uint64_t id) = 0;
};

class pipe {
 public:
  virtual ~pipe() = default;

  virtual bool send(std::uint64_t id, dice& d) = 0;        // false: it is closed
  virtual std::optional<std::uint64_t> recv(dice& d) = 0;  // nullopt: closed and drained
  virtual std::unique_ptr<receiver> make_receiver() const = 0;
  virtual std::unique_ptr<sender> make_sender() const = 0;

  void join() { ++senders_; }
  void leave() {
    if (--senders_ == 0) close();
  }
  void close() {
    if (!closed_.exchange(true)) close_channel();
  }
  // True from a moment before it is closed.
  bool closed() const { return closed_; }

 protected:
  virtual void close_channel() = 0;

 private:
  std::atomic<int> senders_{0};
  std::atomic<bool> closed_{false};
};

template <typename T>
class pipe_of final : public pipe {
 public:
  explicit pipe_of(std::size_t capacity) : chan_(make_chan<T>(capacity)) {}

  bool send(std::uint64_t id, dice& d) override {
    T value = retry([&] { return message<T>::make(id); });
    try {
      while (!retry([&] { return send_once(value, d); })) yield();
      return true;
    } catch (const panic_error&) {
      if (!closed()) fail("a send panicked on an open channel");
      if (message<T>::read(value) != id) fail("a message came back changed");
      return false;
    }
  }

  std::optional<std::uint64_t> recv(dice& d) override {
    for (;;) {
      std::optional<T> value;
      recv_status status = recv_status::empty;
      retry([&] { recv_once(value, status, d); });
      if (value.has_value()) return message<T>::read(*value);
      if (status == recv_status::closed) return std::nullopt;
      yield();
    }
  }

  std::unique_ptr<receiver> make_receiver() const override {
    return std::make_unique<receiver_of>(chan_);
  }
  std::unique_ptr<sender> make_sender() const override {
    return std::make_unique<sender_of>(chan_);
  }

 private:
  static std::chrono::microseconds some_time(dice& d) {
    return std::chrono::microseconds(d.below(300));
  }

  template <typename F>
  static auto retry(F&& f) {
    for (;;) {
      try {
        return f();
      } catch (const stumble&) {
      }
    }
  }

  bool send_once(T& value, dice& d) {
    const chan<T> never;
    switch (d.below(6)) {
      case 0:
        return chan_.try_send(std::move(value));
      case 1:
        return chan_.send_for(std::move(value), some_time(d));
      case 2:
        return select(on_send(chan_, value), on_default()) == 0;
      case 3:
        return select(on_recv(never), on_send(chan_, value)) == 1;
      default:
        chan_.send(std::move(value));
        return true;
    }
  }

  void recv_once(std::optional<T>& value, recv_status& status, dice& d) {
    const chan<T> never;
    switch (d.below(6)) {
      case 0:
        receive_into(value, status, [&] { return chan_.try_recv(status); });
        return;
      case 1:
        receive_into(value, status, [&] { return chan_.recv_for(some_time(d), status); });
        return;
      case 2:
        if (select(on_recv(chan_, value), on_default()) == 0 && !value)
          status = recv_status::closed;
        return;
      case 3:
        select(on_recv(never), on_recv(chan_, value), on_recv(never));
        break;
      default:
        receive_into(value, status, [&] { return chan_.recv(); });
        break;
    }
    if (!value) status = recv_status::closed;
  }

  // Not an assignment: that would be one more move, after the message has left the channel.
  template <typename F>
  static void receive_into(std::optional<T>& value, recv_status&, F&& f) {
    value.~optional();
    try {
      new (&value) std::optional<T>(f());
    } catch (...) {
      new (&value) std::optional<T>();
      throw;
    }
  }

  class receiver_of final : public receiver {
   public:
    explicit receiver_of(chan<T> c) : chan_(std::move(c)) {}
    select_case arm() override {
      value_.reset();
      return select_case(on_recv(chan_, value_));
    }
    std::optional<std::uint64_t> take() override {
      if (!value_) return std::nullopt;
      return message<T>::read(*value_);
    }

   private:
    chan<T> chan_;
    std::optional<T> value_;
  };

  class sender_of final : public sender {
   public:
    explicit sender_of(chan<T> c) : chan_(std::move(c)) {}
    select_case arm(std::uint64_t id) override {
      value_.reset();
      retry([&] { value_.emplace(message<T>::make(id)); });
      return select_case(on_send(chan_, *value_));
    }

   private:
    chan<T> chan_;
    std::optional<T> value_;
  };

  void close_channel() override { chan_.close(); }

  const chan<T> chan_;
};

inline std::unique_ptr<pipe> make_pipe(dice& d) {
  const std::size_t capacity = d.one_in(2) ? 0 : d.below(20);
  switch (d.below(5)) {
    case 0:
      return std::make_unique<pipe_of<std::uint64_t>>(capacity);
    case 1:
      return std::make_unique<pipe_of<std::string>>(capacity);
    case 2:
      return std::make_unique<pipe_of<std::unique_ptr<letter>>>(capacity);
    case 3:
      return std::make_unique<pipe_of<fussy>>(capacity);
    default:
      return std::make_unique<pipe_of<wide>>(capacity);
  }
}

}  // namespace gander::stress
