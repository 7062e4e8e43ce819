// SPDX-License-Identifier: Apache-2.0
//
// Waiting for a state instead of for a time that should suffice.
#pragma once

#include <gander/debug.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

namespace gander::testing {

// Waits until `holds()`, which another worker makes true. Blocks the thread meanwhile, also under a
// goroutine: the others run all the same.
template <typename Predicate>
void await(Predicate&& holds) {
  while (!holds()) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

// How many goroutines, and plain threads in our calls, wait for `what`, in the words of a report:
// "sync.Mutex.Lock". A waiter is counted once it stands in its queue. (Goroutines that an earlier
// run() left behind count, until there is another run.)
inline std::size_t waiting(std::string_view what) {
  const std::string text = debug::stack(true);
  const std::string state = " [" + std::string(what);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(state, at)) != text.npos;) {
    at += state.size();
    // At the end of the state: "[select]" or "[select, locked to thread]", but not
    // "[select (no cases)]".
    if (at < text.size() && (text[at] == ']' || text[at] == ',')) ++count;
  }
  return count;
}

inline void await_waiting(std::size_t count, std::string_view what) {
  await([&] { return waiting(what) >= count; });
}

}  // namespace gander::testing
