// SPDX-License-Identifier: Apache-2.0
#include "sched/fork.h"

#include <gander/internal/gc_runtime.h>

#include "gc/cells.h"
#include "gc/exceptions.h"
#include "os/os.h"
#include "sched/sched.h"

namespace gander {
namespace {

void in_child() {
  sched.forked = true;
  gc::cells::after_fork();
  gc::exceptions::after_fork();
  // Nobody marks here: a store that told of itself would use the runtime.
  internal::gc_now.marking.store(false, std::memory_order_relaxed);
  if (M* m = current_m()) m->border.store(after_fork);
}

}  // namespace

void watch_forks() noexcept { os::at_fork_in_child(in_child); }

}  // namespace gander
