// SPDX-License-Identifier: Apache-2.0
//
// The spans of each class that belong to no cache: those with free slots, those without, and those
// that were not swept since the last marking. A cache takes one of the first, or sweeps one of the
// last, uses it up, and brings it back.
//
//     in a cache → full, with room     put_back()
//     with room → in a cache           take()
//     full, with room → unswept        unsweep_all(), when marking has ended
//     unswept → in a cache             take()
//     unswept → full, with room        sweep_one(); or, without objects, back to the page heap
//
// A lock for each class. Any thread, any stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/span.h"

namespace gander::heap::central {

// A span with a free slot, the caller's until he brings it back; nullptr when there is no memory.
span* take(unsigned class_number, pointers has) noexcept;

// REQUIRES: it has been counted.
void put_back(span* s) noexcept;

// All spans that are here shall be swept: what is not marked is free. It takes as long as there are
// classes, not spans. REQUIRES: nobody allocates or marks; all caches are flushed; nothing is left
// to be swept from the last time. `collection`: its number, for reports of what it freed.
void unsweep_all(std::uint32_t collection) noexcept;

// Sweeps a span; false when none was left. Not while anybody marks.
bool sweep_one() noexcept;

// What sweeping has freed so far.
struct freed {
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
};
freed count_freed() noexcept;

// Freed objects are filled with a pattern: who uses one finds out.
void clobber_freed(bool on) noexcept;

}  // namespace gander::heap::central
