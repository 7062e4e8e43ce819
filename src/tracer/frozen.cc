// SPDX-License-Identifier: Apache-2.0
#include "tracer/frozen.h"

#include <algorithm>

#include "os/os.h"

namespace gander::tracer {
namespace {

constexpr std::size_t most_batches = sizeof(void*) == 8 ? 1U << 18 : 1U << 14;
const trace::batch** found = nullptr;

}  // namespace

void prepare_frozen_batches() noexcept {
  if (found == nullptr)
    found = static_cast<const trace::batch**>(os::reserve(most_batches * sizeof *found));
}

// std::sort takes no memory, and needs no more stack than a few dozen calls.
std::span<const trace::batch* const> frozen_batches(std::uint32_t generation) noexcept {
  if (found == nullptr) return {};
  std::size_t count = 0;
  trace::pool::for_each_frozen([&](const trace::batch& b) {
    if (count < most_batches && frozen_bytes(b, generation) != 0) found[count++] = &b;
  });
  std::sort(found, found + count, [](const trace::batch* x, const trace::batch* y) {
    return x->time_ticks != y->time_ticks ? x->time_ticks < y->time_ticks : x < y;
  });
  return {found, count};
}

}  // namespace gander::tracer
