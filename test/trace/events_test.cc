// SPDX-License-Identifier: Apache-2.0
//
// Which events a program's doings make, as Go's reader sees them.
#include <gander/gander.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include "support/await.h"
#include "support/build.h"
#include "trace/traced.h"

#if !UNDER_TSAN  // it keeps signals back
// Not of a namespace whose functions are left out of stacks.
[[gnu::noinline]] static void burn(std::chrono::milliseconds cpu_time) {
  const auto used = [] {
    timespec t;
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  };
  const auto end = used() + cpu_time;
  while (used() < end) {
  }
  asm volatile("");
}
#endif

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

// A line of the dump that changes the state of a goroutine.
std::string goes(std::uint64_t goid, std::string_view from, std::string_view to,
                 std::string_view reason = "") {
  const std::string id = std::to_string(goid);
  return "Resource=Goroutine(" + id + ") Reason=\"" + std::string(reason) + "\" GoID=" + id + " " +
         std::string(from) + "->" + std::string(to);
}

// Whose number has gone down has written its last event before a trace can end.
void await_the_others_end() {
  await([] { return num_goroutine() == 1; });
}

TEST(trace_events, a_trace_of_nothing) {
  traced t;
  const std::string dump = t.finish();
  EXPECT_EQ(count(dump, "Resource=Goroutine("), 0U);
}

TEST(trace_events, a_goroutine_from_its_beginning_to_its_end) {
  run([] {
    traced t;
    std::uint64_t id = 0;
    const auto c = make_chan<int>();
    const auto done = make_chan<int>();
    go([&] {
      id = goid();
      c.recv();
      done.send(1);
    });
    await_waiting(1, "chan receive");
    c.send(1);
    done.recv();
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, goes(id, "NotExist", "Runnable")), 1U);
    EXPECT_GE(count(dump, goes(id, "Runnable", "Running")), 2U);
    EXPECT_EQ(count(dump, goes(id, "Running", "Waiting", "chan receive")), 1U);
    EXPECT_GE(count(dump, goes(id, "Waiting", "Runnable")), 1U);
    EXPECT_EQ(count(dump, goes(id, "Running", "NotExist")), 1U);
  });
}

TEST(trace_events, goroutines_of_before) {
  run({.gomaxprocs = 2}, [] {
    const auto c = make_chan<int>();
    std::atomic<std::uint64_t> waits{0};
    std::atomic<std::uint64_t> computes{0};
    std::atomic<std::uint64_t> reads{0};
    std::atomic<bool> stop{false};
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    wait_group all;
    all.add(3);
    go([&] {
      waits = goid();
      c.recv();
      all.done();
    });
    go([&] {
      computes = goid();
      while (!stop) {
      }
      all.done();
    });
    go([&, in = ends[0]] {
      reads = goid();
      char byte;
      EXPECT_EQ(::read(in, &byte, 1), 1);
      all.done();
    });
    await([&] { return waits != 0 && computes != 0 && reads != 0; });
    await_waiting(1, "chan receive");
    std::this_thread::sleep_for(30ms);  // long enough for sysmon to see who reads; no matter if not
    traced t;
    c.send(1);
    stop = true;
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
    all.wait();
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, goes(waits, "Undetermined", "Waiting")), 1U);
    EXPECT_EQ(count(dump, goes(computes, "Undetermined", "Running")) +
                  count(dump, goes(computes, "Undetermined", "Runnable")),
              1U);
    EXPECT_EQ(count(dump, goes(reads, "Undetermined", "Syscall")) +
                  count(dump, goes(reads, "Undetermined", "Running")),
              1U);
    for (const std::uint64_t id : {waits.load(), computes.load(), reads.load()})
      EXPECT_EQ(count(dump, goes(id, "Running", "NotExist")), 1U) << id;
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

TEST(trace_events, a_p_that_is_taken_from_who_blocks) {
  run({.gomaxprocs = 1}, [] {
    traced t;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::uint64_t id = 0;
    wait_group all;
    all.add(1);
    go([&, in = ends[0]] {
      id = goid();
      char byte;
      EXPECT_EQ(::read(in, &byte, 1), 1);
      all.done();
    });
    // This goroutine runs again only when the other's P was taken.
    yield();
    sleep_for(1ms);
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
    all.wait();
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, goes(id, "Running", "Syscall")), 1U);
    EXPECT_EQ(count(dump, goes(id, "Syscall", "Runnable")), 1U);
    EXPECT_EQ(count(dump, goes(id, "Running", "NotExist")), 1U);
    EXPECT_GE(count(dump, "read"), 1U);  // the stack
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

TEST(trace_events, a_p_that_is_taken_from_who_computes) {
  run({.gomaxprocs = 1}, [] {
    traced t;
    std::uint64_t id = 0;
    std::atomic<bool> stop{false};
    wait_group all;
    all.add(1);
    go([&] {
      id = goid();
      while (!stop) {
      }
      all.done();
    });
    yield();  // runs again only when the other's P was taken
    stop = true;
    all.wait();
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_GE(count(dump, goes(id, "Running", "Runnable", "preempted")), 1U);
    EXPECT_EQ(count(dump, goes(id, "Running", "Syscall")), 0U);
    EXPECT_GE(count(dump, "user code"), 1U);
    EXPECT_EQ(count(dump, goes(id, "Running", "NotExist")), 1U);
  });
}

TEST(trace_events, plain_threads_wake_and_start_goroutines) {
  run([] {
    const auto c = make_chan<int>();
    traced t;
    std::uint64_t waits = 0;
    std::uint64_t starts = 0;
    wait_group all;
    all.add(2);
    go([&] {
      waits = goid();
      c.recv();
      all.done();
    });
    await_waiting(1, "chan receive");
    std::thread outside([&] {
      c.send(1);
      go([&] {
        starts = goid();
        all.done();
      });
    });
    all.wait();
    outside.join();
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, goes(waits, "Waiting", "Runnable")), 1U);
    EXPECT_EQ(count(dump, goes(starts, "NotExist", "Runnable")), 1U);
    EXPECT_EQ(count(dump, goes(starts, "Running", "NotExist")), 1U);
  });
}

TEST(trace_events, procs_that_change) {
  run({.gomaxprocs = 2}, [] {
    traced t;
    for (const int n : {4, 1, 3}) {
      gomaxprocs(n);
    }
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, "RangeBegin Time=") + 0, count(dump, "RangeEnd Time="));
    EXPECT_EQ(count(dump, "Name=\"stop-the-world (GOMAXPROCS)\""), 6U);
    for (const char* n : {"Uint64(4)", "Uint64(1)", "Uint64(3)"})
      EXPECT_GE(count(dump, std::string("Name=\"/sched/gomaxprocs:threads\" Value=") + n), 1U) << n;
  });
}

TEST(trace_events, several_runs) {
  traced t;
  for (int i = 0; i < 3; ++i) {
    run([] {
      wait_group all;
      all.add(4);
      for (int g = 0; g < 4; ++g)
        go([&] {
          yield();
          all.done();
        });
      go([] { chan<int>().recv(); });  // left behind
      all.wait();
    });
  }
  const std::string dump = t.finish();
  EXPECT_EQ(count(dump, goes(1, "NotExist", "Runnable")), 3U);
  EXPECT_EQ(count(dump, goes(1, "Running", "NotExist")), 3U);
}

TEST(trace_events, bound_goroutines_and_the_ends_of_their_threads) {
  run([] {
    traced t;
    wait_group all;
    all.add(8);
    for (int i = 0; i < 8; ++i)
      go([&] {
        lock_os_thread();
        yield();
        sleep_for(1ms);
        all.done();
      });
    all.wait();
    await_the_others_end();
    t.finish();
  });
}

#if !UNDER_TSAN  // it keeps signals back
TEST(trace_events, what_uses_the_processor) {
  run({.gomaxprocs = 2}, [] {
    traced t({.cpu_samples_per_second = 1000});
    std::uint64_t id = 0;
    wait_group all;
    all.add(1);
    go([&] {
      id = goid();
      burn(200ms);  // the kernel rounds a thousandth of a second up to its own ticks
      all.done();
    });
    all.wait();
    const std::string dump = t.finish();
    const std::size_t samples = count(dump, "StackSample");
    EXPECT_GE(samples, 20U);
    EXPECT_GE(count(dump, "burn"), samples / 2);
    EXPECT_GE(count(dump, " G=" + std::to_string(id) + " StackSample"), samples / 2);
  });
}
#endif

TEST(trace_events, what_users_tell) {
  run([] {
    traced t;
    {
      const trace::task outer("outer task");
      const trace::task inner("inner task", outer);
      wait_group all;
      all.add(1);
      go([&] {
        const trace::region a("first region", inner);
        const trace::region b("second region");
        trace::log(inner, "category", "a message");
        yield();
        all.done();
      });
      all.wait();
    }
    await_the_others_end();
    const std::string dump = t.finish();
    EXPECT_EQ(count(dump, "TaskBegin"), 2U);
    EXPECT_EQ(count(dump, "TaskEnd"), 2U);
    EXPECT_EQ(count(dump, "Type=\"first region\""), 2U) << dump;
    EXPECT_EQ(count(dump, "Type=\"second region\""), 2U);
    EXPECT_EQ(count(dump, "Message=\"a message\""), 1U);
  });
}

}  // namespace
}  // namespace gander::testing
