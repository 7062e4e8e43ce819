// SPDX-License-Identifier: Apache-2.0
//
// A forked child has one thread and none of ours, so nothing of the runtime works there; it may
// only exec. The child's border says so: its next entry is fatal("gander used after fork"). A child
// of vfork() shares our memory, runs no handlers, and may not call anything anyway.
#pragma once

namespace gander {

void watch_forks() noexcept;

}  // namespace gander
