// SPDX-License-Identifier: Apache-2.0
#include "sched/alarm_heap.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "os/os.h"
#include "sched/alarm.h"

namespace gander {
namespace {

struct slow_alarm {
  alarm a;
  std::atomic<bool> started{false};
  std::atomic<bool> stop_returned{false};
  std::atomic<bool> ended{false};
};

// Ends when somebody has been told that it does not run, else after a while.
void run_slowly(alarm& a) {
  auto& slow = *static_cast<slow_alarm*>(a.argument);
  slow.started = true;
  const std::int64_t patience_ns = 100'000'000;
  const std::int64_t until_ns = os::now_ns() + patience_ns;
  while (!slow.stop_returned && os::now_ns() < until_ns) os::yield_thread();
  slow.ended = true;
}

TEST(alarm_heap, alarms_move_to_another_and_none_are_taken_until_it_reopens) {
  alarm_heap heap;
  alarm_heap other;
  alarm a;
  alarm late;
  EXPECT_TRUE(heap.add(a, 5, 0));
  heap.move_to(other);
  EXPECT_EQ(heap.earliest(), alarm_heap::none);
  EXPECT_EQ(other.earliest(), 5);
  EXPECT_FALSE(heap.add(late, 3, 0));
  heap.reopen();
  EXPECT_TRUE(heap.add(late, 3, 0));
  EXPECT_TRUE(alarm_stop(a));
  EXPECT_TRUE(alarm_stop(late));
  EXPECT_EQ(other.earliest(), alarm_heap::none);
}

// At the start of a run, which may use fewer Ps than the one before, sysmon may be running alarms.
TEST(alarm_heap, stop_waits_for_the_function_of_an_alarm_that_has_moved_meanwhile) {
  alarm_heap heap;
  alarm_heap other;
  slow_alarm periodic;
  periodic.a.function = run_slowly;
  periodic.a.argument = &periodic;
  const std::int64_t hour_ns = 3'600'000'000'000;
  const std::int64_t now_ns = os::now_ns();
  ASSERT_TRUE(heap.add(periodic.a, now_ns, hour_ns));
  std::thread runner([&] { heap.run_due(now_ns); });
  while (!periodic.started) os::yield_thread();
  heap.move_to(other);
  EXPECT_TRUE(alarm_stop(periodic.a));
  EXPECT_TRUE(periodic.ended);
  periodic.stop_returned = true;
  runner.join();
}

}  // namespace
}  // namespace gander
