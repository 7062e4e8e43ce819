// SPDX-License-Identifier: Apache-2.0
#include "collector/give_back.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "collector/pacer.h"
#include "heap/page_heap.h"

namespace gander::collector {

void give_back_pages(bool (*goes_on)() noexcept) noexcept {
  constexpr std::uint64_t step_bytes = std::uint64_t{256} << 10;
  while (goes_on()) {
    const heap::page_heap::numbers heap = heap::page_heap::count();
    const std::uint64_t held = heap.in_use_bytes + heap.written_bytes;
    const std::uint64_t kept = pacer::kept_bytes();
    if (held <= kept) return;
    const std::size_t step = static_cast<std::size_t>(std::min(held - kept, step_bytes));
    if (heap::page_heap::scavenge(step) == 0) return;
  }
}

}  // namespace gander::collector
