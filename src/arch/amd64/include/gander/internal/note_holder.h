// SPDX-License-Identifier: Apache-2.0
//
// amd64: how a lock that has been taken notes by whom and where. Public, and each processor's own:
// the build puts its folder beside the other public headers, an installation among them.
//
// A call, as on 386, costs a lock that is free a sixth of its time, for what it stores on the stack
// must be out before the next atomic operation. Inlined, and storing only what has changed, it
// costs nothing that can be measured.
#pragma once

#include <gander/internal/place.h>

#include <atomic>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

// To be called in functions that are always inlined.
[[gnu::always_inline]] inline void note_holder(holder& h) noexcept {
  // Known to an optimizing compiler alone (a constant would be to any). Without optimization what
  // is called here is not inlined, and there is more to be noted.
  bool optimizes = true;
  if (!__builtin_constant_p(optimizes)) {
    h.note_unoptimized();
    return stay();
  }
  // Volatile, as in GANDER_LOAD_TLS: a goroutine resumes on another thread. "Inline": as short as
  // it is, or std::lock_guard would be inlined less often.
  const char* m;
  asm volatile inline("movq gander_current_m@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(m));
  std::uintptr_t place;  // behind this instruction, as behind a call
  asm volatile inline("leaq 0(%%rip), %0" : "=r"(place));
  std::uint64_t who = 0;
  if (m != nullptr) {
    const char* const g =
        __atomic_load_n(reinterpret_cast<const char* const*>(m + curg_offset), __ATOMIC_RELAXED);
    if (g != nullptr) who = *reinterpret_cast<const std::uint64_t*>(g + who_offset);
  }
  const auto outer = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  if (h.who.load(std::memory_order_relaxed) != who ||
      h.place.load(std::memory_order_relaxed) != place ||
      h.outer.load(std::memory_order_relaxed) != outer) {
    h.set(who, place);
    h.outer.store(outer, std::memory_order_relaxed);
    h.outermost.store(0, std::memory_order_relaxed);
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
