// SPDX-License-Identifier: Apache-2.0
//
// The typed half of sending and receiving: what must know T, and all that runs users' moves.
//
// Everything here runs outside the border, under no lock. Each move stands between two calls of the
// core, and a guard makes the second one whatever way the scope is left (an exception, goexit): the
// value is then still where it was.
#pragma once

#include <gander/internal/chan_core.h>
#include <gander/internal/chan_handle.h>
#include <gander/internal/gc_runtime.h>
#include <gander/panic.h>

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

// A sender's cell until it is committed.
class own_cell {
 public:
  own_cell() noexcept = default;
  explicit own_cell(const elem_ops& ops) : layout_(ops), cell_(layout_.make()) {}
  own_cell(own_cell&& other) noexcept
      : layout_(other.layout_), cell_(std::exchange(other.cell_, nullptr)) {}
  own_cell& operator=(own_cell&& other) noexcept {
    std::swap(layout_, other.layout_);
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~own_cell() {
    if (cell_ != nullptr) layout_.free(cell_);
  }

  cell* get() const noexcept { return cell_; }
  void* value() const noexcept { return layout_.value_of(cell_); }
  cell* release() noexcept { return std::exchange(cell_, nullptr); }

 private:
  cell_layout layout_{elem<unit>::ops};
  cell* cell_ = nullptr;
};

template <typename F>
class [[nodiscard]] on_exit {
 public:
  explicit on_exit(F f) noexcept : f_(f) {}
  ~on_exit() { f_(moved); }
  on_exit(const on_exit&) = delete;
  on_exit& operator=(const on_exit&) = delete;

  bool moved = false;

 private:
  F f_;
};

template <typename T>
struct transfer {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && std::is_destructible_v<T>,
                "gander::chan<T>: T must be an object type; use std::array for arrays");
  static_assert(
      std::is_move_constructible_v<T>,
      "gander::chan<T>: T must be movable to travel; use std::unique_ptr<T> for one that is not");

  static constexpr elem_mode mode = mode_of<T>;

  // Moves `value` into the waiting receiver that the core has claimed for us.
  static void into_peer(sudog* peer, T& value) {
    on_exit told([peer](bool moved) { handoff_finish(peer, moved); });
    static_cast<std::optional<T>*>(peer->elem)->emplace(std::move(value));
    told.moved = true;
  }

  static void from_peer(sudog* peer, std::optional<T>& target) {
    on_exit told([peer](bool moved) { handoff_finish(peer, moved); });
    const T& arrived = target.emplace(std::move(*static_cast<T*>(peer->elem)));
    gc_moved_off_stack(std::addressof(arrived), sizeof(T));
    told.moved = true;
  }

  // Moves `value` into the reserved cell.
  static void into_cell(chan_core& c, own_cell& reserved, T& value) {
    on_exit told([&](bool moved) {
      if (moved) {
        cell_commit(c, reserved.release());
      } else {
        cell_cancel(c, reserved.get());
      }
    });
    ::new (reserved.value()) T(std::move(value));
    told.moved = true;
  }

  static void from_cell(chan_core& c, cell* taken, std::optional<T>& target) {
    constexpr cell_layout layout(elem<T>::ops);
    T* const value = static_cast<T*>(layout.value_of(taken));
    {
      on_exit told([&](bool moved) {
        if (!moved) cell_put_back(c, taken);
      });
      target.emplace(std::move(*value));
      told.moved = true;
    }
    value->~T();
    layout.free(taken);
  }

  // What is left to do when the core has answered, also to a select.
  static bool finish_send(chan_core* c, outcome o, T& value, own_cell& reserved) {
    if (o.result == chan_result::closed) panic_about("send on closed channel", closed_past(*c));
    if (o.result == chan_result::would_block) return false;
    if constexpr (mode == elem_mode::user) {
      if (o.result == chan_result::move) {
        into_peer(o.peer(), value);
      } else if (c->capacity > 0) {
        into_cell(*c, reserved, value);
      }
    }
    return true;
  }

  static chan_result finish_receive(chan_core* c, outcome o, landing<T>& arrived,
                                    std::optional<T>& target) {
    if (o.result == chan_result::closed || o.result == chan_result::would_block) return o.result;
    if constexpr (mode != elem_mode::user) {
      arrived.settle(target);
    } else if (o.result == chan_result::move) {
      from_peer(o.peer(), target);
    } else if (c->capacity > 0) {
      from_cell(*c, o.slot(), target);
    }
    return chan_result::done;
  }

  // False when the deadline came first.
  static bool send(chan_core* c, T& value, std::int64_t deadline_ns) {
    own_cell reserved;
    outcome o;
    if constexpr (mode != elem_mode::user) {
      o = {chan_send(c, std::addressof(value), deadline_ns)};
    } else if (c == nullptr || c->capacity == 0) {
      o = handoff_send(c, std::addressof(value), deadline_ns);
    } else {
      reserved = own_cell(elem<T>::ops);
      o = {cell_reserve(*c, reserved.get(), deadline_ns)};
    }
    return finish_send(c, o, value, reserved);
  }

  static bool try_send(chan_core* c, T& value) {
    if (c == nullptr || certainly_blocked(*c, true)) return false;
    own_cell reserved;
    outcome o;
    if constexpr (mode != elem_mode::user) {
      o = {chan_try_send(*c, std::addressof(value))};
    } else if (c->capacity == 0) {
      o = handoff_try_send(*c);
    } else {
      reserved = own_cell(elem<T>::ops);
      o = {cell_try_reserve(*c, reserved.get())};
    }
    return finish_send(c, o, value, reserved);
  }

  // REQUIRES: target is empty. It stays so unless the result is `done`.
  static chan_result receive(chan_core* c, std::optional<T>& target, std::int64_t deadline_ns) {
    landing<T> arrived;
    outcome o;
    if constexpr (mode != elem_mode::user) {
      o = {chan_receive(c, arrived.address(target), deadline_ns)};
    } else if (c == nullptr || c->capacity == 0) {
      o = handoff_receive(c, arrived.address(target), deadline_ns);
    } else {
      o = cell_take(*c, deadline_ns);
    }
    return finish_receive(c, o, arrived, target);
  }

  static chan_result try_receive(chan_core* c, std::optional<T>& target) {
    if (c == nullptr || certainly_blocked(*c, false)) return chan_result::would_block;
    landing<T> arrived;
    outcome o;
    if constexpr (mode != elem_mode::user) {
      o = {chan_try_receive(*c, arrived.address(target))};
    } else if (c->capacity == 0) {
      o = handoff_try_receive(*c);
    } else {
      o = cell_try_take(*c);
    }
    return finish_receive(c, o, arrived, target);
  }
};

}  // namespace gander::internal

#pragma GCC visibility pop
