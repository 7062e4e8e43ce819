// SPDX-License-Identifier: Apache-2.0
#include "collector/workers.h"

#include <gtest/gtest.h>

#include "base/godebug.h"
#include "collector/watch_test_helper.h"
#include "support/await.h"

namespace gander::collector {
namespace {

TEST(workers, are_a_quarter_of_the_ps) {
  for (const std::uint32_t procs : {1U, 2U, 4U, 5U}) EXPECT_EQ(workers::wanted_for(procs), 1U);
  EXPECT_EQ(workers::wanted_for(6), 2U);
  EXPECT_EQ(workers::wanted_for(8), 2U);
  EXPECT_EQ(workers::wanted_for(10), 3U);
  EXPECT_EQ(workers::wanted_for(16), 4U);
  EXPECT_EQ(workers::wanted_for(100), 25U);
}

node* make_tree(int depth) {
  node* const n = make_node(static_cast<std::uintptr_t>(depth));
  if (depth > 0) {
    n->left = make_tree(depth - 1);
    n->right = make_tree(depth - 1);
  }
  return n;
}

bool is_whole(const node* n, std::uintptr_t depth) {
  if (n == nullptr || n->value != depth) return false;
  return depth == 0 || (is_whole(n->left, depth - 1) && is_whole(n->right, depth - 1));
}

// Each marking is checked. Which thread comes to work when is the system's: in one of many.
TEST(workers, take_part) {
  constexpr int depth = 17;
  internal::gc_root_cell* const root = internal::gc_take_root();
  godebug.gccheckmark = true;
  run(run_options{.gomaxprocs = 16}, [&] {
    root->value.store(make_tree(depth));
    const std::uint64_t before = workers::times_busy();
    for (int i = 0; i < 1'000 && workers::times_busy() == before; ++i) collect_now();
    EXPECT_GT(workers::times_busy(), before);
    EXPECT_TRUE(is_whole(static_cast<const node*>(root->value.load()), depth));
  });
  godebug.gccheckmark = false;
  internal::gc_put_root(root);
}

// Fewer Ps have fewer; the others wait on.
TEST(workers, rest_between_markings) {
  for (const int procs : {16, 1, 8, 16, 2}) {
    run(run_options{.gomaxprocs = procs}, [] {
      for (int i = 0; i < 20; ++i) {
        make_tree(10);
        collect_now();
        // One that was late to the marking looks in, and goes.
        testing::await([] { return !workers::any_present(); });
      }
    });
  }
}

}  // namespace
}  // namespace gander::collector
