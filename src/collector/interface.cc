// SPDX-License-Identifier: Apache-2.0
//
// The barrier's slow half, roots, and locking of weak cells: what headers call of the collector
// besides allocation and specials.
#include <gander/internal/gc_runtime.h>

#include <new>

#include "base/sanitizers.h"
#include "gc/roots.h"
#include "gc/shade.h"
#include "heap/arena.h"
#include "sched/border.h"
#include "sched/current.h"

namespace gander::internal {

constinit gc_phase gc_now;

namespace {

void tell(M& m, const void* value) noexcept {
  gc::shade::tell(m.shaded, m.told_lately, reinterpret_cast<std::uintptr_t>(value));
}

}  // namespace

// The thread's own buffer, and no lock but when that is full: a goroutine in user code, without a P
// or with one that may be taken any time.
void gc_shade(const void* old_value, const void* new_value) noexcept {
  M* const m = current_or_attach();
  check_not_in_handler(*m);
  const void* const value = gc::shade::keeps_overwritten() ? old_value : new_value;
  if (value != nullptr) tell(*m, value);
  if (gc::shade::checks_written() && new_value != nullptr) [[unlikely]]
    gc::shade::tell_checker(m->written, reinterpret_cast<std::uintptr_t>(new_value));
}

void gc_keep(const void* value) noexcept {
  if (value != nullptr) tell(*current_or_attach(), value);
}

GANDER_NOT_INSTRUMENTED
void gc_shade_words(const void* begin, std::size_t bytes) noexcept {
  M* const m = current_or_attach();
  constexpr std::uintptr_t word = sizeof(void*);
  const auto first = (reinterpret_cast<std::uintptr_t>(begin) + word - 1) & ~(word - 1);
  const auto end = reinterpret_cast<std::uintptr_t>(begin) + bytes;
  for (std::uintptr_t at = first; at + word <= end; at += word) {
    const std::uintptr_t value = *reinterpret_cast<const std::uintptr_t*>(at);
    if (heap::arenas::may_hold(value)) tell(*m, reinterpret_cast<const void*>(value));
  }
}

gc_root_cell* gc_take_root() {
  gc_root_cell* const cell = gc::roots::take();
  if (cell == nullptr) throw std::bad_alloc();
  return cell;
}

void gc_put_root(gc_root_cell* cell) noexcept {
  // What it held is overwritten.
  const void* const old_value = cell->value.load(std::memory_order_relaxed);
  gc::roots::put(cell);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (gc_now.marking.load(std::memory_order_relaxed)) gc_shade(old_value, nullptr);
}

// A weak cell is no edge that marking follows: what is taken out of it is told.
void* gc_weak_lock(gc_weak_cell* cell) noexcept {
  const std::uintptr_t object = cell->object.load(std::memory_order_relaxed);
  void* const strong = reinterpret_cast<void*>(object);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (gc_now.marking.load(std::memory_order_relaxed)) gc_keep(strong);
  return strong;
}

}  // namespace gander::internal
