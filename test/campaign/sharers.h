// SPDX-License-Identifier: Apache-2.0
//
// Goroutines that change one graph at the same time, without a lock: each object that is reached is
// whole, or was lost. Edges move, so that the only way to what is below may be in a register for a
// while.
#pragma once

#include "campaign/graph.h"

namespace gander::campaign {

// On any number of goroutines and threads.
void share(dice d, std::uint64_t steps);

// Nothing can be reached any more.
void drop_shared();

}  // namespace gander::campaign
