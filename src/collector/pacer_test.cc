// SPDX-License-Identifier: Apache-2.0
//
// Goal and trigger by cycles that are only told of. No collector runs in this process.
#include "collector/pacer.h"

#include <gtest/gtest.h>

namespace gander::collector::pacer {
namespace {

constexpr std::size_t mb = 1 << 20;
constexpr std::int64_t ms_ns = 1'000'000;

// One that finds 100 MB live and looks through 10 MB of stacks and globals. For half of its time
// the only P's goroutine had the only processor, and allocated so much.
numbers cycle(std::size_t allocated_mb,
              marking m = {.ns = 100 * ms_ns, .own_cpu_ns = 40 * ms_ns, .assists_ns = 10 * ms_ns}) {
  marking_begins();
  allocated(allocated_mb * mb, 1);
  m.marked_bytes = (100 - allocated_mb) * mb;
  m.root_bytes = 10 * mb;
  marking_ended(m);
  return count();
}

// One whose marking begins so much beyond the trigger.
numbers late_cycle(std::size_t lag_mb) {
  const numbers now = count();
  allocated(static_cast<std::size_t>(now.trigger_bytes - now.live_bytes) + lag_mb * mb, 1);
  return cycle(0);
}

class pacer_of_cycles : public testing::Test {
 protected:
  void SetUp() override {
    set_percent(100);
    set_memory_limit(no_limit);
    for (int i = 0; i < 4; ++i) cycle(0);
    for (int i = 0; i < 2; ++i) late_cycle(0);
  }
};

TEST_F(pacer_of_cycles, the_goal_counts_what_is_looked_through) {
  EXPECT_EQ(count().goal_bytes, 210 * mb);
  set_percent(50);
  EXPECT_EQ(count().goal_bytes, 155 * mb);
  set_percent(0);
  EXPECT_EQ(count().goal_bytes, 100 * mb) << "one cycle after the other";
  set_percent(off);
  EXPECT_EQ(count().goal_bytes, UINT64_MAX);
  EXPECT_EQ(count().trigger_bytes, UINT64_MAX);
}

TEST_F(pacer_of_cycles, who_allocates_little_triggers_late) {
  EXPECT_EQ(count().trigger_bytes, 210 * mb - 110 * mb / 20);
}

TEST_F(pacer_of_cycles, who_allocates_much_triggers_early_but_not_too_early) {
  EXPECT_EQ(cycle(50).trigger_bytes, 210 * mb - 110 * mb / 5);
}

TEST_F(pacer_of_cycles, in_between_marking_ends_at_the_goal) {
  const numbers now = cycle(10);  // for 100 MB that were marked or looked through; 110 will be
  EXPECT_EQ(now.goal_bytes, 210 * mb);
  EXPECT_NEAR(static_cast<double>(now.trigger_bytes), 199.0 * mb, 0.1 * mb);
}

// The collector has a processor of its own, and takes nothing from the only P.
TEST_F(pacer_of_cycles, processors_beside_the_ps_are_the_collectors) {
  const numbers now = cycle(10, {.ns = 100 * ms_ns, .own_cpu_ns = 100 * ms_ns, .cpus = 8});
  EXPECT_NEAR(static_cast<double>(now.trigger_bytes), 199.0 * mb, 0.1 * mb);
}

// Four Ps, with a fifth thread that marks, on four processors: so much is allocated by four fifths
// of them while a fifth marks.
TEST_F(pacer_of_cycles, more_threads_than_processors_share_them) {
  const numbers now =
      cycle(10, {.ns = 100 * ms_ns, .own_cpu_ns = 80 * ms_ns, .procs = 4, .cpus = 4});
  EXPECT_NEAR(static_cast<double>(now.trigger_bytes), 199.0 * mb, 0.1 * mb);
}

TEST_F(pacer_of_cycles, the_largest_of_four_counts) {
  const std::uint64_t late = count().trigger_bytes;
  const std::uint64_t early = cycle(50).trigger_bytes;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cycle(0).trigger_bytes, early);
  EXPECT_EQ(cycle(0).trigger_bytes, late);
}

TEST_F(pacer_of_cycles, advice_begins_at_the_trigger) {
  allocated(90 * mb, 1);
  EXPECT_FALSE(allocated(1, 1).collect);
  EXPECT_TRUE(allocated(15 * mb, 1).collect);
  EXPECT_EQ(allocated(1, 1).wait, until::nothing);
  EXPECT_EQ(allocated(7 * mb, 1).wait, until::begin) << "a little beyond the goal";
  EXPECT_EQ(allocated(38 * mb, 1).wait, until::begin);
  EXPECT_EQ(allocated(mb, 1).wait, until::end) << "a quarter of 146 MB, a sixteenth of 64";
}

TEST_F(pacer_of_cycles, small_heaps_keep_close_to_their_goal) {
  marking_begins();
  marking_ended({.marked_bytes = 10 * mb});
  ASSERT_EQ(count().goal_bytes, 20 * mb);
  EXPECT_EQ(allocated(10 * mb - 1, 1).wait, until::nothing);
  EXPECT_EQ(allocated(1, 1).wait, until::begin);
  EXPECT_EQ(allocated(20 * mb / 16 - 1, 1).wait, until::begin);
  EXPECT_EQ(allocated(1, 1).wait, until::end);
}

// The collector's thread needs some time until it marks: 3 MB in one cycle, 5 in the next.
TEST_F(pacer_of_cycles, what_is_allocated_before_marking_counts) {
  const std::uint64_t prompt = count().trigger_bytes;
  EXPECT_EQ(late_cycle(3).trigger_bytes, prompt) << "once is by chance";
  EXPECT_EQ(late_cycle(5).trigger_bytes, prompt - 3 * mb);
  EXPECT_EQ(cycle(0).trigger_bytes, prompt - 3 * mb) << "one that was forced says nothing";
  EXPECT_EQ(late_cycle(40).trigger_bytes, prompt - 5 * mb);
  EXPECT_EQ(late_cycle(50).trigger_bytes, prompt - 110 * mb / 5) << "a fifth of the way at most";
  EXPECT_EQ(late_cycle(0).trigger_bytes, prompt);
  late_cycle(7), late_cycle(7);
  EXPECT_EQ(count().trigger_bytes, prompt - 7 * mb);
  set_percent(100);
  EXPECT_EQ(count().trigger_bytes, prompt) << "what was allocated by then says nothing";
}

// 100 MB are to be marked while 4 MB are allocated, and so on. All that is marked counts as done.
TEST_F(pacer_of_cycles, what_the_collector_marks_lets_off_who_would_assist) {
  allocated(105 * mb, 1);
  marking_begins();
  EXPECT_EQ(allocated(mb, 1).assist_bytes, (100 / 4 + 1) * mb);
  marking_goes_on(40 * mb);
  EXPECT_EQ(allocated(mb, 1).assist_bytes, 0) << "for 21 MB of the 40";
  EXPECT_EQ(allocated(mb, 1).assist_bytes, (60 / 2 + 1 - 19) * mb);
  assisted(10 * mb);
  marking_goes_on(50 * mb);
  EXPECT_EQ(allocated(mb, 1).assist_bytes, 32 * mb) << "assists let nobody off";
}

}  // namespace
}  // namespace gander::collector::pacer
