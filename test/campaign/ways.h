// SPDX-License-Identifier: Apache-2.0
//
// Ways for an object from one field to another, on which nothing else leads to it: stacks,
// registers, channels, closures, results, exceptions, other threads.
#pragma once

#include <gander/chan.h>

#include <thread>

#include "campaign/graph.h"

namespace gander::campaign {

// What all ways of a round share: an echo that is a goroutine, and one that is a plain thread.
class echoes {
 public:
  explicit echoes(dice d);
  ~echoes();  // on a goroutine
  echoes(const echoes&) = delete;
  echoes& operator=(const echoes&) = delete;

  struct message {
    gc::ptr<node> what;
    chan<node*> back;
  };
  chan<message> to_goroutine = make_chan<message>();
  chan<message> to_thread = make_chan<message>(2);

 private:
  chan<void> goroutine_has_ended_ = make_chan<void>();
  std::thread thread_;
};

inline constexpr int ways = 20;

// Moves what `from` points to into `to`; `from` is null afterwards. On a goroutine.
void move_by(int way, dice& d, echoes& e, gc::ptr<node>& from, gc::ptr<node>& to);

}  // namespace gander::campaign
