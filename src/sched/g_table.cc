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
std::atomic<std::uint32_t> used{0};
os::growing_table space;  // under guard

bool map_table() noexcept {
  constexpr std::size_t record = sizeof(g_record);
  if (!space.reserve(most * record, least_capacity * record, /*share=*/16)) return false;
  table.store(static_cast<g_record*>(space.memory()),
              std::memory_order_release);  // pairs with records()
  return true;
}

}  // namespace

g_record* add() noexcept {
  internal::lock_scope held(guard);
  if (records() == nullptr && !map_table()) return nullptr;
  const std::uint32_t index = used.load(std::memory_order_relaxed);  // written under guard
  if (!space.grow_to((index + std::size_t{1}) * sizeof(g_record))) return nullptr;
  g_record* const record = new (records() + index) g_record;
  used.store(index + 1, std::memory_order_release);  // pairs with size()
  return record;
}

g_record* records() noexcept { return table.load(std::memory_order_acquire); }
std::uint32_t size() noexcept { return used.load(std::memory_order_acquire); }

}  // namespace gander::g_table
