// SPDX-License-Identifier: Apache-2.0
#include <gander/select.h>
#include <gander/time.h>

#include "support/everywhere.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::workers;

class time_test : public testing::everywhere {};
GANDER_EVERYWHERE(time_test);

TEST_P(time_test, sleeps_as_long_as_asked) {
  in_place([] {
    const auto start = steady_clock::now();
    sleep_for(3ms);
    EXPECT_GE(steady_clock::now() - start, 3ms);
    sleep_until(steady_clock::now() + 1ms);
    EXPECT_GE(steady_clock::now() - start, 4ms);
    const auto wall = std::chrono::system_clock::now() + 2ms;
    sleep_until(wall);
    EXPECT_GE(std::chrono::system_clock::now(), wall);
  });
}

TEST_P(time_test, sleep_of_nothing_returns_at_once) {
  in_place([] {
    sleep_for(0s);
    sleep_for(-1h);
    sleep_for(std::chrono::hours::min());
    sleep_for(std::chrono::duration<double>(-1e300));
    sleep_until(steady_clock::time_point::min());
    sleep_until(std::chrono::system_clock::time_point::min());
  });
}

TEST_P(time_test, after_sends_the_time_once) {
  in_place([] {
    const auto start = steady_clock::now();
    const auto c = after(2ms);
    const auto at = c.recv();
    ASSERT_TRUE(at);
    EXPECT_GE(*at - start, 2ms);
    EXPECT_FALSE(c.try_recv());
    EXPECT_TRUE(after(-1s).recv());
    for (int i = 0; i < 100; ++i) (void)after(std::chrono::microseconds(i));  // nobody receives
    EXPECT_FALSE(after(std::chrono::hours::max()).try_recv());
  });
}

// Go 1.23's table: what stop() and reset() return, and that nothing stale is received after them.
TEST_P(time_test, stop_and_reset) {
  in_place([] {
    {
      timer pending(1h);
      EXPECT_TRUE(pending.stop());
      EXPECT_FALSE(pending.stop());
      EXPECT_FALSE(pending.reset(1h));
      EXPECT_TRUE(pending.reset(1h));
    }
    {
      timer fired(0s);
      sleep_for(5ms);
      EXPECT_TRUE(fired.stop());  // fired, but not received: as if it had not (as it may have not)
      EXPECT_FALSE(fired.c().try_recv());
      EXPECT_FALSE(fired.stop());
    }
    {
      timer received(0s);
      EXPECT_TRUE(received.c().recv());
      EXPECT_FALSE(received.stop());
      EXPECT_FALSE(received.reset(1ms));
      EXPECT_TRUE(received.c().recv());
    }
    {
      timer again(0s);
      sleep_for(5ms);
      const auto start = steady_clock::now();
      EXPECT_TRUE(again.reset(3ms));
      const auto at = again.c().recv();
      EXPECT_GE(*at - start, 3ms);  // the new value, not the stale one
    }
    timer moved(1h);
    timer target = std::move(moved);
    EXPECT_TRUE(target.stop());
  });
}

// Resets that race with the firing: each leaves at most one value, of after the reset.
TEST_P(time_test, resets_while_firing) {
  in_place([] {
    timer t(0s);
    for (int i = 0; i < 2000; ++i) {
      const auto start = steady_clock::now();
      t.reset(std::chrono::microseconds(i % 30));
      if (i % 3 != 0) continue;
      const auto at = t.c().recv();
      ASSERT_TRUE(at);
      EXPECT_GE(*at, start);
      EXPECT_FALSE(t.c().try_recv());
    }
  });
}

TEST_P(time_test, several_may_reset_and_stop_one_timer) {
  in_place([] {
    timer t(1h);
    {
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([&t, w] {
          for (int i = 0; i < 500; ++i) {
            if (w == 0) t.stop();
            if (w != 0) t.reset(std::chrono::microseconds(i % 10));
          }
        });
    }
    t.reset(0s);
    EXPECT_TRUE(t.c().recv());
  });
}

TEST_P(time_test, ticker_ticks_and_drops_for_the_slow) {
  in_place([] {
    const auto start = steady_clock::now();
    ticker t(2ms);
    for (int i = 1; i <= 3; ++i) {
      EXPECT_TRUE(t.c().recv());
      EXPECT_GE(steady_clock::now() - start, i * 2ms);
    }
    sleep_for(15ms);
    const auto looked = steady_clock::now();
    EXPECT_TRUE(t.c().recv());  // one was kept, the others dropped
    int fresh = 0;
    while (t.c().try_recv()) ++fresh;
    EXPECT_LE(fresh, 2 + (steady_clock::now() - looked) / 2ms);  // on its way, or due meanwhile
    t.stop();
    EXPECT_FALSE(t.c().recv_for(5ms));
    t.reset(1ms);
    EXPECT_TRUE(t.c().recv());
    EXPECT_TRUE(t.c().recv());
  });
}

TEST(ticker, panics_at_intervals_that_are_not_positive) {
  try {
    ticker t(0s);
    ADD_FAILURE();
  } catch (const panic_error& e) {
    EXPECT_STREQ(e.what(), "non-positive interval for NewTicker");
  }
  ticker t(std::chrono::hours::max());
  EXPECT_THROW(t.reset(-1s), panic_error);
}

TEST_P(time_test, timer_in_a_select) {
  in_place([] {
    const chan<int> never = make_chan<int>();
    timer t(2ms);
    EXPECT_EQ(select(on_recv(never, [](std::optional<int>) {}), on_recv(t.c(), [](auto) {})), 1U);
  });
}

TEST(after_func, runs_on_a_goroutine) {
  gander::run([] {
    const auto ran = make_chan<int>(10);
    auto one = timer::after_func(1ms, [=] { ran.send(1); });
    EXPECT_EQ(ran.recv(), 1);
    EXPECT_FALSE(one.stop());
    EXPECT_FALSE(one.reset(1ms));  // again
    EXPECT_EQ(ran.recv(), 1);
    {
      auto dropped = timer::after_func(1ms, [=] { ran.send(2); });
    }
    EXPECT_EQ(ran.recv(), 2);
    auto stopped = timer::after_func(1h, [=] { ran.send(3); });
    EXPECT_TRUE(stopped.stop());
    EXPECT_FALSE(stopped.c());
    const auto gate = make_chan<int>();
    auto blocks = timer::after_func(0s, [=] {
      (void)gate.recv();
      ran.send(5);
    });
    auto runs = timer::after_func(0s, [=] { ran.send(4); });
    EXPECT_EQ(ran.recv(), 4);
    gate.close();
    EXPECT_EQ(ran.recv(), 5);
  });
}

}  // namespace
}  // namespace gander
