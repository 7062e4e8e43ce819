// SPDX-License-Identifier: Apache-2.0
//
// Large tables of the runtime's own, which hold no object of the collected heap. The collector
// takes any word of a program's data for what may be one, and looks at all of them while the
// program stands still; these it leaves out, or they would be most of what it looks at.
//
//     std::array<slot, 4096> slots;
//     const left_out of_slots(slots);
//
// Static initialization makes them, which comes before the collector's start and is not thread-safe
// by itself.
#pragma once

#include <cstdint>

#include "base/memory_range.h"

namespace gander {

class left_out {
 public:
  template <typename Table>
  explicit left_out(const Table& table) noexcept
      : range_{reinterpret_cast<std::uintptr_t>(&table),
               reinterpret_cast<std::uintptr_t>(&table + 1)},
        next_(first_) {
    first_ = this;
  }
  left_out(const left_out&) = delete;
  left_out& operator=(const left_out&) = delete;

  // visit(range)
  template <typename Visit>
  static void for_each(Visit&& visit) noexcept {
    for (const left_out* each = first_; each != nullptr; each = each->next_) visit(each->range_);
  }

 private:
  const memory_range range_;
  const left_out* const next_;
  static inline const left_out* first_ = nullptr;
};

}  // namespace gander
