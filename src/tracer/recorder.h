// SPDX-License-Identifier: Apache-2.0
//
// The flight recorder's memory: the last complete generations, as many as its age and its size ask
// for. Whoever wants to write them out gets them by reference; the collector goes on adding.
//
// Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tracer/generation.h"

namespace gander::tracer::recorder {

inline constexpr std::size_t most_generations = 512;

struct limits {
  std::int64_t min_age_ns = 0;  // what is younger is kept,
  std::size_t max_bytes = 0;    // unless it is more than this
};

void begin(const limits& l) noexcept;
void end() noexcept;
bool on() noexcept;

// A generation has ended. nullptr: it was torn, and nothing from before can be read together with
// what comes.
void add(generation* g) noexcept;

// The generations that are there, oldest first, each kept for the caller; how many.
std::size_t snapshot(std::span<generation*, most_generations> out) noexcept;

const generation* frozen_at(std::size_t index) noexcept;  // without the lock; nullptr at the end

// For the crash reporter, without the lock: visits what is there, oldest first, and returns the
// number of the last one; 0 if there is none. [signal]
template <typename Visit>
std::uint32_t for_each_frozen(Visit&& visit) noexcept {
  std::uint32_t last = 0;
  for (std::size_t i = 0; const generation* const g = frozen_at(i); ++i) {
    if (last != 0 && g->number != last + 1) break;  // it was being changed
    visit(*g);
    last = g->number;
  }
  return last;
}

}  // namespace gander::tracer::recorder
