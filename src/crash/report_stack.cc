// SPDX-License-Identifier: Apache-2.0
#include "crash/report_stack.h"

#include <atomic>

#include "arch/arch.h"
#include "crash/signal_stack.h"
#include "os/os.h"

namespace gander::crash {
namespace {

constexpr std::size_t stack_size = std::size_t{1} << 20;

std::atomic<char*> memory{nullptr};

struct layout {
  std::size_t guard = os::page_size();
  std::size_t signal_stack = signal_stack_size();
  std::size_t stack = 2 * guard + signal_stack;
  std::size_t each = stack + stack_size;
};

char* start_of(report_stack which) noexcept {
  return memory.load() + static_cast<std::size_t>(which) * layout().each;
}

}  // namespace

bool map_report_stacks() noexcept {
  if (memory.load() != nullptr) return true;
  const layout sizes;
  auto* const mapped = static_cast<char*>(os::reserve(2 * sizes.each));
  if (mapped == nullptr) return false;
  for (char* const start : {mapped, mapped + sizes.each}) {
    os::protect(start, sizes.guard);
    os::protect(start + sizes.stack - sizes.guard, sizes.guard);
    arch::announce_stack(reinterpret_cast<std::uintptr_t>(start + sizes.stack),
                         reinterpret_cast<std::uintptr_t>(start + sizes.each));
  }
  char* nothing = nullptr;
  if (!memory.compare_exchange_strong(nothing, mapped)) os::release(mapped, 2 * sizes.each);
  return true;
}

char* top_of(report_stack which) noexcept { return start_of(which) + layout().each; }

char* signal_stack_of(report_stack which) noexcept { return start_of(which) + layout().guard; }

memory_range memory_of_report_stacks() noexcept {
  const auto mapped = reinterpret_cast<std::uintptr_t>(memory.load());
  return {mapped, mapped != 0 ? mapped + 2 * layout().each : 0};
}

bool on_report_stack(std::uintptr_t sp) noexcept { return memory_of_report_stacks().holds(sp); }

}  // namespace gander::crash
