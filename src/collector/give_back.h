// SPDX-License-Identifier: Apache-2.0
//
// Memory for the system: pages of the heap that are free and will not be needed before the next
// cycle ends. As in Go, a tenth more than the goal stays, so that a heap that swings between what
// lives and its goal keeps its pages; under a memory limit nineteen twentieths of that, if it is
// less.
#pragma once

namespace gander::collector {

// In small steps, for the page heap's lock is held in each: as long as there is something to give
// and goes_on() says so. The collector's thread, when all is swept.
void give_back_pages(bool (*goes_on)() noexcept) noexcept;

}  // namespace gander::collector
