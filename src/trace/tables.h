// SPDX-License-Identifier: Apache-2.0
//
// The tables of a trace, and what stands behind their numbers: stacks and strings.
//
// There are two of each. When one is nearly full the other, emptied, takes its place with the next
// generation, so that a recorder may run for ever; the numbers of before are void then.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "trace/event.h"
#include "trace/footprint_table.h"
#include "trace/word_table.h"

namespace gander::trace {

struct table_set {
  word_table stacks;           // of pcs, innermost first
  footprint_table footprints;  // of those
  word_table strings;          // of their length in bytes, then the bytes
};

// Written when nobody writes events.
extern std::atomic<table_set*> current_tables;
inline table_set& tables() noexcept { return *current_tables.load(std::memory_order_relaxed); }

// Those that a generation was, or is, written with; nullptr when they have been emptied.
table_set* tables_of(std::uint32_t generation) noexcept;

bool open_tables() noexcept;

// --- when nobody writes events
void empty_tables() noexcept;  // nothing is traced, and no generation waits for its tables
// `next`, a generation's number, begins with empty tables if these are nearly full; whether it
// does.
bool change_tables(std::uint32_t next) noexcept;

using string_id = std::uint32_t;  // as events say it: a `text`, or behind those one of the table

// Strings longer than max_string_bytes are cut. 0, the empty string, when the table is full.
string_id intern(table_set& to, std::string_view string, std::uint32_t generation) noexcept;

// Empty for what is no string's number.
std::string_view string_at(const table_set& from, string_id id) noexcept;

inline constexpr auto first_table_string = static_cast<string_id>(text::count);
std::string_view string_of(std::span<const std::uintptr_t> words) noexcept;

}  // namespace gander::trace
