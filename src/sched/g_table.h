// SPDX-License-Identifier: Apache-2.0
//
// The table of all goroutine records: one mapping of 64-byte entries, never shrinking, so that a
// report can go through it without a lock while everything else may be broken.
#pragma once

#include <cstdint>

#include "sched/g.h"

namespace gander::g_table {

// A record for a G that will keep it for ever; nullptr when there is no room.
g_record* add() noexcept;

// [records(), records() + size()) have been handed out; their fields may still be zero.
g_record* records() noexcept;
std::uint32_t size() noexcept;

}  // namespace gander::g_table
