// SPDX-License-Identifier: Apache-2.0
#include "sched/g_table.h"

#include <gander/internal/lock.h>

#include <atomic>

#include "os/growing_table.h"

// gdb's script, which reads the table: in a section that debuggers alone look at, so that it comes
// with every program that holds the library, is found without an installation, and is of the same
// version. 4: the text of a Python script follows, its name first. (docs/design/debugger.md)
asm(".pushsection .debug_gdb_scripts, \"MS\", @progbits, 1\n"
    ".byte 4\n"
    ".ascii \"gander-gdb.py\\n\"\n"
    ".incbin \"" GANDER_GDB_SCRIPT
    "\"\n"
    ".byte 0\n"
    ".popsection\n");

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
std::atomic<traced_g*> traced_table{nullptr};
os::growing_table traced_space;

bool map_table() noexcept {
  constexpr std::size_t record = sizeof(g_record);
  constexpr std::size_t state = sizeof(traced_g);
  if (!space.reserve(most * record, least_capacity * record, /*share=*/16) ||
      !traced_space.reserve(most * state, least_capacity * state, /*share=*/32))
    return false;
  traced_table.store(static_cast<traced_g*>(traced_space.memory()), std::memory_order_relaxed);
  table.store(static_cast<g_record*>(space.memory()),
              std::memory_order_release);  // pairs with records()
  return true;
}

}  // namespace

bool reserve() noexcept {
  internal::lock_scope held(guard);
  if (records() == nullptr && !map_table()) return false;
  const std::size_t wanted = std::size_t{used.load(std::memory_order_relaxed)} + reserved + 1;
  if (!space.grow_to(wanted * sizeof(g_record)) || !traced_space.grow_to(wanted * sizeof(traced_g)))
    return false;
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
// relaxed: stored before the records, which are loaded first by whoever has an index.
traced_g* traced() noexcept { return traced_table.load(std::memory_order_relaxed); }
std::uint32_t size() noexcept { return used.load(std::memory_order_acquire); }

}  // namespace gander::g_table
