// SPDX-License-Identifier: Apache-2.0
#include "crash/throw_record.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>

#include "base/check.h"
#include "crash/unwinder.h"
#include "sched/sanitizer.h"

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

void record(const void* object) noexcept {
  std::uintptr_t pcs[frames_max];
  const std::size_t count = capture_pcs(pcs, 1);
  slot& s = slots[next_slot.fetch_add(1, std::memory_order_relaxed) % slot_count];
  std::uint32_t version = s.version.load(std::memory_order_relaxed);
  if ((version & 1) != 0 || !s.version.compare_exchange_strong(version, version + 1)) return;
  s.object.store(object, std::memory_order_relaxed);  // all published by the version
  s.count.store(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
  for (std::size_t i = 0; i < count; ++i) s.pcs[i].store(pcs[i], std::memory_order_relaxed);
  s.version.store(version + 2, std::memory_order_release);  // pairs with find_throw()
}

}  // namespace

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

bool throws_are_recorded() noexcept {
  const std::uint64_t before = next_slot.load();
  try {
    throw 0;
  } catch (int) {
  }
  return next_slot.load() != before;
}

}  // namespace gander::crash

extern "C" {

#ifdef GANDER_ASAN
// The sanitizer has a definition of its own, weak and first in the link: ours must be a strong one,
// and do what that does.
void __asan_handle_no_return();
[[noreturn]] void __cxa_throw(void* object, void* type, void (*destroy)(void*));
#else
// Weak, so that a program linked against a static C++ runtime keeps that one's.
[[noreturn, gnu::weak]] void __cxa_throw(void* object, void* type, void (*destroy)(void*));
#endif

void __cxa_throw(void* object, void* type, void (*destroy)(void*)) {
  using throw_function = void (*)(void*, void*, void (*)(void*));
  static const auto next = reinterpret_cast<throw_function>(::dlsym(RTLD_NEXT, "__cxa_throw"));
  gander::check(next != nullptr, "no __cxa_throw behind ours");
  gander::crash::record(object);
#ifdef GANDER_ASAN
  __asan_handle_no_return();  // the frames that the exception leaves are no longer poisoned
#endif
  next(object, type, destroy);
  __builtin_unreachable();
}
}
