// SPDX-License-Identifier: Apache-2.0
//
// What the collector asks of the scheduler: that no goroutine runs on a stack which is due to be
// looked at (collector/parked_stacks.h).
#pragma once

#include <cstdint>

#include "base/relaxed.h"

namespace gander {

struct G;

// g_record::look; see collector/parked_stacks.h.
enum class stack_look : std::uint8_t { none, due, busy };

// While some are due: to be called before a goroutine runs, by an M with a P, on its g0. Set in a
// stop, in which no M with a P is in the scheduler; a stale value afterwards costs a call.
using stack_looker = void (*)(G&) noexcept;
extern relaxed<stack_looker> look_at_stack_first;

}  // namespace gander
