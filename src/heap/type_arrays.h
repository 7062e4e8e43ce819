// SPDX-License-Identifier: Apache-2.0
//
// Memory for the types of a span's objects, where they have more than one: for objects of 16 bytes
// an eighth of the span. Never unmapped: a report may read what it finds of a span that is gone.
// Arrays of spans that are gone are used again, and are not given back to the system.
//
// A lock, a leaf. Any thread, any stack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::heap::type_arrays {

// For so many objects, of one span; what is in it is not said. nullptr when there is no memory.
std::uint16_t* take(std::uint32_t objects) noexcept;

// REQUIRES: as many as when it was taken.
void put_back(std::uint16_t* array, std::uint32_t objects) noexcept;

// All that is there, in use or not; for the pacer. Takes no lock.
std::size_t bytes() noexcept;

}  // namespace gander::heap::type_arrays
