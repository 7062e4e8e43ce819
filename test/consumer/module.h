// SPDX-License-Identifier: Apache-2.0
//
// What a module of the outside project offers: two modules (module.cc, compiled twice) and their
// host have to find one and the same runtime in the process, or each its own, but never a mixture.
#pragma once

#include <gander/chan.h>

extern "C" {
// Sends 1 to 10 from a goroutine of the module, and closes.
void start_sending(const gander::chan<int>& numbers);

// A whole run inside the module; the result is the sum of what start_sending sent.
int run_alone();
}
