// SPDX-License-Identifier: Apache-2.0
#include <gander/panic.h>
#include <gander/sync/wait_group.h>

#include <memory>
#include <string>

#include "support/await.h"
#include "support/everywhere.h"
#include "support/tracked.h"

namespace gander {
namespace {

using testing::await;
using testing::workers;

class wait_group_test : public testing::everywhere {};
GANDER_EVERYWHERE(wait_group_test);

constinit wait_group in_static_storage;

template <typename F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const panic_error& e) {
    return e.what();
  }
  return "no panic";
}

TEST(wait_group, does_not_wait_for_nothing) {
  in_static_storage.wait();
  in_static_storage.add(2);
  in_static_storage.add(-1);
  in_static_storage.done();
  in_static_storage.wait();
}

TEST(wait_group, negative_counter_panics) {
  EXPECT_EQ(panic_of([] { wait_group().done(); }), "sync: negative WaitGroup counter");
  EXPECT_EQ(panic_of([] {
              wait_group group;
              group.add(2);
              group.add(-3);
            }),
            "sync: negative WaitGroup counter");
}

// Used again and again, by several who wait.
TEST_P(wait_group_test, waits_for_all_and_may_be_reused) {
  in_place([] {
    wait_group group;
    for (int round = 0; round < 300; ++round) {
      std::atomic<int> done{0};
      workers crew(GetParam());
      group.add(4);
      for (int w = 0; w < 2; ++w)
        crew.go([&] {
          group.wait();
          EXPECT_EQ(done, 4);
        });
      for (int w = 0; w < 4; ++w)
        crew.go([&] {
          ++done;
          group.done();
        });
      group.wait();
      EXPECT_EQ(done, 4);
    }
  });
}

TEST_P(wait_group_test, may_be_destroyed_when_wait_returns) {
  in_place([] {
    for (int round = 0; round < 1000; ++round) {
      auto group = std::make_unique<wait_group>();
      workers crew(GetParam());
      group->add(2);
      for (int w = 0; w < 2; ++w) crew.go([&group = *group] { group.done(); });
      group->wait();
      group.reset();
    }
  });
}

TEST(wait_group_go, runs_functions_that_it_waits_for) {
  gander::run([] {
    std::atomic<int> ran{0};
    wait_group group;
    auto move_only = std::make_unique<int>(1);
    group.go([&ran, move_only = std::move(move_only)] { ran += *move_only; });
    for (int i = 0; i < 100; ++i)
      group.go([&] {
        group.go([&] { ++ran; });  // adds while the counter is positive
        ++ran;
      });
    group.wait();
    EXPECT_EQ(ran, 201);
  });
}

TEST(wait_group_go, waits_for_the_end_of_what_the_function_holds) {
  gander::run([] {
    bool gone = false, gone_by_goexit = false;
    wait_group group;
    group.go([held = testing::slow_to_go(gone)] {});
    group.go([held = testing::slow_to_go(gone_by_goexit)] { goexit(); });
    group.wait();
    EXPECT_TRUE(gone);
    EXPECT_TRUE(gone_by_goexit);
  });
}

TEST(wait_group_go, counts_nothing_that_does_not_start) {
  struct uncopyable {
    uncopyable() = default;
    uncopyable(const uncopyable&) { throw 1; }
    void operator()() const {}
  } const f;
  gander::run([&f] {
    wait_group group;
    EXPECT_THROW(group.go(f), int);
    group.wait();
  });
  wait_group group;
  EXPECT_THROW(group.go([] {}), panic_error);  // no run() is on
  group.wait();
}

}  // namespace
}  // namespace gander
