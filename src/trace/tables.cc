// SPDX-License-Identifier: Apache-2.0
#include "trace/tables.h"

#include <algorithm>
#include <cstring>

namespace gander::trace {
namespace {

constinit table_set sets[2];
std::uint32_t changed_at = 0;         // the first generation of the current set
std::uint32_t changed_before_at = 0;  // and that of the other one

table_set& other() noexcept { return &tables() == &sets[0] ? sets[1] : sets[0]; }

}  // namespace

constinit std::atomic<table_set*> current_tables{&sets[0]};

table_set* tables_of(std::uint32_t generation) noexcept {
  if (generation >= changed_at) return &tables();
  return generation >= changed_before_at ? &other() : nullptr;
}

bool open_tables() noexcept {
  constexpr std::size_t slots = sizeof(void*) == 8 ? 1U << 17 : 1U << 14;
  for (table_set& set : sets)
    if (!set.stacks.open(slots, slots * 16) || !set.footprints.open(slots, slots * 32) ||
        !set.strings.open(slots, slots * 16))
      return false;
  return true;
}

void empty_tables() noexcept {
  for (table_set& set : sets) {
    set.stacks.clear();
    set.footprints.clear();
    set.strings.clear();
  }
  changed_at = changed_before_at = 0;
}

bool change_tables(std::uint32_t next) noexcept {
  if (!tables().stacks.nearly_full() && !tables().strings.nearly_full()) return false;
  table_set& empty = other();
  empty.stacks.clear();
  empty.footprints.clear();
  empty.strings.clear();
  changed_before_at = changed_at;
  changed_at = next;
  current_tables.store(&empty, std::memory_order_relaxed);
  return true;
}

string_id intern(table_set& to, std::string_view string, std::uint32_t generation) noexcept {
  if (string.empty()) return 0;
  constexpr std::size_t word = sizeof(std::uintptr_t);
  std::array<std::uintptr_t, 1 + (max_string_bytes + word - 1) / word> words;
  const std::size_t bytes = std::min(string.size(), max_string_bytes);
  const std::size_t used = 1 + (bytes + word - 1) / word;
  words[0] = bytes;
  words[used - 1] = 0;  // the bytes behind the string
  std::memcpy(&words[1], string.data(), bytes);
  const word_table::id number = to.strings.find_or_add({words.data(), used}, generation);
  return number != 0 ? first_table_string + number - 1 : 0;
}

std::string_view string_at(const table_set& from, string_id id) noexcept {
  if (id < first_table_string) return texts[id];
  return string_of(from.strings.words_of(id - first_table_string + 1));
}

std::string_view string_of(std::span<const std::uintptr_t> words) noexcept {
  if (words.empty()) return {};
  return {reinterpret_cast<const char*>(words.data() + 1), static_cast<std::size_t>(words[0])};
}

}  // namespace gander::trace
