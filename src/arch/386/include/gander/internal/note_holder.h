// SPDX-License-Identifier: Apache-2.0
//
// 386: how a lock that has been taken notes by whom and where; see amd64's. A call.
#pragma once

#include <gander/internal/place.h>

#include <atomic>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

// To be called in functions that are always inlined.
[[gnu::always_inline]] inline void note_holder(holder& h) noexcept {
  bool optimizes = true;  // known to an optimizing compiler alone
  if (__builtin_constant_p(optimizes)) {
    h.note();
    h.outer.store(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),
                  std::memory_order_relaxed);
  } else {
    h.note_unoptimized();
  }
  stay();
}

}  // namespace gander::internal

#pragma GCC visibility pop
