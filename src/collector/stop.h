// SPDX-License-Identifier: Apache-2.0
//
// The collector's stop: nobody allocates, no list of the collector's changes, and each thread that
// may hold an object stands still, with its registers where they can be read.
//
// In this order, and back in the other one:
//   the scheduler stop    who has a P is outside of the runtime, or waits: his caches are whole
//   the locks             who has none neither: the shared cache, roots, cells, buffers, weak cells
//   the freeze            signals; of the threads that have called the runtime, to those that do
//                         not stand still by themselves (standing.h)
// While threads are frozen the collector takes no lock but these, and no memory but the system's:
// any other may be held by one of them.
//
// The collector's thread only.
#pragma once

#include <cstdint>

#include "crash/freeze.h"

namespace gander::collector {

class world_stop {
 public:
  // All: also threads that have never called the runtime.
  explicit world_stop(crash::freeze_scope scope = crash::freeze_scope::mutators) noexcept
      : scope_(scope) {}
  world_stop(const world_stop&) = delete;
  world_stop& operator=(const world_stop&) = delete;

  // False: some thread does not answer, or another freeze does not end; nothing is stopped then.
  bool begin() noexcept;
  void end() noexcept;

  // The first thread that did not answer; 0: it was something else.
  int deaf_thread() const noexcept { return deaf_; }
  std::int64_t stopped_ns() const noexcept { return begin_ns_; }

 private:
  bool freeze() noexcept;
  void stop_scheduler() noexcept;
  void start_scheduler() noexcept;

  const crash::freeze_scope scope_;
  bool has_ps_ = false;
  int deaf_ = 0;
  std::int64_t begin_ns_ = 0;
};

}  // namespace gander::collector
