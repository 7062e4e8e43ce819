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

// One goroutine, which another thread makes mark, and no thread but the collector's beside it.
TEST(assist, marks_what_there_is_and_ends) {
  run(run_options{.gomaxprocs = 1}, [] {
    constexpr int depth = 16;
    const gc::root<leaf> live(grow(depth));
    assist_all();  // of nothing
    std::atomic<bool> over{false};
    std::thread collects([&] {
      while (!over) collect_now();
    });
    const std::int64_t before_ns = assisted_ns();
    while (assisted_ns() == before_ns) assist_all();
    over = true;
    blocking([&] { collects.join(); });
  });
}

}  // namespace
}  // namespace gander::collector
