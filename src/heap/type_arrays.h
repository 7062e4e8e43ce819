// SPDX-License-Identifier: Apache-2.0
//
// Memory for the types of a span's objects, where they have more than one. Never unmapped: a report
// may read what it finds of a span that is gone.
//
// A lock, a leaf. Any thread, any stack.
#pragma once

#include <cstdint>

namespace gander::heap::type_arrays {

// For so many objects, of one span; what is in it is not said. nullptr when there is no memory.
std::uint16_t* take(std::uint32_t objects) noexcept;

// REQUIRES: as many as when it was taken.
void put_back(std::uint16_t* array, std::uint32_t objects) noexcept;

}  // namespace gander::heap::type_arrays
