// SPDX-License-Identifier: Apache-2.0
//
// What workers do between two messages, or for its own sake: all that a scheduler must cope with.
#pragma once

#include "stress/crew.h"

namespace gander::stress {

// One short random act.
void mischief(worker& w);

// Longer ones, started beside a round's traffic.
void start_bystanders(crew& c, dice& d);

}  // namespace gander::stress
