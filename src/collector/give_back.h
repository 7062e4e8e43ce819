// SPDX-License-Identifier: Apache-2.0
//
// Memory for the system: pages of the heap that are free and will not be needed before the next
// cycle ends. As in Go, a tenth more than the goal stays, so that a heap that swings between what
// lives and its goal keeps its pages; and of the rest half goes in three seconds and a half, half
// of what is left in as many, for goals swing, too, and each page that comes back costs a fault.
// (At once it was, at first: a program that builds trees and drops them spent a sixth of its time
// in faults. Go's hundredth of a processor is too much, too: a fault takes longer than giving
// back.) Under a memory limit nineteen twentieths of that stay, if it is less, and what is above it
// goes at once.
#pragma once

#include <cstdint>

namespace gander::collector {

inline constexpr std::int64_t nothing_to_give_back = -1;

// A small step, for the page heap's lock is held in it; how long to wait until the next one. The
// collector's thread, when all is swept.
std::int64_t give_back_some_pages() noexcept;

}  // namespace gander::collector
