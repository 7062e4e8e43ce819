// SPDX-License-Identifier: Apache-2.0
#include "sched/fork.h"

#include "os/os.h"
#include "sched/sched.h"

namespace gander {
namespace {

void in_child() {
  sched.forked = true;
  if (M* m = current_m()) m->border.store(after_fork);
}

}  // namespace

void watch_forks() noexcept { os::at_fork_in_child(in_child); }

}  // namespace gander
