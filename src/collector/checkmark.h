// SPDX-License-Identifier: Apache-2.0
//
// GODEBUG=gccheckmark=1: in the stop that ends a marking everything is marked once more, from the
// roots (under the hybrid barrier, from what it promises is held: scan.h), with nobody changing
// anything and marks of their own. An object that only this finds was lost, and the process ends.
#pragma once

#include "collector/scan.h"

namespace gander::collector {

// REQUIRES: a stop.
void check_marks(const data_segments& globals) noexcept;

}  // namespace gander::collector
