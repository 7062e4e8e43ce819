// SPDX-License-Identifier: Apache-2.0
//
// The table of all goroutine records: one mapping of 64-byte entries, never shrinking, so that a
// report can go through it without a lock while everything else may be broken. And beside it, by
// the same index, one of what a trace knows of each: address space only, until something is traced.
#pragma once

#include <cstdint>

#include "sched/g.h"
#include "sched/traced_g.h"

namespace gander::g_table {

// Room for a record, or false. A G takes it last of all that it needs, by take(), and keeps the
// record for ever; who could not get the rest gives the room back.
bool reserve() noexcept;
g_record* take() noexcept;
void give_back() noexcept;

// [records(), records() + size()) have been handed out; their fields may still be zero.
g_record* records() noexcept;
traced_g* traced() noexcept;
std::uint32_t size() noexcept;

}  // namespace gander::g_table
