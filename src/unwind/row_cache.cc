// SPDX-License-Identifier: Apache-2.0
//
// The table of row_cache.h: direct-mapped, one cache line a slot. A set-associative table was not
// worth its compares: deep stacks repeat the same few hundred pcs.
#include "unwind/row_cache.h"

#include <atomic>
#include <bit>
#include <limits>

#include "base/left_out.h"

namespace gander::unwind {
namespace {

constexpr std::size_t slot_count = 1024;
using word = std::uintptr_t;
using row_words = std::array<word, sizeof(compact_row) / sizeof(word)>;

struct alignas(64) slot {
  std::atomic<word> sequence{0};
  std::atomic<word> pc{0};
  std::array<std::atomic<word>, std::tuple_size_v<row_words>> words{};
};

constinit std::array<slot, slot_count> slots{};
const left_out of_slots(slots);

slot& slot_of(std::uintptr_t pc) noexcept {
  return slots[static_cast<std::size_t>((pc * std::uint64_t{0x9e3779b97f4a7c15}) >>
                                        (64 - std::bit_width(slot_count - 1)))];
}

template <typename Small>
bool fits(std::int64_t v) noexcept {
  return v >= std::numeric_limits<Small>::min() && v <= std::numeric_limits<Small>::max();
}

constexpr bool is_saved_column(unsigned column) noexcept {
  for (std::uint8_t c : regs::saved_columns)
    if (c == column) return true;
  return false;
}

}  // namespace

bool compact(const cfi_row& row, compact_row& out) noexcept {
  if (row.cfa_is_expression || row.signal_frame || row.cfa_register >= regs::column_count ||
      !fits<std::int32_t>(row.cfa_value))
    return false;
  out.cfa_register = static_cast<std::uint8_t>(row.cfa_register);
  out.cfa_offset = static_cast<std::int32_t>(row.cfa_value);
  for (unsigned column = 0; column < regs::column_count; ++column)
    if (!is_saved_column(column) && row.rules[column].kind != rule_kind::unspecified) return false;
  for (std::size_t i = 0; i < out.save.size(); ++i) {
    unsigned column = regs::saved_columns[i];
    const register_rule& rule = row.rules[column];
    bool same = rule.kind == rule_kind::unspecified || rule.kind == rule_kind::same_value;
    bool absent = column == regs::pc_column ? rule.kind == rule_kind::undefined : same;
    bool saved =
        rule.kind == rule_kind::saved_at && rule.value != 0 && fits<std::int16_t>(rule.value);
    if (!absent && !saved) return false;
    out.save[i] = saved ? static_cast<std::int16_t>(rule.value) : std::int16_t{0};
  }
  return true;
}

bool find_cached_row(std::uintptr_t pc, compact_row& out) noexcept {
  slot& s = slot_of(pc);
  // Acquire: pairs with the release stores of cache_row; a word of a newer row makes the second
  // load of the sequence see at least that writer's odd value.
  word before = s.sequence.load(std::memory_order_acquire);
  word found = s.pc.load(std::memory_order_acquire);
  row_words words;
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = s.words[i].load(std::memory_order_acquire);
  // Relaxed: ordered behind the acquire loads above.
  word after = s.sequence.load(std::memory_order_relaxed);
  // Sequence 0: never written, and the row of pc 0 is not there.
  if (before == 0 || before != after || (before & 1) != 0 || found != pc) return false;
  out = std::bit_cast<compact_row>(words);
  // Relaxed: whoever unloads code must see to it that nobody walks through it meanwhile.
  return out.generation == row_generation.load(std::memory_order_relaxed);
}

void cache_row(std::uintptr_t pc, compact_row row) noexcept {
  slot& s = slot_of(pc);
  row.generation = row_generation.load(std::memory_order_relaxed);
  // Relaxed load, acquire swap: the stores below stay behind the odd value.
  word before = s.sequence.load(std::memory_order_relaxed);
  if ((before & 1) != 0 ||
      !s.sequence.compare_exchange_strong(before, before + 1, std::memory_order_acquire,
                                          std::memory_order_relaxed))
    return;
  auto words = std::bit_cast<row_words>(row);
  // Release: each pairs with its acquire load, and carries the odd sequence with it.
  s.pc.store(pc, std::memory_order_release);
  for (std::size_t i = 0; i < words.size(); ++i)
    s.words[i].store(words[i], std::memory_order_release);
  s.sequence.store(before + 2, std::memory_order_release);
}

void forget_cached_rows() noexcept { row_generation.fetch_add(1); }

}  // namespace gander::unwind
