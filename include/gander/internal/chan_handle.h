// SPDX-License-Identifier: Apache-2.0
//
// The reference-counted handle that chan<T>, send_chan<T> and recv_chan<T> share, and the birth and
// the end of a channel: both are header code, for both call the user's allocator, and the end his
// destructors too. All of it runs outside the border and under no lock.
#pragma once

#include <gander/internal/chan_core.h>
#include <gander/internal/user_cells.h>
#include <gander/panic.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

constexpr std::size_t round_up(std::size_t n, std::size_t align) noexcept {
  return (n + align - 1) & ~(align - 1);
}

// A cell and its value are one allocation.
struct cell_layout {
  std::size_t value_offset, size, align;

  explicit constexpr cell_layout(const elem_ops& ops) noexcept
      : value_offset(round_up(sizeof(cell), ops.align)),
        size(value_offset + ops.size),
        align(ops.align > alignof(cell) ? ops.align : alignof(cell)) {}

  void* value_of(cell* c) const noexcept { return reinterpret_cast<std::byte*>(c) + value_offset; }
  cell* make() const { return ::new (alloc_user_cells(size, align)) cell; }
  void free(cell* c) const noexcept { free_user_cells(c, size, align); }
};

// The core and its ring are one allocation.
struct chan_layout {
  std::size_t ring_offset, size, align;

  chan_layout(const elem_ops& ops, std::size_t slots) noexcept
      : ring_offset(round_up(sizeof(chan_core), ops.align)),
        size(ops.mode == elem_mode::user ? sizeof(chan_core) : ring_offset + slots * ops.size),
        align(ops.align > alignof(chan_core) ? ops.align : alignof(chan_core)) {}
};

inline chan_core* make_core(const elem_ops& ops, std::size_t capacity) {
  // Room for the core is left, so that no sum overflows; zero-size values are counted too (Go's
  // rule).
  const std::size_t most = static_cast<std::size_t>(PTRDIFF_MAX) - sizeof(chan_core) - ops.align;
  if (capacity > most / (ops.size > 0 ? ops.size : 1)) panic("makechan: size out of range");
  const chan_layout layout(ops, capacity);
  std::byte* const memory = static_cast<std::byte*>(alloc_user_cells(layout.size, layout.align));
  std::byte* const ring = ops.mode == elem_mode::user ? nullptr : memory + layout.ring_offset;
  return ::new (memory) chan_core(ops, capacity, ring);
}

// Nobody else knows the channel any more, so nothing needs a lock; no reservation can be pending.
inline void destroy_core(chan_core* c) noexcept {
  const elem_ops& ops = c->ops;
  if (ops.mode == elem_mode::inline_move) {
    std::size_t slot = c->head;
    for (std::size_t left = c->count.load(std::memory_order_relaxed); left > 0; --left) {
      ops.destroy(c->ring + slot * ops.size);
      if (++slot == c->capacity) slot = 0;
    }
  }
  const cell_layout cells(ops);
  while (cell* const front = c->first) {
    c->first = front->next;
    ops.destroy(cells.value_of(front));
    cells.free(front);
  }
  const chan_layout layout(ops, c->capacity);
  c->~chan_core();
  free_user_cells(c, layout.size, layout.align);
}

class chan_handle {
 public:
  constexpr chan_handle() noexcept = default;
  explicit chan_handle(chan_core* owned) noexcept : core_(owned) {}
  chan_handle(const chan_handle& other) noexcept : core_(other.core_) {
    // relaxed: who copies has a reference already.
    if (core_ != nullptr) core_->references.fetch_add(1, std::memory_order_relaxed);
  }
  chan_handle(chan_handle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  chan_handle& operator=(chan_handle other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~chan_handle() {
    // acq_rel: all that other handles did to the channel happens before its end.
    if (core_ != nullptr && core_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      destroy_core(core_);
    // Nothing is to be left that looks like a handle: to the search for leaked goroutines it would
    // be a way to the channel. Compilers leave out stores to what is gone, but for this.
    core_ = nullptr;
    asm volatile("" : : "m"(core_));
  }

  chan_core* core() const noexcept { return core_; }

 private:
  chan_core* core_ = nullptr;
};

inline void close(chan_core* c, std::uintptr_t place) {
  if (c == nullptr) panic("close of nil channel");
  if (!chan_close(*c, place)) panic_about("close of closed channel", closed_past(*c));
}

// relaxed: a number that may be out of date as soon as it is known.
inline std::size_t length(const chan_core* c) noexcept {
  return c != nullptr ? c->count.load(std::memory_order_relaxed) : 0;
}

inline std::size_t capacity(const chan_core* c) noexcept { return c != nullptr ? c->capacity : 0; }

}  // namespace gander::internal

#pragma GCC visibility pop
