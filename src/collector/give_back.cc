// SPDX-License-Identifier: Apache-2.0
#include "collector/give_back.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "collector/pacer.h"
#include "heap/page_heap.h"

namespace gander::collector {

std::int64_t give_back_some_pages() noexcept {
  constexpr std::uint64_t most_step_bytes = std::uint64_t{256} << 10;
  constexpr std::uint64_t time_constant_ns = 5'000'000'000;
  const heap::page_heap::numbers heap = heap::page_heap::count();
  const std::uint64_t held = heap.in_use_bytes + heap.written_bytes;
  const std::uint64_t kept = pacer::kept_bytes();
  if (held <= kept) return nothing_to_give_back;
  const std::uint64_t excess = held - kept;
  const std::uint64_t step = std::min(excess, most_step_bytes);
  if (heap::page_heap::scavenge(static_cast<std::size_t>(step)) == 0) return nothing_to_give_back;
  if (held > pacer::limit_bytes()) return 0;
  return static_cast<std::int64_t>(time_constant_ns * step / excess);
}

}  // namespace gander::collector
