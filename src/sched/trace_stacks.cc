// SPDX-License-Identifier: Apache-2.0
//
// stack_from() of trace_states.h. Goroutines call it on their own stacks, on which a walk must not
// leave its traces: its 7 KiB would cost each of ten thousand goroutines two pages that it never
// needed, and each event the cache misses of a deeper stack (three quarters of the time that a
// recorder took from a server's load).
//
// So walks are made in spaces that all share. Lock-free: the bit of a space is set by who uses it.
#include <array>
#include <atomic>
#include <bit>

#include "base/left_out.h"
#include "sched/trace_states.h"
#include "unwind/footprint.h"

namespace gander::tracing {
namespace {

struct walk_space {
  std::array<std::uintptr_t, trace::max_frames> pcs;
  alignas(unwind::footprint) std::byte print[sizeof(unwind::footprint)];
};

constexpr unsigned space_count = 32;
walk_space spaces[space_count];
const left_out of_spaces(spaces);
std::atomic<std::uint32_t> spaces_in_use{0};

std::uint32_t walk_in(walk_space& space, const unwind::start& from, const G& g) noexcept {
  trace::table_set& tables = trace::tables();
  unwind::footprint& print = *new (space.print) unwind::footprint(from);
  const std::size_t count = unwind::quick_walk(from, g.stack_low, g.stack_high, space.pcs.data(),
                                               space.pcs.size(), print);
  const std::uint32_t stack =
      tables.stacks.find_or_add({space.pcs.data(), count}, current_generation);
  tables.footprints.keep(stack, print.words());
  return stack;
}

// More threads walk at once than there are spaces: as many as the system has put to sleep there.
[[gnu::noinline]] std::uint32_t walk_here(const unwind::start& from, const G& g) noexcept {
  walk_space space;
  return walk_in(space, from, g);
}

[[gnu::noinline]] std::uint32_t walk(const unwind::start& from, const G& g) noexcept {
  std::uint32_t in_use = spaces_in_use.load(std::memory_order_relaxed);  // the swap decides
  while (in_use != UINT32_MAX) {
    const auto free = static_cast<unsigned>(std::countr_one(in_use));
    const std::uint32_t bit = std::uint32_t{1} << free;
    // acquire: pairs with the release of who has used it before.
    if (!spaces_in_use.compare_exchange_weak(in_use, in_use | bit, std::memory_order_acquire,
                                             std::memory_order_relaxed))
      continue;
    const std::uint32_t stack = walk_in(spaces[free], from, g);
    spaces_in_use.fetch_and(~bit, std::memory_order_release);  // pairs with the acquire above
    return stack;
  }
  return walk_here(from, g);
}

// Whether a walk would find the stack of that number.
bool is_again(std::uint32_t stack, const unwind::start& from, const G& g) noexcept {
  return unwind::footprint::fits(trace::tables().footprints.of(stack), from, g.stack_low,
                                 g.stack_high);
}

}  // namespace

std::uint32_t stack_from(const unwind::start& from, const G& g, std::uint32_t last) noexcept {
  trace::table_set& tables = trace::tables();
  std::uint32_t stack = last;
  if (!is_again(stack, from, g)) {
    stack = tables.footprints.follower(last);
    if (!is_again(stack, from, g)) {
      stack = walk(from, g);
      tables.footprints.followed(last, stack);
      return stack;
    }
  }
  tables.stacks.use(stack, current_generation);
  return stack;
}

}  // namespace gander::tracing
