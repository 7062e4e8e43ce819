// SPDX-License-Identifier: Apache-2.0
#include "collector/stop.h"

#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "collector/stop_test_helper.h"
#include "collector/watch_test_helper.h"
#include "crash/thread_table.h"
#include "os/os.h"
#include "sched/sched.h"
#include "support/await.h"

namespace gander::collector {
namespace {

int sysmon_tid() {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m->is_sysmon) return m->tid;
  return 0;
}

bool is_asked(int tid) { return crash::find_thread(tid) != nullptr; }

TEST(world_stop, asks_sysmon_only_while_no_run_is_on) {
  const auto sysmon_is_asked = [] { return is_asked(sysmon_tid()); };
  in_run([&] {
    make_node();
    testing::await([] { return sysmon_tid() != 0; });  // its thread may start late
    blocking([&] { EXPECT_FALSE(in_stop(sysmon_is_asked)); });
  });
  EXPECT_TRUE(in_stop(sysmon_is_asked)) << "it serves alarms then";
}

TEST(world_stop, asks_nobody_who_has_answered_at_the_border) {
  in_run([] {
    std::atomic<int> tid{0};
    std::atomic<bool> over{false};
    auto allocates = spawn([&] {
      const pin_thread pinned;
      tid = os::thread_id();
      while (!over.load()) make_node();
    });
    while (tid.load() == 0) yield();
    blocking([&] { EXPECT_TRUE(in_some_stop([&] { return stands(tid) && !is_asked(tid); })); });
    over = true;
    allocates.join();
  });
}

TEST(world_stop, asks_who_is_in_user_code) {
  in_run([] {
    std::atomic<int> tid{0};
    std::atomic<bool> over{false};
    auto computes = spawn([&] {
      const pin_thread pinned;
      make_node();
      tid = os::thread_id();
      while (!over.load()) {
      }
    });
    while (tid.load() == 0) yield();
    blocking([&] { EXPECT_TRUE(in_stop([&] { return is_asked(tid) && !stands(tid); })); });
    over = true;
    computes.join();
  });
}

TEST(world_stop, does_not_ask_the_run_thread_without_a_goroutine) {
  const int run_thread = os::thread_id();
  make_node();  // a thread that is known
  in_run([&] {
    const auto over = make_chan<void>();
    go([&] {
      make_node();
      blocking([&] {
        EXPECT_TRUE(in_some_stop([&] { return stands(run_thread) && !is_asked(run_thread); }));
      });
      over.close();
    });
    over.recv();
  });
  EXPECT_TRUE(in_stop([&] { return is_asked(run_thread) && !stands(run_thread); }))
      << "after the run it is a thread like any other";
}

// A thread without a P takes it to make a goroutine ready, and a signal may freeze it there.
TEST(world_stop, ends_though_one_who_is_frozen_has_the_schedulers_lock) {
  in_run([] {
    std::atomic<bool> over{false};
    std::atomic<int> frozen{0};
    std::thread holds([&] {
      make_node();  // a thread that is known
      while (!over) {
        const lock_scope held(sched.guard);
        const std::int64_t stopped_before_ns = count_cycles().stopped_ns;
        for (const std::int64_t end_ns = os::now_ns() + 50'000; os::now_ns() < end_ns;) {
        }
        if (count_cycles().stopped_ns != stopped_before_ns) ++frozen;
      }
    });
    blocking([&] {
      while (frozen < 10) collect_now();
      over = true;
      holds.join();
    });
  });
}

}  // namespace
}  // namespace gander::collector
