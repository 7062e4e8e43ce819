// SPDX-License-Identifier: Apache-2.0
#include "tracer/generation.h"

#include <array>

#include "base/left_out.h"

namespace gander::tracer {
namespace {

constinit std::array<generation, 1024> all;  // users == 0: free
const left_out of_all(all);

}  // namespace

generation* new_generation() noexcept {
  for (generation& g : all) {
    std::uint32_t free = 0;
    // acquire: pairs with let_go(), after which nobody reads it any more.
    if (g.users.load(std::memory_order_relaxed) == 0 &&
        g.users.compare_exchange_strong(free, 1, std::memory_order_acquire))
      return &g;
  }
  return nullptr;
}

void let_go(generation& g) noexcept {
  // With two or more users this only counts; the last one must have seen the others' end (acq_rel),
  // and frees the slot at the very end.
  std::uint32_t users = g.users.load(std::memory_order_acquire);
  while (users > 1)
    if (g.users.compare_exchange_weak(users, users - 1, std::memory_order_acq_rel)) return;
  trace::pool::give_back(g.batches);
  g.batches = nullptr;
  g.users.store(0, std::memory_order_release);  // pairs with new_generation()
}

}  // namespace gander::tracer
