// SPDX-License-Identifier: Apache-2.0
//
// A round of messages through a random layered graph of channels: producers feed the first layer,
// relays carry from each layer to the next, the last layer's are delivered. (Without circles nobody
// can wait for ever for a reason of the program's own.)
#pragma once

#include <cstdint>

#include "stress/dice.h"

namespace gander::stress {

// Inside a run. Returns how many messages were delivered; ends the process if one is lost, doubled
// or damaged.
std::uint64_t run_round(dice d);

}  // namespace gander::stress
