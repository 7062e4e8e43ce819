// SPDX-License-Identifier: Apache-2.0
//
// A complete generation: its batches, tables included, as they are written to a file behind a
// header. Shared by those who write it out; the last one who lets go gives its memory back.
//
// Any thread. Nothing in it changes once it is published.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "trace/batch.h"

namespace gander::tracer {

// One moment on three clocks.
struct clock_reading {
  std::uint64_t ticks = 0;
  std::uint64_t monotonic_ns = 0;
  std::uint64_t unix_seconds = 0;
  std::uint32_t unix_ns = 0;
};

struct generation {
  std::atomic<std::uint32_t> users{0};
  std::uint32_t number = 0;
  trace::batch* batches = nullptr;
  std::size_t bytes = 0;  // of memory
  clock_reading begin;
  clock_reading end;
};

// For one user; nullptr when too many are alive.
generation* new_generation() noexcept;
inline void keep(generation& g) noexcept { g.users.fetch_add(1, std::memory_order_relaxed); }
void let_go(generation& g) noexcept;

}  // namespace gander::tracer
