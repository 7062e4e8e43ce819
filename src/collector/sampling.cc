// SPDX-License-Identifier: Apache-2.0
#include "collector/sampling.h"

#include <array>
#include <cstdint>
#include <limits>

#include "base/godebug.h"
#include "base/random.h"
#include "heap/arena.h"
#include "heap/sites.h"
#include "sched/g.h"
#include "unwind/quick_walk.h"
#include "unwind/unwinder.h"

namespace gander::collector::sampling {
namespace {

// Half of the rate up to once and a half: a program that allocates in a rhythm is not always met at
// the same place.
std::ptrdiff_t next_distance(M& m) noexcept {
  const std::int64_t rate = godebug.memprofilerate;
  if (rate == 0) return std::numeric_limits<std::ptrdiff_t>::max();
  const auto most = static_cast<std::uint32_t>(rate);
  return static_cast<std::ptrdiff_t>(rate / 2 + random_below(next_random(m.random), most));
}

}  // namespace

bool takes_every_object() noexcept { return godebug.memprofilerate == 1; }

void detail::take(M& m, heap::cache& in, void* object) noexcept {
  const bool is_first = in.bytes_to_sample == heap::cache::not_begun;
  in.bytes_to_sample = next_distance(m);
  if (godebug.memprofilerate == 0 || (is_first && !takes_every_object())) return;
  const heap::object o = heap::find_object(reinterpret_cast<std::uintptr_t>(object));
  if (o.in == nullptr) return;
  std::array<std::uintptr_t, heap::sites::most_frames> pcs;
  const unwind::start from = unwind::here();
  const G* const g = m.curg;
  std::size_t count = 0;
  if (g != nullptr && !g->foreign && from.sp >= g->stack_low && from.sp < g->stack_high)
    count = unwind::quick_walk(from, g->stack_low, g->stack_high, pcs.data(), pcs.size());
  else  // of which nobody knows what may be read
    count = unwind::capture_pcs(pcs, 0);
  // A large object's span is on its shelf already; nobody sweeps it before the next stop, which
  // waits for the caller.
  heap::sites::add(*o.in, o.index, g != nullptr ? g->goid : 0, {pcs.data(), count});
}

}  // namespace gander::collector::sampling
