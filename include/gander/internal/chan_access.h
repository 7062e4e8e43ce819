// SPDX-License-Identifier: Apache-2.0
//
// The names of channels, and the library's own way to the core behind a handle.
#pragma once

#include <gander/internal/chan_core.h>
#include <gander/internal/chan_handle.h>

#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// How a receive ended that may end without a value.
enum class recv_status {
  ok,      // a value came
  empty,   // none was there (in time)
  closed,  // none will ever come
};

template <typename T>
class chan;
template <typename T>
class send_chan;
template <typename T>
class recv_chan;
template <typename Self, typename T>
class sending;
template <typename Self, typename T>
class receiving;

namespace internal {

// Lets the parts of the library at a handle's core.
struct access {
  template <typename Chan>
  static chan_core* core(const Chan& c) noexcept {
    return c.handle_.core();
  }
  template <typename Chan>
  static const chan_handle& handle(const Chan& c) noexcept {
    return c.handle_;
  }
  template <typename Chan>
  static Chan make(chan_handle&& handle) noexcept {
    Chan c;
    c.handle_ = std::move(handle);
    return c;
  }
};

constexpr recv_status status_of(chan_result r) noexcept {
  return r == chan_result::done     ? recv_status::ok
         : r == chan_result::closed ? recv_status::closed
                                    : recv_status::empty;
}

}  // namespace internal

}  // namespace gander

#pragma GCC visibility pop
