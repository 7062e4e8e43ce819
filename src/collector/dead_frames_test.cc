// SPDX-License-Identifier: Apache-2.0
//
// What calls that have returned left below the stack pointer of a parked goroutine, or on the stack
// of one that has ended, holds nothing.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

// Far below where the caller, and what it calls next, will be.
[[gnu::noinline]] void leave_in_frame(std::unique_ptr<watcher>& of, int depth) {
  std::array<void* volatile, 256> words;
  if (depth > 0) {
    words[0] = &words;
    leave_in_frame(of, depth - 1);
    words[1] = words[0];  // no tail call
    return;
  }
  node* const n = make_node();
  for (auto& word : words) word = n;
  of = std::make_unique<watcher>(n);
}

TEST(dead_frames, of_a_parked_goroutine_hold_nothing) {
  in_run([] {
    auto ready = make_chan<void>();
    auto go_on = make_chan<void>();
    std::unique_ptr<watcher> w;
    auto h = spawn([&] {
      leave_in_frame(w, 10);
      ready.send();
      go_on.recv();
    });
    ready.recv();
    EXPECT_TRUE(goes(*w));
    go_on.close();
    h.join();
  });
}

TEST(dead_frames, of_ended_goroutines_hold_nothing) {
  in_run([] {
    std::array<std::unique_ptr<watcher>, 20> watchers;
    for (auto& w : watchers) spawn([&] { leave_in_frame(w, 10); }).join();
    for (const auto& w : watchers) EXPECT_TRUE(goes(*w));
  });
}

}  // namespace
}  // namespace gander::collector
