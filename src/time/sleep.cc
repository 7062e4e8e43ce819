// SPDX-License-Identifier: Apache-2.0
#include <gander/time.h>

#include "sched/border.h"
#include "sched/park.h"

namespace gander::internal {

// A wait that nobody ends but the deadline. With none, it is for ever.
void sleep_until_ns(std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  lock nobody_else_knows;
  wait_list alone;
  sudog self;
  nobody_else_knows.acquire();
  enqueue(alone, self);
  park_until(nobody_else_knows, alone, self, wait_reason::sleep, deadline_ns);
}

}  // namespace gander::internal
