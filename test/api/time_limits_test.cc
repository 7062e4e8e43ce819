// SPDX-License-Identifier: Apache-2.0
//
// Whatever std::chrono can say is a time limit: any unit, any clock, the ends of all ranges.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <ratio>
#include <thread>

#include "support/everywhere.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using std::chrono::time_point;
using years = duration<long, std::ratio<86400L * 365>>;
using testing::workers;

class time_limits : public testing::everywhere {};
GANDER_EVERYWHERE(time_limits);

// Stands still until a test moves it.
struct hand_clock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<hand_clock>;
  [[maybe_unused]] static constexpr bool is_steady = false;
  static inline std::atomic<long> shown{0};
  static time_point now() { return time_point(duration(shown.load())); }
};

struct broken_clock : hand_clock {
  using time_point = std::chrono::time_point<broken_clock, duration>;
  static time_point now() { throw 1; }
};

// Calls f with each duration that is, or is beyond, the end of its range or of the system's.
template <typename F>
void with_endless_durations(F f) {
  f(hours::max());
  f(nanoseconds::max());
  f(years::max());
  f(300 * 8766h);
  f(100 * 8766h);  // in seconds more than 32 bits
  f(duration<double>(1e300));
  f(duration<float, std::ratio<86400>>(std::numeric_limits<float>::infinity()));
  f(duration<unsigned, std::ratio<3600>>(4'000'000'000u));
}

template <typename F>
void with_endless_times(F f) {
  f(steady_clock::time_point::max());
  f(system_clock::time_point::max());
  f(time_point<system_clock, hours>::max());
  f(time_point<steady_clock, years>::max());
  f(time_point<system_clock, hours>(300 * 8766h));  // in the year 2270: not in nanoseconds
  f(time_point<system_clock, duration<double>>(duration<double>(1e30)));
  f(hand_clock::time_point::max());
}

template <typename F>
void with_times_that_are_over(F f) {
  f(steady_clock::time_point::min());
  f(system_clock::time_point::min());
  f(time_point<system_clock, hours>::min());
  f(time_point<steady_clock, years>::min());
  f(steady_clock::time_point());
  f(system_clock::now() - 1ns);
  f(time_point<steady_clock, duration<long, std::pico>>(duration<long, std::pico>(1)));
  f(time_point<steady_clock, duration<double>>(
      duration<double>(std::numeric_limits<double>::quiet_NaN())));
  f(hand_clock::time_point::min());
}

template <typename F>
void with_durations_that_are_over(F f) {
  f(0s);
  f(-1h);
  f(hours::min());
  f(nanoseconds::min());
  f(years::min());
  f(duration<double>(-1e300));
  f(duration<double>(std::numeric_limits<double>::quiet_NaN()));
}

// A test that waits where it should not runs into its time limit.
TEST_P(time_limits, what_is_over_never_waits) {
  in_place([] {
    const auto c = make_chan<int>(1);
    timed_mutex locked;
    locked.lock();
    semaphore none(0);
    condition_variable changed;
    mutex m;
    std::unique_lock held(m);
    with_durations_that_are_over([&](auto d) {
      EXPECT_FALSE(c.recv_for(d));
      EXPECT_TRUE(c.send_for(1, d));
      EXPECT_FALSE(c.send_for(2, d));
      EXPECT_EQ(c.recv_for(d), 1);
      EXPECT_FALSE(locked.try_lock_for(d));
      EXPECT_FALSE(none.try_acquire_for(d));
      EXPECT_FALSE(changed.wait_for(held, d, [] { return false; }));
      EXPECT_EQ(with_timeout(background(), d).ctx.err(), errc::deadline_exceeded);
      sleep_for(d);
      EXPECT_TRUE(timer(d).c().recv());
    });
    with_times_that_are_over([&](auto t) {
      EXPECT_FALSE(c.recv_until(t));
      EXPECT_TRUE(c.send_until(1, t));
      EXPECT_FALSE(c.send_until(2, t));
      EXPECT_EQ(c.recv_until(t), 1);
      EXPECT_FALSE(locked.try_lock_until(t));
      EXPECT_FALSE(none.try_acquire_until(t));
      EXPECT_EQ(with_deadline(background(), t).ctx.err(), errc::deadline_exceeded);
      sleep_until(t);
    });
  });
}

TEST_P(time_limits, what_never_ends_waits_for_what_comes) {
  in_place([] {
    const auto c = make_chan<int>();
    const auto serve = [&c](auto receive) {
      workers crew(GetParam());
      crew.go([&c] {
        std::this_thread::sleep_for(1ms);
        c.send(9);
      });
      EXPECT_EQ(receive(), 9);
    };
    with_endless_durations([&](auto d) {
      serve([&] { return c.recv_for(d); });
      EXPECT_FALSE(with_timeout(background(), d).ctx.err());
      EXPECT_FALSE(timer(d).c().recv_for(100us));
    });
    with_endless_times([&](auto t) {
      serve([&] { return c.recv_until(t); });
      EXPECT_FALSE(with_deadline(background(), t).ctx.err());
    });
  });
}

TEST_P(time_limits, a_clock_of_the_users_own_decides) {
  in_place([] {
    hand_clock::shown = 0;
    const auto c = make_chan<int>();
    workers crew(GetParam());
    crew.go([] {
      std::this_thread::sleep_for(20ms);
      hand_clock::shown = 9;
      std::this_thread::sleep_for(20ms);
      hand_clock::shown = 100;
    });
    EXPECT_FALSE(c.recv_until(hand_clock::time_point(10ms)));
    EXPECT_EQ(hand_clock::shown, 100);
  });
}

TEST_P(time_limits, what_a_clock_throws_leaves_the_call) {
  in_place([] {
    const auto c = make_chan<int>(1);
    const broken_clock::time_point t(1ms);
    EXPECT_THROW((void)c.recv_until(t), int);
    EXPECT_THROW((void)c.send_until(1, t), int);
    EXPECT_THROW(sleep_until(t), int);
    EXPECT_THROW((void)with_deadline(background(), t), int);
    EXPECT_EQ(c.len(), 0u);
  });
}

}  // namespace
}  // namespace gander
