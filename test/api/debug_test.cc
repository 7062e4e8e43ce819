// SPDX-License-Identifier: Apache-2.0
#include <gander/gander.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

namespace {

[[gnu::noinline]] std::string here(bool all) {
  std::string text = gander::debug::stack(all);
  asm volatile("" : : "r"(text.data()) : "memory");  // no tail call
  return text;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(debug, stack_of_the_caller_names_its_functions) {
  gander::run([] {
    const std::string text = here(false);
    EXPECT_TRUE(text.starts_with("goroutine 1 [running]:\n")) << text;
    EXPECT_NE(text.find("here(...)\n\t"), text.npos) << text;
    EXPECT_NE(text.find("debug_test.cc:"), text.npos) << text;
    EXPECT_EQ(count(text, "goroutine "), 1U) << text;
  });
}

[[gnu::noinline]] void wait_here(const gander::chan<int>& c) {
  static_cast<void>(c.recv());
  asm volatile("");
}

TEST(debug, stack_of_all_shows_parked_and_running_goroutines) {
  gander::run([] {
    auto c = gander::make_chan<int>();
    std::atomic<bool> stop{false};
    std::atomic<bool> runs{false};
    gander::go([=] { wait_here(c); });
    gander::go([&] {
      runs = true;
      // Whose looks at an atomic are all he does is nearly always in the thread sanitizer, where
      // nobody is stopped.
      while (!stop)
        for (int left = 1000; left > 0; --left) asm volatile("");
    });
    while (!runs || gander::num_goroutine() != 3) gander::yield();
    for (int i = 0; i < 20; ++i) {
      gander::yield();
      const std::string text = here(true);
      EXPECT_EQ(count(text, "created by "), 2U) << text;
      EXPECT_EQ(count(text, "stack unavailable"), 0U) << text;
    }
    const std::string text = here(true);
    EXPECT_NE(text.find(" [chan receive]:\n"), text.npos) << text;
    EXPECT_NE(text.find("wait_here(...)\n"), text.npos) << text;
    stop = true;
    c.close();
    while (gander::num_goroutine() != 1) gander::yield();  // `stop` must outlive them
  });
}

TEST(debug, a_plain_thread_may_ask) {
  gander::run([] {
    std::string text;
    std::thread([&] { text = here(true); }).join();
    EXPECT_NE(text.find("locked to thread"), text.npos) << text;
    EXPECT_NE(text.find("goroutine 1 ["), text.npos) << text;
  });
}

TEST(debug, report_goes_to_a_descriptor) {
  gander::run([] {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    EXPECT_TRUE(gander::debug::write_report(ends[1]));
    char text[64] = {};
    EXPECT_GT(::read(ends[0], text, sizeof text - 1), 0);
    EXPECT_TRUE(std::string(text).starts_with("goroutine 1 [running]:\n")) << text;
    ::close(ends[0]);
    EXPECT_FALSE(gander::debug::write_report(ends[0]));
    ::close(ends[1]);
  });
}

// (What becomes of faults is in test/report/faults_test.cc.)
TEST(debug, panic_on_fault_is_set_for_each_goroutine) {
  using gander::debug::set_panic_on_fault;
  EXPECT_FALSE(set_panic_on_fault(true));  // a plain thread has none
  EXPECT_FALSE(set_panic_on_fault(true));
  gander::run([] {
    EXPECT_FALSE(set_panic_on_fault(true));
    for (int i = 0; i < 100; ++i)
      gander::spawn([] {
        EXPECT_FALSE(set_panic_on_fault(true));  // off in a goroutine that takes the place of one
        gander::yield();
        EXPECT_TRUE(set_panic_on_fault(true));
      }).join();
    EXPECT_TRUE(set_panic_on_fault(false));
    EXPECT_FALSE(set_panic_on_fault(false));
  });
  gander::run([] { EXPECT_FALSE(set_panic_on_fault(true)); });
}

}  // namespace
