// SPDX-License-Identifier: Apache-2.0
//
// From the bytes that users ask for to stack classes.
#pragma once

#include <cstddef>

namespace gander::internal {

// 0 for 0, which means "the default". Throws std::invalid_argument when out of range.
unsigned stack_class_for(std::size_t size);

}  // namespace gander::internal
