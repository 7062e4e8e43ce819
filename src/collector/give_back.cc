// SPDX-License-Identifier: Apache-2.0
#include "collector/give_back.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/relaxed.h"
#include "collector/pacer.h"
#include "heap/page_heap.h"
#include "os/os.h"

namespace gander::collector {
namespace {

// A cycle that comes in between is no reason for another step: a program with a cycle every few
// milliseconds gave back with each what it needed for the next, a fault for each page.
relaxed<std::int64_t> next_step_ns{0};

}  // namespace

std::int64_t give_back_some_pages() noexcept {
  constexpr std::uint64_t most_step_bytes = std::uint64_t{256} << 10;
  constexpr std::uint64_t time_constant_ns = 5'000'000'000;
  const heap::page_heap::numbers heap = heap::page_heap::count();
  const std::uint64_t held = heap.in_use_bytes + heap.written_bytes;
  const std::uint64_t kept = pacer::kept_bytes();
  if (held <= kept) return nothing_to_give_back;
  const bool is_urgent = held > pacer::limit_bytes();
  const std::int64_t now_ns = os::now_ns();
  if (now_ns < next_step_ns && !is_urgent) return next_step_ns - now_ns;
  const std::uint64_t excess = held - kept;
  const std::uint64_t step = std::min(excess, most_step_bytes);
  if (heap::page_heap::scavenge(static_cast<std::size_t>(step)) == 0) return nothing_to_give_back;
  if (is_urgent) return 0;
  const auto pause_ns = static_cast<std::int64_t>(time_constant_ns * step / excess);
  next_step_ns = now_ns + pause_ns;
  return pause_ns;
}

}  // namespace gander::collector
