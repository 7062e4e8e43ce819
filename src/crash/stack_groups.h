// SPDX-License-Identifier: Apache-2.0
//
// GODEBUG=tracebackgroup=1: goroutines that do not run, wait for the same reason, were started at
// the same place and have equal stacks are shown once, and told of behind:
//
//     runtime: 4311 more goroutines have the stack of goroutine 7: 8-9, 12, 20-4327
//
// Stacks are compared by a hash of 64 bits of their pcs. Memory for that is mapped beforehand; of
// goroutines beyond `group_capacity` each is shown. Async-signal-safe; one report at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/print.h"
#include "sched/g_table.h"

namespace gander::crash {

inline constexpr std::size_t group_capacity = std::size_t{1} << (sizeof(void*) == 8 ? 20 : 17);

// At install. False: no memory, nothing will be grouped.
bool prepare_groups() noexcept;

// Reads all stacks but that of `except`. The others are frozen.
void find_groups(const g_record* except) noexcept;

// Whether another goroutine, shown before, stands for this one.
bool is_grouped(const g_record& record) noexcept;

// The line about those for whom this one stands; nothing if there are none.
void print_group(text_writer& out, const g_record& record) noexcept;

}  // namespace gander::crash
