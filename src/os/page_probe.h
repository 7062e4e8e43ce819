// SPDX-License-Identifier: Apache-2.0
//
// Asks the kernel whether memory can be read, for code that may not fault. Any thread, any stack,
// also in a signal handler; preserves errno; about 0.2 µs a call.
#pragma once

#include <cstdint>

namespace gander::os {

inline constexpr std::uintptr_t probe_page_bytes = 4096;  // the smallest unit of readability

// True if the page that holds `address` could be read at this moment.
bool page_is_readable(std::uintptr_t address) noexcept;

}  // namespace gander::os
