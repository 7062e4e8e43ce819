// SPDX-License-Identifier: Apache-2.0
//
// What the heap's collector tells a trace, by the functions that it calls.
#include <gander/gander.h>

#include <chrono>

#include "sched/sched.h"
#include "sched/tracing.h"
#include "support/await.h"
#include "trace/traced.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

template <typename F>
void tell(F f) {
  const switching_scope scope;
  f(current_m());
}

TEST(trace_gc, a_cycle_with_its_sweeps_and_assists) {
  run([] {
    traced t;
    tell([](M* m) {
      tracing::gc_begins(m);
      tracing::heap_live(m, 4096);
      tracing::heap_goal(m, 8192);
      tracing::mark_assist_begins(m);
      tracing::mark_assist_ends(m);
      tracing::gc_ends(m);
      tracing::sweep_begins(m);
      tracing::sweep_ends(m, 100, 50);
    });
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, "RangeBegin"), 3U) << dump;
    EXPECT_EQ(count(dump, "RangeEnd"), 3U) << dump;
    EXPECT_EQ(count(dump, "GC concurrent mark phase"), 2U);
    EXPECT_EQ(count(dump, "GC mark assist"), 2U);
    EXPECT_EQ(count(dump, "GC incremental sweep"), 2U);
    EXPECT_EQ(count(dump, "/gc/heap/goal:bytes"), 1U) << dump;
    EXPECT_EQ(count(dump, "/memory/classes/heap/objects:bytes"), 1U) << dump;
  });
}

// Told again by each generation, or the first: readers begin there.
TEST(trace_gc, ranges_that_began_before_the_trace) {
  run([] {
    tell([](M* m) {
      tracing::gc_begins(m);
      tracing::mark_assist_begins(m);
    });
    for (int i = 0; i < 3; ++i) {
      traced t;
      yield();
      sleep_for(1ms);
      const std::string dump = t.finish();
      EXPECT_EQ(count(dump, "RangeActive"), 2U) << dump;
      EXPECT_EQ(count(dump, "RangeBegin"), 0U) << dump;
    }
    traced t;
    tell([](M* m) {
      tracing::mark_assist_ends(m);
      tracing::gc_ends(m);
    });
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, "RangeActive"), 2U) << dump;
    EXPECT_EQ(count(dump, "RangeEnd"), 2U) << dump;
  });
}

TEST(trace_gc, an_assist_that_waits_through_generations) {
  run([] {
    const auto c = make_chan<int>();
    wait_group done;
    done.add(1);
    go([&] {
      tell([](M* m) { tracing::mark_assist_begins(m); });
      c.recv();
      tell([](M* m) { tracing::mark_assist_ends(m); });
      done.done();
    });
    await_waiting(1, "chan receive");
    trace::flight_recorder recorder;
    ASSERT_FALSE(recorder.start());
    traced t;  // each of the two begins a generation
    sleep_for(1ms);
    c.send(1);
    done.wait();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, "RangeActive"), 1U) << dump;
    EXPECT_EQ(count(dump, "RangeEnd"), 1U) << dump;
  });
}

}  // namespace
}  // namespace gander::testing
