// SPDX-License-Identifier: Apache-2.0
//
// traced_g: what a trace knows of a goroutine. In a table (g_table.h), so that the collector looks
// at all goroutines without touching their stacks.
//
// `claimed`: the last generation that knows the goroutine's status. Whoever makes the first event
// of a generation swaps it; so does the collector, at the end, for goroutines without any. All else
// is written by the goroutine's owner, after having claimed it: hence the collector, if its swap
// succeeds, has read what was right.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/relaxed.h"
#include "trace/event.h"

namespace gander {

struct alignas(32) traced_g {
  std::atomic<std::uint32_t> claimed{0};
  std::atomic<trace::go_state> state{trace::go_state::none};
  std::atomic<std::uint32_t> thread{0};  // in the state syscall: its thread's id
  std::atomic<std::uint32_t> stack{0};   // of the wait; uncreated: where it was started
  std::uint32_t sequence = 0;            // of its last event in sequence_generation; the owner's
  std::uint32_t sequence_generation = 0;
  std::uint32_t last_stack =
      0;  // of an event that it made while it ran: perhaps the next one's, too
  relaxed<bool> assists{false};  // the owner's: between mark_assist_begins() and ..._ends()
};
static_assert(sizeof(traced_g) == 32);

}  // namespace gander
