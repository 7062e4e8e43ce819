// SPDX-License-Identifier: Apache-2.0
#include "sched/sched.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>
#include <vector>

#include "os/os.h"
#include "sched/g_cache.h"
#include "sched/g_table.h"
#include "sched/goroutine.h"
#include "stack/stack.h"
#include "support/build.h"

namespace gander {
namespace {

// The least that gander::run and gander::go do.
void run(void (*body)(), std::uint32_t procs = 2) {
  const world_request request{[](void* f) { reinterpret_cast<void (*)()>(f)(); },
                              reinterpret_cast<void*>(body), procs, stack::class_for(8 << 20),
                              100'000'000};
  ASSERT_TRUE(run_world(request));
}

void go(void (*body)()) {
  G* const g = new_goroutine({sizeof(body), alignof(void*), 0, nullptr, 0});
  ASSERT_NE(g, nullptr);
  *static_cast<void (**)()>(g->closure) = body;
  start_goroutine(g, [](void* closure) { (*static_cast<void (**)()>(closure))(); });
}

void yield() {
  switching_scope scope;
  yield_now();
}

std::atomic<int> count;

// Or the table would fill up in a program that goes on after such failures, as it may. (Sanitizers
// end the process for want of memory of their own: asan in a thread that has just been started.)
#if !UNDER_TSAN && !UNDER_ASAN
TEST(sched, stacks_that_cannot_be_had_cost_no_records) {
  run([] {
    go([] {});  // what the first goroutine needs is there
    const std::uint32_t before = g_table::size();
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_AS, &old), 0);
    const rlimit little{64 << 20, old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &little), 0);  // less than is there already
    int failed = 0;
    for (int i = 0; i < 100; ++i)
      failed += new_goroutine({8, 8, stack::class_for(stack::max_size), nullptr, 0}) == nullptr;
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &old), 0);
    EXPECT_EQ(failed, 100);
    EXPECT_EQ(g_table::size(), before);
    go([] {});
  });
}
#endif

TEST(sched, run_returns_when_main_does) {
  count = 0;
  run([] { count = 1; });
  EXPECT_EQ(count, 1);
}

TEST(sched, main_can_yield_and_ends_on_another_thread) {
  run([] {
    for (int i = 0; i < 1000; ++i) yield();
    count = 2;
  });
  EXPECT_EQ(count, 2);
}

TEST(sched, goroutines_run_to_their_end) {
  for (std::uint32_t procs : {1U, 2U, 4U}) {
    count = 0;
    run(
        [] {
          for (int i = 0; i < 10000; ++i) go([] { ++count; });
          while (count != 10000) yield();
        },
        procs);
    EXPECT_EQ(count, 10000);
  }
}

void set_procs(std::uint32_t procs) {
  switching_scope scope;
  ASSERT_TRUE(stop_the_world());
  start_the_world(procs);
}

// Ps pass them on, also those that retire.
TEST(sched, dead_goroutines_are_used_again) {
  static std::atomic<bool> go_on;
  run(
      [] {
        constexpr int crowd = 500;
        constexpr std::uint32_t procs = 4;
        std::uint32_t after_first = 0;
        for (std::uint32_t round = 0; round < 40; ++round) {
          go_on = false;
          count = 0;
          for (int i = 0; i < crowd; ++i)
            go([] {
              while (!go_on) yield();
              ++count;
            });
          go_on = true;
          while (count != crowd) yield();
          if (round == 0) after_first = g_table::size();
          // Each P may keep all but one of a full cache that others could use, and those that have
          // been counted may not have ended yet.
          EXPECT_LE(g_table::size(), after_first + procs * g_cache::capacity);
          set_procs(1 + round % procs);
        }
      },
      4);
}

struct {
  lock guard;
  wait_list waiters;
  int turns = 0;
} table;

TEST(sched, parked_goroutines_are_woken_once_each) {
  for (std::uint32_t procs : {1U, 2U, 4U}) {
    count = 0;
    run(
        [] {
          for (int i = 0; i < 100; ++i)
            go([] {
              for (int round = 0; round < 100; ++round) {
                switching_scope scope;
                table.guard.acquire();
                sudog waiter;
                enqueue(table.waiters, waiter);
                park(table.guard, wait_reason::semacquire);
                ++count;
              }
            });
          while (count != 10000) {
            {
              switching_scope scope;
              table.guard.acquire();
              sudog* const s = dequeue(table.waiters);
              G* const g = s != nullptr ? s->g : nullptr;
              table.guard.release();
              if (g != nullptr) ready(g);
            }
            yield();
          }
        },
        procs);
    EXPECT_EQ(count, 10000);
  }
}

void sleep_ms(int ms) {
  switching_scope scope;
  table.guard.acquire();
  static wait_list nobody;
  sudog waiter;
  enqueue(nobody, waiter);
  park_until(table.guard, nobody, waiter, wait_reason::sleep, os::now_ns() + ms * 1'000'000LL);
}

TEST(sched, sleepers_wake_up) {
  count = 0;
  run([] {
    for (int i = 0; i < 1000; ++i)
      go([] {
        for (int j = 0; j < 3; ++j) sleep_ms(1);
        ++count;
      });
    while (count != 1000) sleep_ms(1);
  });
  EXPECT_EQ(count, 1000);
}

std::atomic<bool> finish;

TEST(sched, busy_and_blocked_goroutines_do_not_stop_the_others_on_one_p) {
  count = 0;
  finish = false;
  run(
      [] {
        go([] {
          while (!finish) {
          }
        });
        go([] { ::usleep(300'000); });
        go([] {
          for (int i = 0; i < 100; ++i) {
            sleep_ms(1);
            ++count;
          }
          finish = true;
        });
        while (!finish) sleep_ms(5);
      },
      1);
  EXPECT_EQ(count, 100);
}

// A goroutine that computes and calls in turns yields when its slice is over: to take its P as well
// would cost it a second thread, each time.
TEST(sched, goroutines_that_call_in_often_keep_their_thread) {
  static std::atomic<int> thread, changes;
  count = thread = changes = 0;
  run(
      [] {
        for (int i = 0; i < 2; ++i)
          go([] {
            for (int piece = 0; piece < 150; ++piece) {
              const int here = os::thread_id();
              if (const int before = thread.exchange(here); before != 0 && before != here)
                ++changes;
              const std::int64_t end = os::thread_cpu_ns(here) + 1'000'000;
              while (os::thread_cpu_ns(here) < end) {
              }
              switching_scope scope;
            }
            ++count;
          });
        while (count != 2) sleep_ms(5);
      },
      1);
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace gander
