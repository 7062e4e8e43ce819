// SPDX-License-Identifier: Apache-2.0
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/tracked.h"

namespace {

TEST(task_group, waits_for_all) {
  gander::run([] {
    std::atomic<int> ended{0};
    gander::task_group g;
    for (int i = 0; i < 100; ++i)
      g.go([&] {
        gander::yield();
        ++ended;
      });
    g.wait();
    EXPECT_EQ(ended, 100);
    EXPECT_TRUE(g.ctx().err());  // as errgroup: nothing of the group is wanted after wait
  });
}

TEST(task_group, the_destructor_waits) {
  gander::run([] {
    std::atomic<int> ended{0};
    {
      gander::task_group g;
      for (int i = 0; i < 10; ++i)
        g.go([&] {
          gander::yield();
          ++ended;
        });
    }
    EXPECT_EQ(ended, 10);
  });
}

TEST(task_group, the_first_exception_cancels_the_rest_and_is_rethrown) {
  gander::run([] {
    std::atomic<int> cancelled{0};
    gander::task_group g;
    for (int i = 0; i < 10; ++i)
      g.go([&](const gander::context& ctx) {
        ctx.done().recv();
        ++cancelled;
        throw std::logic_error("late");
      });
    g.go([] { throw std::runtime_error("first"); });
    try {
      g.wait();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(e.what(), std::string("first"));
    }
    EXPECT_EQ(cancelled, 10);
    g.wait();  // the exception has been told
  });
}

TEST(task_group, is_cancelled_with_its_parent) {
  gander::run([] {
    auto parent = gander::with_cancel(gander::background());
    gander::task_group g(parent.ctx);
    g.go([](const gander::context& ctx) { ctx.done().recv(); });
    parent.cancel();
    g.wait();
  });
}

TEST(task_group, waits_for_the_end_of_what_a_task_holds) {
  gander::run([] {
    bool gone = false;
    {
      gander::task_group g;
      g.go([held = gander::testing::slow_to_go(gone)](const gander::context&) { throw 1; });
    }
    EXPECT_TRUE(gone);
  });
}

TEST(task_group, calls_a_task_once_and_as_an_rvalue) {
  struct consumed {
    std::unique_ptr<int> number;
    int* got;
    void operator()(const gander::context&) && { *got = *std::move(number); }
  };
  gander::run([] {
    int got = 0;
    gander::task_group g;
    g.go(consumed{std::make_unique<int>(7), &got});
    g.wait();
    EXPECT_EQ(got, 7);
  });
}

TEST(task_group, a_task_may_add_tasks_and_call_goexit) {
  gander::run([] {
    std::atomic<int> ended{0};
    gander::task_group g;
    g.go([&] {
      g.go([&] { ++ended; });
      ++ended;
      gander::goexit();
    });
    g.wait();
    EXPECT_EQ(ended, 2);
  });
}

}  // namespace
