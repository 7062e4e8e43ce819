// SPDX-License-Identifier: Apache-2.0
#include "crash/throw_record.h"

#include <algorithm>
#include <atomic>
#include <string_view>

#include "crash/symbolizer.h"
#include "unwind/unwinder.h"

namespace gander::crash {
namespace {

constexpr std::size_t frames_max = 48;
constexpr std::uint64_t slot_count = 64;

// A slot is a seqlock: odd while it is written. Two writers meet only when 64 throws happen during
// one; the record is then lost, not wrong: the object is compared.
struct slot {
  std::atomic<std::uint32_t> version{0};
  std::atomic<const void*> object{nullptr};
  std::atomic<std::uint32_t> count{0};
  std::atomic<std::uintptr_t> pcs[frames_max];
};
slot slots[slot_count];
std::atomic<std::uint64_t> next_slot{0};
std::atomic<bool> are_recorded{false};

bool carries_a_throw(std::string_view function) noexcept {
  return function == "__cxa_throw" || function == "__cxa_rethrow" ||
         function.starts_with("std::rethrow_exception") || function.starts_with("__wrap_");
}

}  // namespace

void record_throw(const void* object) noexcept {
  std::uintptr_t pcs[frames_max];
  const std::size_t count = unwind::capture_pcs(pcs, 2);  // neither this function nor the hook
  slot& s = slots[next_slot.fetch_add(1, std::memory_order_relaxed) % slot_count];
  std::uint32_t version = s.version.load(std::memory_order_relaxed);
  if ((version & 1) != 0 || !s.version.compare_exchange_strong(version, version + 1)) return;
  s.object.store(object, std::memory_order_relaxed);  // all published by the version
  s.count.store(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
  for (std::size_t i = 0; i < count; ++i) s.pcs[i].store(pcs[i], std::memory_order_relaxed);
  s.version.store(version + 2, std::memory_order_release);  // pairs with find_throw()
}

// Newest first: an address may have been used again.
std::size_t find_throw(const void* object, std::span<std::uintptr_t> out) noexcept {
  const std::uint64_t newest = next_slot.load(std::memory_order_relaxed);
  for (std::uint64_t i = 1; i <= slot_count; ++i) {
    const slot& s = slots[(newest - i) % slot_count];
    const std::uint32_t version = s.version.load(std::memory_order_acquire);
    if ((version & 1) != 0 || s.object.load(std::memory_order_relaxed) != object) continue;
    const std::size_t count =
        std::min<std::size_t>(s.count.load(std::memory_order_relaxed), out.size());
    for (std::size_t k = 0; k < count; ++k) out[k] = s.pcs[k].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (s.version.load(std::memory_order_relaxed) == version) return count;
  }
  return 0;
}

void try_recording() noexcept {
  const std::uint64_t before = next_slot.load();
  try {
    throw 0;
  } catch (int) {
  }
  are_recorded.store(next_slot.load() != before);
}

bool throws_are_recorded() noexcept { return are_recorded.load(); }

bool walk_to_throw(const regs& here, regs& thrower) noexcept {
  unwind::memory_reader reader;
  unwind::unwinder walk(here, reader);
  constexpr int deepest = 32;  // terminate is called close to the throw, if by it at all
  for (int i = 0; i < deepest; ++i) {
    bool is_throw = false;
    for (const logical_frame& f : symbolize(walk.current().pc(), walk.pc_is_return_address()))
      is_throw |= carries_a_throw(f.function);
    if (!walk.step()) break;
    if (is_throw) {
      thrower = walk.current();
      return true;
    }
  }
  return false;
}

}  // namespace gander::crash
