// SPDX-License-Identifier: Apache-2.0
//
// What makes a channel an input range: each element is received when it is looked at, not before.
#pragma once

#include <gander/internal/deadline.h>
#include <gander/internal/transfer.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

// Single pass. It holds the value it stands on, so a reference to it ends with ++ and when the
// iterator moves. It does not keep the channel alive; the range does. Both == and * may receive
// (switching); ++ never does, or views::take(3) would wait for a fourth value that nobody wants.
template <typename T>
class chan_iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  explicit chan_iterator(chan_core* c) noexcept : core_(c) {}
  chan_iterator(chan_iterator&&) noexcept(std::is_nothrow_move_constructible_v<T>) = default;
  chan_iterator& operator=(chan_iterator&& other) noexcept(
      std::is_nothrow_move_constructible_v<T>) {
    core_ = other.core_;
    owed_ = other.owed_;
    held_.reset();  // not assigned: T need not be assignable
    if (other.held_) held_.emplace(std::move(*other.held_));
    return *this;
  }
  chan_iterator(const chan_iterator&) = delete;
  chan_iterator& operator=(const chan_iterator&) = delete;
  ~chan_iterator() = default;

  T& operator*() const {
    if (!fetch()) panic("dereference of a channel's end");
    return *held_;
  }
  T* operator->() const { return std::addressof(**this); }

  chan_iterator& operator++() {
    if (held_) {
      held_.reset();
    } else {
      ++owed_;  // a value that nobody looked at is still to be passed over
    }
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const chan_iterator& it, std::default_sentinel_t) { return !it.fetch(); }

 private:
  // False at the end: closed and drained.
  bool fetch() const {
    while (!held_) {
      if (transfer<T>::receive(core_, held_, no_deadline) == chan_result::closed) return false;
      if (owed_ == 0) break;
      --owed_;
      held_.reset();
    }
    return true;
  }

  chan_core* core_;
  mutable std::size_t owed_ = 0;
  mutable std::optional<T> held_;
};

}  // namespace gander::internal

#pragma GCC visibility pop
