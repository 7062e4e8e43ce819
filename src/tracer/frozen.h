// SPDX-License-Identifier: Apache-2.0
//
// What lies in the pool when all threads stand still: batches of generations that are not complete.
// Followed by no list, since a thread may stand still in the middle of changing one.
//
// By the crash reporter alone. Async-signal-safe.
#pragma once

#include <cstdint>
#include <span>

#include "trace/writer.h"

namespace gander::tracer {

// How much of a batch holds events; 0 for none of this generation.
inline std::uint32_t frozen_bytes(const trace::batch& b, std::uint32_t generation) noexcept {
  if (b.generation != generation) return 0;
  switch (b.state) {
    case trace::batch_state::open:
      return b.owner != nullptr ? b.owner->used_bytes_of(b) : 0;
    case trace::batch_state::full:
    case trace::batch_state::out:
      return b.used_bytes <= b.capacity_bytes ? b.used_bytes : 0;
    case trace::batch_state::free:
    case trace::batch_state::own:
      break;
  }
  return 0;
}

// The batches of a generation, in the order of their times, which is each thread's own order. Valid
// until the next call. Without memory, or of more than there is room for: those that were found.
std::span<const trace::batch* const> frozen_batches(std::uint32_t generation) noexcept;

// Memory for it. Not in a handler.
void prepare_frozen_batches() noexcept;

template <typename Visit>
void for_each_frozen_batch(std::uint32_t generation, Visit&& visit) noexcept {
  for (const trace::batch* const b : frozen_batches(generation))
    visit(*b, frozen_bytes(*b, generation));
}

// The first of the two generations that may lie there.
inline std::uint32_t first_frozen_generation(std::uint32_t current) noexcept {
  bool any_before = false;
  trace::pool::for_each_frozen(
      [&](const trace::batch& b) { any_before |= frozen_bytes(b, current - 1) != 0; });
  return any_before ? current - 1 : current;
}

}  // namespace gander::tracer
