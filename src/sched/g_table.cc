// SPDX-License-Identifier: Apache-2.0
#include "sched/g_table.h"

#include <gander/internal/lock.h>

#include <atomic>

#include "os/growing_table.h"

namespace gander::g_table {
namespace {

constexpr std::uint32_t most =
    sizeof(void*) == 8 ? 1U << 24 : 1U << 18;  // 1 GiB, 16 MiB of address space
constexpr std::uint32_t least_capacity = 1U << 12;

internal::lock guard;
std::atomic<g_record*> table{nullptr};
std::atomic<std::uint32_t> used{0};  // written under guard
std::uint32_t reserved = 0;          // under guard, as the next
os::growing_table space;

bool map_table() noexcept {
  constexpr std::size_t record = sizeof(g_record);
  if (!space.reserve(most * record, least_capacity * record, /*share=*/16)) return false;
  table.store(static_cast<g_record*>(space.memory()),
              std::memory_order_release);  // pairs with records()
  return true;
}

}  // namespace

bool reserve() noexcept {
  internal::lock_scope held(guard);
  if (records() == nullptr && !map_table()) return false;
  const std::size_t wanted = std::size_t{used.load(std::memory_order_relaxed)} + reserved + 1;
  if (!space.grow_to(wanted * sizeof(g_record))) return false;
  ++reserved;
  return true;
}

g_record* take() noexcept {
  internal::lock_scope held(guard);
  --reserved;
  const std::uint32_t index = used.load(std::memory_order_relaxed);
  g_record* const record = new (records() + index) g_record;
  used.store(index + 1, std::memory_order_release);  // pairs with size()
  return record;
}

void give_back() noexcept {
  internal::lock_scope held(guard);
  --reserved;
}

g_record* records() noexcept { return table.load(std::memory_order_acquire); }
std::uint32_t size() noexcept { return used.load(std::memory_order_acquire); }

}  // namespace gander::g_table
