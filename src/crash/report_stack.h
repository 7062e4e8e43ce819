// SPDX-License-Identifier: Apache-2.0
//
// The stacks on which reports are made, mapped beforehand: a goroutine's, or what is left of it,
// need not hold the symbolizer. Each comes with a signal stack of its own: a handler on the one
// that the thread had before would overwrite what the handler that asked for the report has there.
//
//     guard | signal stack | guard | stack      of a death, then the same of a live report
//
// [signal], all of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory_range.h"

namespace gander::crash {

enum class report_stack : std::uint8_t { death, live };

// Maps them once; false when there is no memory. Any number of threads and handlers at a time.
bool map_report_stacks() noexcept;

char* top_of(report_stack which) noexcept;
char* signal_stack_of(report_stack which) noexcept;

bool on_report_stack(std::uintptr_t sp) noexcept;

memory_range memory_of_report_stacks() noexcept;

}  // namespace gander::crash
