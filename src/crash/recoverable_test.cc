// SPDX-License-Identifier: Apache-2.0
#include "crash/recoverable.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>
#include <vector>

#include "unwind/walk_test_helper.h"

namespace gander::crash {
namespace {

void recover(int signal, void*) {
  if (!step_recover(signal)) _exit(99);
}

void fault() {
  // volatile: the compiler must neither know that this faults nor drop it
  volatile int* volatile nowhere = reinterpret_cast<int*>(16);
  *nowhere = 1;
}

TEST(recoverable, a_step_that_ends_gives_0) {
  int ran = 0;
  EXPECT_EQ(recoverable([&] { ++ran; }), 0);
  EXPECT_EQ(ran, 1);
}

TEST(recoverable, a_fault_ends_only_the_step_again_and_again) {
  unwind::fault_handler faults(recover);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(recoverable([] { fault(); }), SIGSEGV);
}

TEST(recoverable, steps_nest) {
  unwind::fault_handler faults(recover);
  int inner = 0;
  volatile bool went_on = false;  // the step is left by a jump
  int outer = recoverable([&] {
    inner = recoverable([] { fault(); });
    went_on = true;
    fault();
    went_on = false;
  });
  EXPECT_EQ(inner, SIGSEGV);
  EXPECT_EQ(outer, SIGSEGV);
  EXPECT_TRUE(went_on);
}

TEST(recoverable, a_part_is_left_out_of_a_step_in_it) {
  unwind::fault_handler faults([](int signal, void*) {
    if (!part_recover(signal)) _exit(99);
  });
  volatile bool went_on = false;
  auto part = [&] {
    recoverable([] { fault(); });
    went_on = true;
  };
  const auto run = [](void* p) { (*static_cast<decltype(part)*>(p))(); };
  EXPECT_EQ(run_recoverable(run, &part, recovery::part), SIGSEGV);
  EXPECT_FALSE(went_on);
  EXPECT_FALSE(part_recover(SIGSEGV));
}

TEST(recoverable, outside_of_a_step_nothing_is_recovered) {
  EXPECT_FALSE(step_recover(SIGSEGV));
  recoverable([] {});
  EXPECT_FALSE(step_recover(SIGSEGV));
}

TEST(recoverable, threads_recover_by_themselves) {
  unwind::fault_handler faults(recover);
  std::vector<std::thread> threads;
  std::atomic<int> recovered{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) recovered += recoverable([] { fault(); }) == SIGSEGV;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(recovered, 400);
}

}  // namespace
}  // namespace gander::crash
