// SPDX-License-Identifier: Apache-2.0
//
// A trace of a program that never was: goroutines that at random create others, block, unblock
// each other, yield, call into the system and end, on some threads with a P each.
#pragma once

#include "encoder.h"

namespace gander::tool::testing {

struct random_program {
  unsigned seed = 1;
  std::size_t events = 1000;  // about
  std::size_t threads = 3;
  std::size_t goroutines = 50;  // at once, at most
  std::size_t generations = 1;
};

bytes random_trace(const random_program& of);

}  // namespace gander::tool::testing
