// SPDX-License-Identifier: Apache-2.0
//
// Marking by those who allocate: in proportion to what they allocate (pacer.h), so that marking
// ends before the goal is reached, however fast they are. A little at a time: what one does is
// bounded, and so is how long he is held up.
//
// With a P, inside of the runtime: a stop waits for him, and he leaves nothing half done.
#pragma once

#include <cstddef>

#include "gc/work_pool.h"
#include "sched/m.h"

namespace gander::collector {

// Of the marking that is under way.
extern gc::work_pool marking_pool;

inline constexpr std::size_t most_assist_bytes = std::size_t{128} << 10;

// The collector's own threads mark so much, and look around.
inline constexpr std::size_t marking_step_bytes = std::size_t{128} << 10;

// Looks through about so many bytes. False: there was nothing to do. REQUIRES: marking; a P; a
// runtime scope.
bool assist(M* m, std::size_t bytes) noexcept;

// For as long as there is something to do, if a marking is under way, and nobody else waits for the
// P for longer than a time slice. A stop may come in between. In user code.
void assist_all() noexcept;

// All time spent so.
std::int64_t assisted_ns() noexcept;

}  // namespace gander::collector
