// SPDX-License-Identifier: Apache-2.0
//
// Every rule of the scheduler, broken once: the words, and the offset of the event that breaks it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoder.h"

namespace gander::tool::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using e = event_type;
using list = std::vector<written>;
constexpr std::uint64_t none = no_thread;

// A generation of one thread, M 100; strings 1 "x", 2 "y" and stack 1 are there.
encoder one(const list& all, const list& other = {}, unsigned minor = 23) {
  encoder out(minor);
  out.sync(1).strings(1, {{1, "x"}, {2, "y"}}).stacks(1, {{1, {{16, 1, 1, 1}}}});
  if (!other.empty()) out.events(1, 101, 10, other);
  out.events(1, 100, 10, all);
  return out;
}

// M 100 runs goroutine 1 on P 0.
const list running = {{e::proc_status, {0, 1}}, {e::go_status, {1, 100, 2}}};

list plus(list first, const list& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

// The last event of M 100 is the offence, and the only one.
void expect_last(const encoder& out, std::size_t count, const std::string& what) {
  const outcome result = read_bytes(out.data());
  EXPECT_EQ(result.problems.count(), 1U) << result.told();
  EXPECT_THAT(result.told(), StartsWith(std::to_string(out.event_at(count - 1)) + ": "));
  EXPECT_THAT(result.told(), HasSubstr(what));
}

// `more` after `running`, or after nothing.
void expect(const list& more, const std::string& what) {
  const list all = plus(running, more);
  expect_last(one(all), all.size(), what);
}
void expect_bare(const list& all, const std::string& what) {
  expect_last(one(all), all.size(), what);
}

void expect_fine(const encoder& out) { EXPECT_EQ(read_bytes(out.data()).told(), ""); }

TEST(trace_rules, what_events_need) {
  const list bare_p = {{e::proc_status, {0, 1}}};
  for (const written& w : list{{e::procs_change, {1, 0}},
                               {e::go_stop, {1, 1}},
                               {e::go_block, {1, 1}},
                               {e::go_destroy},
                               {e::go_syscall_begin, {1, 1}},
                               {e::go_syscall_end},
                               {e::go_syscall_end_blocked},
                               {e::go_destroy_syscall},
                               {e::stw_begin, {1, 1}},
                               {e::gc_mark_assist_begin, {1}},
                               {e::go_label, {1}},
                               {e::user_task_begin, {1, 0, 1, 1}},
                               {e::user_task_end, {1, 1}},
                               {e::user_region_begin, {1, 1, 1}},
                               {e::user_region_end, {1, 1, 1}},
                               {e::user_log, {1, 1, 1, 1}},
                               {e::go_switch, {2, 1}}})
    expect_bare(plus(bare_p, {w}), "it needs a goroutine, and the thread has none");
  for (const written& w : list{{e::heap_alloc, {1}},
                               {e::heap_goal, {1}},
                               {e::gc_sweep_begin, {1}},
                               {e::gc_sweep_end, {1, 1}},
                               {e::proc_stop},
                               {e::go_create, {2, 1, 1}},
                               {e::go_create_blocked, {2, 1, 1}}})
    expect_bare({w}, "it needs a P, and the thread has none");
  expect_bare({{e::go_create_syscall, {2}}, {e::go_create_syscall, {3}}},
              "the thread must not have a goroutine, and has goroutine 2");
  encoder out(23);
  out.sync(1).strings(1, {}).events(1, none, 10, {{e::heap_alloc, {1}}});
  expect_last(out, 1, "no M: HeapAlloc: it needs a thread");
}

TEST(trace_rules, strings_and_stacks_of_events) {
  const list all = plus(running, {{e::go_block, {9, 8}}});
  const encoder out = one(all);
  const std::string where = std::to_string(out.event_at(2)) + ": generation 1: ";
  EXPECT_EQ(read_bytes(out.data()).told(), where + "GoBlock names string 9, which is not there\n" +
                                               where +
                                               "GoBlock names stack 8, which is not there\n");
}

TEST(trace_rules, status) {
  expect_bare({{e::proc_status, {0, 0}}}, "there is no status 0 of a P");
  expect_bare({{e::proc_status, {0, 5}}}, "there is no status 5 of a P");
  expect_bare({{e::go_status, {1, none, 0}}}, "there is no status 0 of a goroutine");
  expect_bare({{e::go_status, {1, none, 5}}}, "there is no status 5 of a goroutine");
  expect({{e::proc_status, {0, 2}}}, "P 0 is running, not idle");
  expect({{e::proc_status, {0, 1}}}, "it is the second status of P 0 in this generation");
  expect({{e::go_status, {1, none, 4}}}, "goroutine 1 is running, not waiting");
  expect({{e::go_status, {1, 100, 2}}}, "it is the second status of goroutine 1");
  expect({{e::go_status, {2, 100, 2}}}, "the thread has goroutine 1");
  expect({{e::proc_status, {1, 1}}}, "the thread has P 0");
  expect({{e::go_status, {2, none, 3}}}, "goroutine 2 is in a system call of no thread");
  // On another thread that has been heard of, or not.
  expect_fine(one(plus(running, {{e::go_status, {2, 555, 3}}})));
  const list all = plus(running, {{e::go_status, {2, 101, 3}, 20}});
  expect_last(one(all, {{e::go_unblock, {9, 1, 0}, 1}}), all.size(),
              "goroutine 2 is said to be on M 101, which has no goroutine");
}

TEST(trace_rules, sequences_of_goroutines) {
  expect({{e::go_unblock, {2, 1, 0}}}, "goroutine 2 is neither created nor has a status");
  expect({{e::go_create, {2, 1, 1}}, {e::go_block, {1, 1}}, {e::go_start, {2, 2}}},
         "it is number 2 of goroutine 2, after number 0");
  expect({{e::go_status, {2, none, 4}}, {e::go_unblock, {2, 2, 0}}},
         "it is number 2 of goroutine 2, after number 0");
  expect({{e::go_create, {2, 1, 1}}, {e::go_unblock, {2, 1, 0}}},
         "goroutine 2 is runnable, not waiting");
  expect({{e::go_create_blocked, {2, 1, 1}}, {e::go_block, {1, 1}}, {e::go_start, {2, 1}}},
         "goroutine 2 is waiting, not runnable");
  expect({{e::go_create, {2, 1, 1}}, {e::go_switch, {2, 1}}},
         "goroutine 2 is runnable, not waiting");
  expect({{e::go_create, {1, 1, 1}}}, "goroutine 1 exists already");
  expect({{e::go_create, {2, 1, 1}}, {e::go_start, {2, 1}}},
         "the thread must not have a goroutine, and has goroutine 1");
  expect_fine(one(plus(running, {{e::go_create, {2, 1, 1}},
                                 {e::go_stop, {1, 1}},
                                 {e::go_start, {2, 1}},
                                 {e::go_destroy},
                                 {e::go_start, {1, 1}}})));
}

TEST(trace_rules, sequences_of_ps) {
  expect_bare({{e::proc_start, {0, 1}}}, "P 0 has no status in this generation");
  expect_bare({{e::proc_status, {0, 2}}, {e::proc_start, {0, 2}}},
              "it is number 2 of P 0, after number 0");
  expect_bare({{e::proc_status, {0, 1}}, {e::proc_start, {0, 1}}}, "P 0 is running, not idle");
  expect_bare({{e::proc_status, {0, 1}}, {e::proc_status, {1, 2}}, {e::proc_start, {1, 1}}},
              "the thread still has P 0");
  expect_bare({{e::proc_status, {0, 2}}, {e::proc_steal, {0, 1, 101}}},
              "P 0 is idle, not in a system call");
  expect({{e::go_syscall_begin, {2, 1}}}, "it is number 2 of P 0, after number 0");
  expect({{e::go_syscall_begin, {1, 1}}, {e::go_syscall_end_blocked}}, "the thread still has P 0");
  expect({{e::go_syscall_begin, {1, 1}}, {e::proc_steal, {0, 2, 555}}},
         "it steals from M 555, of which nothing is known");
  expect_fine(one(plus(
      running,
      {{e::go_syscall_begin, {1, 1}}, {e::proc_steal, {0, 2, 100}}, {e::go_syscall_end_blocked}})));
  expect_fine(one({{e::proc_status, {3, 4}}, {e::proc_steal, {3, 1, 555}}}));
}

TEST(trace_rules, stealing_from_the_wrong_thread) {
  const list thief = {{e::proc_status, {1, 1}, 50}, {e::proc_steal, {0, 2, 101}}};
  encoder out(23);
  out.sync(1).strings(1, {}).events(1, 100, 10, plus(running, {{e::go_syscall_begin, {1, 0}}}));
  out.events(1, 101, 10, thief);
  expect_last(out, 2, "it steals P 0 from M 101, which has P 1");
}

TEST(trace_rules, system_calls) {
  expect({{e::go_syscall_end}}, "goroutine 1 is running, not in a system call");
  expect({{e::go_syscall_end_blocked}}, "goroutine 1 is running, not in a system call");
  expect({{e::go_syscall_begin, {1, 1}}, {e::go_block, {1, 1}}},
         "goroutine 1 is in a system call, not running");
  expect({{e::go_syscall_begin, {1, 1}}, {e::go_create, {2, 1, 1}}},
         "goroutine 1 is in a system call, not running");
  expect({{e::go_destroy_syscall}}, "goroutine 1 is running, not in a system call");
  expect_bare({{e::go_create_syscall, {2}}, {e::proc_status, {0, 1}}, {e::go_destroy_syscall}},
              "P 0 is running, not in a system call");
  expect_bare({{e::go_create_syscall, {2}}, {e::proc_status, {0, 1}}, {e::go_syscall_end}},
              "P 0 is running, not in a system call");
  expect_bare({{e::go_create_syscall, {2}},
               {e::go_destroy_syscall},
               {e::go_create_syscall, {2}},
               {e::go_syscall_end}},
              "it needs a P, and the thread has none");
}

TEST(trace_rules, collector) {
  expect({{e::gc_begin, {4, 1}}, {e::gc_begin, {5, 1}}}, "a collection is under way already");
  expect({{e::gc_begin, {4, 1}}, {e::gc_end, {6}}},
         "it is number 6 of the collector, after number 4");
  expect({{e::gc_end, {6}}}, "it is number 6 of the collector, after number 0");
  expect({{e::gc_begin, {4, 1}}, {e::gc_active, {5}}}, "an event of the collector comes before it");
  expect({{e::gc_begin, {4, 1}}, {e::gc_end, {5}}, {e::gc_end, {6}}}, "no collection is under way");
  expect_fine(one(plus(running, {{e::gc_active, {4}}, {e::gc_end, {5}}, {e::gc_begin, {6, 1}}})));
}

TEST(trace_rules, ranges) {
  expect({{e::stw_begin, {1, 1}}, {e::stw_begin, {1, 1}}}, "goroutine 1 is inside of one already");
  expect({{e::stw_end}}, "goroutine 1 is not inside of one");
  expect({{e::gc_mark_assist_begin, {1}}, {e::gc_mark_assist_begin, {1}}},
         "is inside of one already");
  expect({{e::gc_mark_assist_end}}, "goroutine 1 is not inside of one");
  expect({{e::gc_sweep_begin, {1}}, {e::gc_sweep_begin, {1}}}, "P 0 is inside of one already");
  expect({{e::gc_sweep_end, {1, 1}}}, "P 0 is not inside of one");
  expect({{e::gc_mark_assist_active, {1}}, {e::gc_mark_assist_active, {1}}},
         "goroutine 1 is known to be inside already");
  expect({{e::gc_sweep_active, {9}}}, "nothing is known of P 9");
  expect({{e::gc_mark_assist_active, {9}}}, "nothing is known of goroutine 9");
  expect({{e::gc_mark_assist_begin, {1}}, {e::go_destroy}},
         "goroutine 1 ends inside of a GC mark assist");
  expect({{e::stw_begin, {1, 1}}, {e::go_destroy}}, "goroutine 1 ends inside of a stop-the-world");
}

TEST(trace_rules, tasks_and_regions) {
  expect({{e::user_task_begin, {5, 0, 1, 1}}, {e::user_task_begin, {5, 0, 1, 1}}},
         "task 5 has begun already");
  expect({{e::user_region_begin, {5, 1, 1}},
          {e::user_region_begin, {5, 2, 1}},
          {e::user_region_end, {5, 1, 1}}},
         "it ends region \"x\" of task 5, and the innermost is \"y\" of task 5");
  expect({{e::user_region_begin, {5, 1, 1}}, {e::user_region_end, {6, 1, 1}}},
         "it ends region \"x\" of task 6, and the innermost is \"x\" of task 5");
  expect_fine(one(plus(running, {{e::user_region_end, {5, 1, 1}},
                                 {e::user_task_end, {8, 1}},
                                 {e::user_task_begin, {8, 0, 1, 1}},
                                 {e::user_task_end, {8, 1}},
                                 {e::user_task_begin, {8, 0, 1, 1}}})));
}

TEST(trace_rules, time_of_a_thread) {
  const encoder out = one(plus(running, {{e::go_stop, {1, 1}, 0}}));
  expect_last(out, 3, "GoStop at the same time as the event before it");
  encoder back = one(running);
  back.events(1, 100, 11, {{e::heap_alloc, {1}}});
  EXPECT_EQ(read_bytes(back.data()).told(),
            std::to_string(back.batch_at()) +
                ": generation 1: the batch begins before the last event of its M: at 11, that was "
                "at 12\n");
  expect_last(one(plus(running, {{e::go_create_blocked, {2, 1, 1}}}), {}, 22), 3,
              "GoCreateBlocked in a trace of Go 1.22: there since Go 1.23");
}

// The second generation: `all` on M 100 after `running` in the first.
encoder two(const list& all, const list& first = running) {
  encoder out = one(first);
  out.sync(2).strings(2, {{1, "y"}, {2, "x"}}).stacks(2, {}).events(2, 100, 50, all);
  return out;
}

TEST(trace_rules, later_generations) {
  expect_last(two({{e::proc_status, {0, 1}}, {e::go_status, {1, 100, 4}}}), 2,
              "goroutine 1 is running, not waiting");
  expect_last(two(plus(running, {{e::go_status, {2, none, 4}}})), 3,
              "goroutine 2 was not there in the generation before, nor is created");
  const encoder silent = two({{e::proc_status, {0, 1}}});
  EXPECT_THAT(read_bytes(silent.data()).told(),
              HasSubstr("generation 2: goroutine 1 exists and has no status in it"));
  EXPECT_EQ(read_bytes(silent.data(), false).told(), "");
  // The numbers begin anew, and only with a status.
  expect_last(two({{e::go_status, {1, 100, 2}}, {e::go_syscall_begin, {1, 0}}}), 2,
              "P 0 has no status in this generation");
  const list blocked = plus(running, {{e::go_block, {1, 1}}});
  expect_last(two({{e::proc_status, {0, 1}}, {e::go_unblock, {1, 1, 0}}}, blocked), 2,
              "goroutine 1 has no status in this generation");
  expect_last(two(plus(running, {{e::gc_active, {5}}}),
                  plus(running, {{e::gc_begin, {4, 1}}, {e::gc_end, {5}}})),
              3, "it is number 5 of the collector, after number 5");
  expect_last(two(plus(running, {{e::gc_active, {6}}}),
                  plus(running, {{e::gc_begin, {4, 1}}, {e::gc_end, {5}}})),
              3, "no collection is under way");
  expect_last(two(plus(running, {{e::gc_mark_assist_active, {1}}})), 3,
              "goroutine 1 is not inside of one");
  // By their names: the ids of the two generations differ.
  const list inside = plus(running, {{e::user_region_begin, {5, 1, 1}}});
  expect_fine(two(plus(running, {{e::user_region_end, {5, 2, 0}}}), inside));
  expect_last(two(plus(running, {{e::user_region_end, {5, 1, 0}}}), inside), 3,
              "the innermost is \"x\" of task 5");
}

// After a contradiction the next generation is read as that of a file of its own.
TEST(trace_rules, goes_on_after_a_broken_generation) {
  const encoder out = two({{e::proc_status, {7, 1}}, {e::go_status, {9, 100, 2}}},
                          plus(running, {{e::go_syscall_end}, {e::go_destroy}}));
  const outcome result = read_bytes(out.data());
  EXPECT_EQ(result.problems.count(), 1U) << result.told();
  EXPECT_EQ(result.generations, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(result.gaps, 1U);
  ASSERT_EQ(result.events.size(), 4U);
  EXPECT_EQ(result.events.back().g.id, 9U);
}

// Numbers decide, whatever the clocks say; what is seen has a time that increases.
TEST(trace_rules, order_against_the_clocks) {
  encoder out(23);
  out.sync(1, 1'000'000'000).strings(1, {});
  out.events(1, 101, 5, {{e::proc_status, {1, 1}}, {e::go_start, {2, 1}}});
  out.events(1, 100, 100, plus(running, {{e::go_create, {2, 0, 0}}}));
  const outcome result = read_bytes(out.data());
  EXPECT_EQ(result.told(), "");
  ASSERT_EQ(result.events.size(), 5U);
  EXPECT_EQ(result.events[3].type, e::go_create);
  EXPECT_EQ(result.events[4].type, e::go_start);
  EXPECT_EQ(result.events[4].time_ns, 104);
  EXPECT_EQ(result.totals.against_time, 1U);
  EXPECT_EQ(result.totals.against_time_ns, 103 - 7);
}

// Who waits is told of with those that wait because of it.
TEST(trace_rules, several_threads_that_wait) {
  encoder out(23);
  out.sync(1).strings(1, {}).events(1, 101, 5, {{e::proc_status, {1, 1}}, {e::go_start, {2, 2}}});
  out.events(1, 102, 7, {{e::proc_status, {2, 1}}, {e::go_start, {2, 3}}});
  out.events(1, 100, 1, plus(running, {{e::go_create, {2, 0, 0}}}));
  EXPECT_THAT(read_bytes(out.data()).told(),
              HasSubstr("M 101: GoStart: it is number 2 of goroutine 2, after number 0; 1 more M "
                        "waits for what never comes"));
}

// Many threads that wait for the same, and something that happens to it again and again: each of
// these tries one of them. (Go's reader tries all.) 40,000 by 40,000 would take minutes.
TEST(trace_rules, many_threads_that_wait) {
  constexpr std::uint64_t many = 40'000;
  encoder out(23);
  out.sync(1).strings(1, {});
  for (std::uint64_t m = 1000; m < 1000 + many; ++m)
    out.events(1, m, 5, {{e::proc_status, {m, 1}}, {e::go_start, {1, 1}}});
  list all = running;
  for (std::uint64_t i = 1; i <= many; ++i) {
    all.push_back({e::go_syscall_begin, {i, 0}});
    all.push_back({e::go_syscall_end});
    if (all.size() >= 6000 || i == many) {
      out.events(1, 100, 100 + 10 * i, all);
      all.clear();
    }
  }
  const outcome result = read_bytes(out.data());
  EXPECT_EQ(result.totals.events, many + 2 + 2 * many);
  EXPECT_THAT(result.told(),
              HasSubstr("GoStart: goroutine 1 is running, not runnable; 39999 more Ms"));
}

TEST(trace_rules, switching) {
  const list all = plus(running, {{e::go_create_blocked, {2, 1, 1}}, {e::go_switch, {2, 1}}});
  const outcome result = read_bytes(one(all).data());
  EXPECT_EQ(result.told(), "");
  ASSERT_EQ(result.events.size(), 6U);
  const auto state = [&](std::size_t i) {
    return std::pair(result.events[i].g.id, result.events[i].g.to);
  };
  EXPECT_EQ(state(3), std::pair(std::uint64_t{2}, goroutine_state::runnable));
  EXPECT_EQ(state(4), std::pair(std::uint64_t{1}, goroutine_state::waiting));
  EXPECT_EQ(state(5), std::pair(std::uint64_t{2}, goroutine_state::running));
  EXPECT_EQ(result.totals.events, 4U);
}

}  // namespace
}  // namespace gander::tool::testing
