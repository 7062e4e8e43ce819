// SPDX-License-Identifier: Apache-2.0
//
// When a cycle begins: at a heap of `trigger` bytes, so that it has ended before there are `goal`.
//
//     goal = live + (live + stacks + globals) * percent / 100, at least 4 MiB * percent / 100, at
//     most what the memory limit leaves: as Go's
//     trigger = goal - what is allocated while so much is marked, between 80 and 95 % of the way
//                    - what is allocated until marking begins, at most a fifth of the way
// `live` is what the last marking found. What is allocated meanwhile is told by the last cycles:
// bytes allocated for each byte marked, both for the same CPU time; and by the share of CPU time
// that the collector gets without assists. Where that would need an earlier trigger (Go's earliest
// is at 70 %) assists make up for it: cycles are fewer, and less is allocated black. What is left
// to be marked is shared out among the bytes that are left to be allocated; what the collector's
// threads mark lets off who would have to assist (Go's background credit).
//
// Until marking begins: the collector's thread must wake, and the others stand still. (In Go who
// passes the trigger stops the others himself.) Of the last two cycles the smaller number counts:
// where no processor is free the thread may come late by milliseconds, once. For that who reaches
// the goal first waits.
//
// All counts are relaxed: nothing but speed hangs on them.
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

// So much has been allocated. Whether a cycle shall begin, and what the caller shall wait for:
//     nothing
//     begin        at the goal: for marking to begin, if it has not
//     end          a sixteenth beyond it, more of large heaps: for its end, in which he helps
enum class until : std::uint8_t { nothing, begin, end };
struct advice {
  bool collect = false;
  until wait = until::nothing;
  std::size_t assist_bytes = 0;  // to be looked through, while a marking is under way
};
advice allocated(std::size_t bytes, std::size_t objects) noexcept;

// In the stop that begins a marking; and when one has ended, with what it has found.
void marking_begins() noexcept;
// How much has been marked so far, by whomever: from time to time.
void marking_goes_on(std::size_t marked_bytes) noexcept;
// So much of it by one who assisted.
void assisted(std::size_t marked_bytes) noexcept;
struct marking {
  std::size_t marked_bytes = 0;
  std::size_t root_bytes = 0;   // of stacks and globals
  std::int64_t ns = 0;          // between its two stops; meanwhile, all together:
  std::int64_t own_cpu_ns = 0;  // of the collector's threads
  std::int64_t assists_ns = 0;
  std::uint32_t procs = 1;
  std::uint32_t cpus = 1;
};
void marking_ended(const marking& m) noexcept;

// How much of the heap's memory is not given back to the system (give_back.h).
std::uint64_t kept_bytes() noexcept;
// What the memory limit leaves it; UINT64_MAX without one.
std::uint64_t limit_bytes() noexcept;

struct numbers {
  std::uint64_t live_bytes = 0;  // marked last, and allocated since
  std::uint64_t goal_bytes = 0;  // UINT64_MAX: none
  std::uint64_t trigger_bytes = 0;
  std::uint64_t allocated_bytes = 0;  // ever
  std::uint64_t allocated_objects = 0;
  std::uint64_t at_begin_bytes = 0;  // live_bytes when the last marking began, and when it ended
  std::uint64_t at_end_bytes = 0;
  std::uint64_t marked_bytes = 0;
};
numbers count() noexcept;

}  // namespace gander::collector::pacer
