// SPDX-License-Identifier: Apache-2.0
//
// Any thread, also one that has never called the runtime: it is not attached for this. Outside the
// border: of a goroutine these read what belongs to itself.
#include <gander/internal/note_holder.h>
#include <gander/internal/place.h>

#include <cstddef>

#include "sched/current.h"

namespace gander::internal {
namespace {

// The frames that the compiler makes without optimization: the caller's frame pointer, then the
// return address.
struct frame {
  const frame* caller;
  std::uintptr_t return_address;
};

const G* current_g_or_null() noexcept {
  const M* const m = current_m();
  return m != nullptr ? static_cast<G*>(m->curg) : nullptr;
}

static_assert(sizeof(void*) != 8 ||
              (offsetof(M, curg) == curg_offset && offsetof(G, who) == who_offset));
static_assert(sizeof(M::curg) == sizeof(G*));

std::uint64_t word_of(const G* g) noexcept { return g != nullptr ? g->who : 0; }

}  // namespace

[[gnu::noinline]] std::uintptr_t here() noexcept {
  stay();
  return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

[[gnu::noinline]] std::uint64_t who_am_i() noexcept { return word_of(current_g_or_null()); }

[[gnu::noinline]] void holder::note() noexcept {
  set(word_of(current_g_or_null()), reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
  outer.store(0, std::memory_order_relaxed);
  outermost.store(0, std::memory_order_relaxed);
}

// The frames are those of a program, which may have been compiled in parts: a frame pointer is
// followed on the goroutine's stack only, upwards. So this does not work on plain threads.
[[gnu::noinline]] void holder::note_unoptimized() noexcept {
  const G* const g = current_g_or_null();
  const auto* f = static_cast<const frame*>(__builtin_frame_address(0));
  set(word_of(g), f->return_address);
  for (auto* const caller : {&outer, &outermost}) {
    const frame* const next = f != nullptr ? f->caller : nullptr;
    const auto address = reinterpret_cast<std::uintptr_t>(next);
    const bool known = g != nullptr && !g->foreign && next > f && address % alignof(frame) == 0 &&
                       address < g->stack_high - sizeof(frame);
    caller->store(known ? next->return_address : 0, std::memory_order_relaxed);
    f = known ? next : nullptr;
  }
}

}  // namespace gander::internal
