// SPDX-License-Identifier: Apache-2.0
//
// When a cycle begins: at a heap of `trigger` bytes, so that it has ended before there are `goal`.
//
//     goal = live * (1 + percent / 100), at least 4 MiB * percent / 100, at most what the memory
//     limit leaves
// `live` is what the last marking found. All counts are relaxed: nothing but speed hangs on them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::collector::pacer {

inline constexpr std::int64_t off = -1;              // of percent
inline constexpr std::int64_t no_limit = INT64_MAX;  // of the limit

// $GOGC and $GOMEMLIMIT, once. Values that make no sense are told and ignored.
void read_environment() noexcept;

std::int64_t set_percent(std::int64_t percent) noexcept;     // the one before
std::int64_t set_memory_limit(std::int64_t bytes) noexcept;  // the one before; negative: only asks

// So much has been allocated. Whether a cycle shall begin, and whether the caller shall wait
// for its end.
struct advice {
  bool collect = false;
  bool wait = false;
  std::size_t assist_bytes = 0;  // to be looked through, while a marking is under way
};
advice allocated(std::size_t bytes, std::size_t objects) noexcept;

// In the stop that begins a marking; and when one has ended, with what it has found.
void marking_begins() noexcept;
// How much has been marked so far: from time to time.
void marking_goes_on(std::size_t marked_bytes) noexcept;
void marking_ended(std::size_t marked_bytes) noexcept;

// How much of the heap's memory is not given back to the system (give_back.h).
std::uint64_t kept_bytes() noexcept;
// What the memory limit leaves it; UINT64_MAX without one.
std::uint64_t limit_bytes() noexcept;

struct numbers {
  std::uint64_t live_bytes = 0;       // marked last, and allocated since
  std::uint64_t goal_bytes = 0;       // UINT64_MAX: none
  std::uint64_t allocated_bytes = 0;  // ever
  std::uint64_t allocated_objects = 0;
  std::uint64_t at_begin_bytes = 0;  // live_bytes when the last marking began, and when it ended
  std::uint64_t at_end_bytes = 0;
  std::uint64_t marked_bytes = 0;
};
numbers count() noexcept;

}  // namespace gander::collector::pacer
