// SPDX-License-Identifier: Apache-2.0
//
// What goes on beside the mutators: collections without end, changes of GOMAXPROCS, signals to all
// threads at any instruction.
#pragma once

#include <gander/sync.h>

#include <atomic>
#include <thread>

#include "campaign/graph.h"

namespace gander::campaign {

struct disturbances {
  bool collects = true;
  bool changes_procs = true;
  bool sends_signals = true;
};

class disturber {
 public:
  disturber(dice d, disturbances what);
  ~disturber();  // on a goroutine
  disturber(const disturber&) = delete;
  disturber& operator=(const disturber&) = delete;

 private:
  std::atomic<bool> over_{false};
  wait_group goroutines_;
  std::thread signals_;
};

std::uint64_t count_signals() noexcept;

}  // namespace gander::campaign
