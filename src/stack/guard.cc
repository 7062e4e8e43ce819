// SPDX-License-Identifier: Apache-2.0
#include "stack/guard.h"

#include <unistd.h>

#include <atomic>

#include "base/print.h"
#include "os/os.h"

namespace gander::stack {
namespace {

// All atomics here are relaxed: a late reader only tries once more in vain, and the counts are for
// people.
std::atomic<bool> light_guards{true};
std::atomic<bool> no_more_guards{false};
std::atomic<std::size_t> protected_guards{0};
std::atomic<std::size_t> missing{0};

// Mappings in hand. A program that has used up most of its own gets them back when the first guard
// is refused; else guards would have taken the last, and neither memory nor threads could be had.
class mapping_reserve {
 public:
  void take() noexcept {
    auto* const memory = static_cast<char*>(os::reserve(2 * pairs * os::page_size()));
    if (memory == nullptr) return;
    for (std::size_t i = 0; i < pairs; ++i)
      if (!os::protect(memory + 2 * i * os::page_size(), os::page_size())) break;
    memory_.store(memory);
  }
  void give_back() noexcept {
    if (char* const memory = memory_.exchange(nullptr))
      os::release(memory, 2 * pairs * os::page_size());
  }

 private:
  static constexpr std::size_t pairs = 256;
  std::atomic<char*> memory_{nullptr};
};

mapping_reserve spare_mappings;

// Half of what a process may map is left to the program itself.
std::size_t protected_guards_max() noexcept {
  static const std::size_t limit = os::max_mappings() / 4;
  return limit;
}

void tell() noexcept {
  char buffer[256];
  text_writer(buffer, STDERR_FILENO)
      .text("gander: goroutine stacks go without guards from here on: light ones (Linux 6.13) are ")
      .text("refused, and others would take more than half of vm.max_map_count\n");
}

bool set_light_guard(void* memory) noexcept {
  if (!light_guards.load(std::memory_order_relaxed)) return false;
  if (os::guard_light(memory, guard_size)) return true;
  // An older kernel, or memory that mlockall() pins.
  if (light_guards.exchange(false, std::memory_order_relaxed)) spare_mappings.take();
  return false;
}

bool set_protected_guard(void* memory) noexcept {
  if (no_more_guards.load(std::memory_order_relaxed)) return false;
  if (protected_guards.fetch_add(1, std::memory_order_relaxed) < protected_guards_max() &&
      os::protect(memory, guard_size))
    return true;
  no_more_guards.store(true, std::memory_order_relaxed);
  spare_mappings.give_back();
  return false;
}

}  // namespace

void set_guard(std::uintptr_t low) noexcept {
  void* const memory = reinterpret_cast<void*>(low);
  if (set_light_guard(memory) || set_protected_guard(memory)) return;
  if (missing.fetch_add(1, std::memory_order_relaxed) == 0) tell();
}

std::size_t guards_missing() noexcept { return missing.load(std::memory_order_relaxed); }

}  // namespace gander::stack
