// SPDX-License-Identifier: Apache-2.0
//
// A place in the program as reports tell it in the middle of a line: `FILE:LINE (FUNC)`, of the
// innermost function there that is neither the library's nor the standard library's.
//
// Async-signal-safe; the rules of symbolizer.h hold.
#pragma once

#include <gander/internal/place.h>

#include <cstdint>
#include <span>

#include "base/print.h"

namespace gander::crash {

void print_place(text_writer& out, std::uintptr_t place) noexcept;

// Of a stack's return addresses, innermost first: the first such function.
void print_place(text_writer& out, std::span<const std::uintptr_t> pcs) noexcept;

// Of the same the first few: " at FILE:LINE (FUNC), called from FILE:LINE (FUNC), ...".
void print_places(text_writer& out, std::span<const std::uintptr_t> pcs, unsigned most) noexcept;

// Of where a lock was locked.
void print_place(text_writer& out, const internal::holder& locked) noexcept;

}  // namespace gander::crash
