// SPDX-License-Identifier: Apache-2.0
//
// For tests of how threads stand in a stop.
#pragma once

#include <thread>

#include "collector/stop.h"
#include "sched/sched.h"
#include "sched/standing.h"

namespace gander::collector {

// Looks in a stop by a plain thread, as the collector's is one. In user code: it blocks.
template <typename Look>
bool in_stop(Look look) {
  bool seen = false;
  std::thread([&] {
    current_or_attach();
    world_stop stop;
    while (!stop.begin()) {
    }
    seen = look();
    stop.end();
  }).join();
  return seen;
}

// In one of many stops: a thread may be between two calls of the runtime for too long, or not have
// come to where it shall be.
template <typename Look>
bool in_some_stop(Look look) {
  constexpr int most_stops = 10'000;
  for (int i = 0; i < most_stops; ++i)
    if (in_stop(look)) return true;
  return false;
}

// Whether a thread stands still without having been asked. In a stop.
inline bool stands(int tid) {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m->tid == tid && !m->exited.load()) return stands_at(*m) != 0;
  return false;
}

}  // namespace gander::collector
