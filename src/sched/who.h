// SPDX-License-Identifier: Apache-2.0
//
// The word in which an object remembers a goroutine: 1 + the index of its record, and the lower
// half of its number, which tells whether the record is another one's by now. A number alone would
// have to be searched for, by each of a hundred thousand waiters.
#pragma once

#include <cstdint>

#include "sched/g_table.h"

namespace gander {

inline std::uint64_t who_is(const g_record& record) noexcept {
  const auto index = static_cast<std::uint32_t>(&record - g_table::records());
  const auto number = static_cast<std::uint32_t>(record.goid.load(std::memory_order_relaxed));
  return std::uint64_t{index + 1} << 32 | number;
}

struct remembered {
  std::uint64_t goid = 0;            // 0: a thread that had never called the runtime
  const g_record* record = nullptr;  // nullptr: it has ended
};

// Of any word: what is not one gives a number that nobody has.
inline remembered who_was(std::uint64_t word) noexcept {
  const auto index = static_cast<std::uint32_t>(word >> 32) - 1;
  if (word == 0 || index >= g_table::size()) return {};
  const g_record& record = g_table::records()[index];
  const std::uint64_t now = record.goid.load(std::memory_order_relaxed);
  const std::uint64_t below = std::uint64_t{1} << 32;
  // Numbers grow, so that of an earlier one is the next that is not greater. (By batches: one
  // that is a little greater belongs to another batch, and is not 2^32 older.)
  std::uint64_t goid = (now & ~(below - 1)) | (word & (below - 1));
  if (goid > now && goid - now > below / 2 && goid >= below) goid -= below;
  const bool alive = goid == now && record.status.load(std::memory_order_relaxed) != g_status::dead;
  return {goid, alive ? &record : nullptr};
}

}  // namespace gander
