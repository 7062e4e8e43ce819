// SPDX-License-Identifier: Apache-2.0
//
// From the bytes that users ask for to stack classes.
#pragma once

#include <cstddef>

#include "sched/g.h"

namespace gander::internal {

// 0 for 0, which means "the default". Throws std::invalid_argument when out of range.
unsigned stack_class_for(std::size_t size);

// Destroys a goroutine's goroutine_local values, newest first.
void destroy_locals(G* g);

}  // namespace gander::internal
