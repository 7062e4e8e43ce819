// SPDX-License-Identifier: Apache-2.0
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

namespace {

// run() must not return while the others work: it is a deadlock when they have ended.
TEST(goexit_death, a_main_goroutine_bound_to_its_thread_leaves_the_others_running) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(gander::run([] {
                gander::lock_os_thread();
                gander::go([] {
                  // Main calls goexit() meanwhile. (If not, the end is the same.)
                  gander::sleep_for(std::chrono::milliseconds(20));
                  std::fputs("worked\n", stderr);
                });
                gander::goexit();
              }),
              testing::ExitedWithCode(2), "worked\n.*no goroutines .main called runtime.Goexit.");
}

}  // namespace
