// SPDX-License-Identifier: Apache-2.0
#include "collector/assist.h"

#include <gander/gander.h>
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "collector/cycle.h"
#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

struct leaf {
  gc::ptr<leaf> left;
  gc::ptr<leaf> right;
};

leaf* grow(int depth) {
  auto* const n = gc::make<leaf>();
  if (depth == 0) return n;
  n->left = grow(depth - 1);
  n->right = grow(depth - 1);
  return n;
}

// On one P, on which nobody assists but the caller; a thread collects all the time.
template <typename Body>
void while_marking(Body body) {
  run(run_options{.gomaxprocs = 1}, [&] {
    constexpr int depth = 16;
    const gc::root<leaf> live(grow(depth));
    std::atomic<bool> over{false};
    std::thread collects([&] {
      while (!over) collect_now();
    });
    body();
    over = true;
    blocking([&] { collects.join(); });
  });
}

// Each would wait for ever if it did not.
TEST(assist, marks_what_there_is_and_ends) {
  while_marking([] {
    const std::int64_t before_ns = assisted_ns();
    while (assisted_ns() == before_ns) assist_all();
  });
}

TEST(assist, of_who_waits_for_the_end_of_marking) {
  while_marking([] {
    const std::int64_t before_ns = assisted_ns();
    while (assisted_ns() == before_ns) request_cycle(pacer::until::end);
  });
}

}  // namespace
}  // namespace gander::collector
