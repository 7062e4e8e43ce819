// SPDX-License-Identifier: Apache-2.0
//
// Who waits for whom in a circle, so that none of them will ever go on.
//
//     runtime: goroutine 7 waits for mutex 0x… held by goroutine 9 (locked at …), which waits for
//     mutex 0x… held by goroutine 7 (locked at …): a cycle
//
// in one line. Edges lead from who waits for a mutex, or for the writer of a shared_mutex, to the
// holder, and from who joins a goroutine to it. (Of readers the lock knows the number only.)
#pragma once

#include <string_view>

#include "base/print.h"
#include "sched/g_table.h"

namespace gander::crash {

// If `record` is in a circle, and has the smallest number there: so each is told once. `before` is
// written first.
void print_cycle(text_writer& out, const g_record& record, std::string_view before = {}) noexcept;

}  // namespace gander::crash
