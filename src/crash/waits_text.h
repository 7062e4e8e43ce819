// SPDX-License-Identifier: Apache-2.0
//
// The words that the lines of waits_for.h are put together from.
#pragma once

#include <gander/internal/place.h>

#include <cstdint>
#include <string_view>

#include "base/print.h"
#include "crash/wait_objects.h"

namespace gander::crash {

// ` by goroutine 9 at FILE:LINE (FUNC)`, without what is not known.
void print_doer(text_writer& out, std::uint64_t who, std::uintptr_t place) noexcept;

// `words` and the place, if it is known.
void print_at(text_writer& out, std::string_view words, std::uintptr_t place) noexcept;

// `HOW by goroutine 9, locked at FILE:LINE (FUNC)`, if it is known. `self` is who waits.
void print_holder(text_writer& out, const internal::holder& holder, std::string_view how,
                  const g_record& self) noexcept;

// `2 receivers (7, 8)`.
void print_count(text_writer& out, const waiters& all, std::string_view one) noexcept;

// `; 3 wait: goroutines 7, 8, 9`, if there is more than one; ends the line.
void print_waiting(text_writer& out, const waiters& all, std::string_view verb = "wait") noexcept;

}  // namespace gander::crash
