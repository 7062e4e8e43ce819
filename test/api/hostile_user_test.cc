// SPDX-License-Identifier: Apache-2.0
//
// A user whose names get in the way: macros, functions that argument-dependent lookup finds and
// that take anything, overloaded operators. This file compiles, or it does not.
#include <gtest/gtest.h>

// The headers of the standard library do not stand these macros.
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <tuple>
#include <vector>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) < (b) ? (b) : (a))
#include <gander/gander.h>
#undef min
#undef max

namespace hostile {

#define GANDER_HOSTILE(name)      \
  template <typename... Anything> \
  void name(Anything&&...) = delete

GANDER_HOSTILE(addressof);
GANDER_HOSTILE(alloc_user_cells);
GANDER_HOSTILE(apply);
GANDER_HOSTILE(attempt_until);
GANDER_HOSTILE(begin);
GANDER_HOSTILE(call);
GANDER_HOSTILE(cancel);
GANDER_HOSTILE(choose);
GANDER_HOSTILE(close);
GANDER_HOSTILE(deadline_after);
GANDER_HOSTILE(deadline_at);
GANDER_HOSTILE(destroy_at);
GANDER_HOSTILE(destroy_in_cells);
GANDER_HOSTILE(destroy_node);
GANDER_HOSTILE(end);
GANDER_HOSTILE(exchange);
GANDER_HOSTILE(finish);
GANDER_HOSTILE(forward);
GANDER_HOSTILE(forward_as_tuple);
GANDER_HOSTILE(free_user_cells);
GANDER_HOSTILE(go);
GANDER_HOSTILE(invoke);
GANDER_HOSTILE(launch);
GANDER_HOSTILE(make_handle);
GANDER_HOSTILE(make_in_cells);
GANDER_HOSTILE(make_node);
GANDER_HOSTILE(move);
GANDER_HOSTILE(on_send);
GANDER_HOSTILE(panic);
GANDER_HOSTILE(run);
GANDER_HOSTILE(select);
GANDER_HOSTILE(spawn);
GANDER_HOSTILE(swap);
GANDER_HOSTILE(unref);

// Its moves are user code; neither & nor the comma may be used on it.
struct value {
  std::string text;
  value() = default;
  explicit value(const char* t) : text(t) {}
  value(const value&) = default;
  value(value&& other) noexcept(false) : text(std::move(other.text)) {}
  void operator&() const = delete;
  template <typename T>
  void operator,(T&&) const = delete;
};

struct function {
  value held;
  template <typename... Arguments>
  value operator()(Arguments&&...) {
    return value("result");
  }
};

struct condition {
  value held;
  bool operator()() const { return true; }
};

struct completion {
  value held;
  void operator()() noexcept {}
};

struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = false;
  static time_point now() { return {}; }
};

}  // namespace hostile

namespace {

using hostile::clock;
using hostile::function;
using hostile::value;
using namespace std::chrono_literals;

template <typename T, std::size_t Capacity>
void use_channel() {
  auto c = gander::make_chan<T>(Capacity);
  T v("a");
  c.send(v);
  c.send(std::move(v));
  c.emplace("b");
  EXPECT_TRUE(c.try_send(T("c")));
  EXPECT_TRUE(c.send_for(T("d"), 1s));
  EXPECT_TRUE(c.send_until(T("e"), clock::now()));
  std::optional<T> out;
  gander::recv_status status;
  EXPECT_EQ(c.recv()->text, "a");
  EXPECT_TRUE(c.try_recv(status));
  EXPECT_TRUE(c.recv_for(1s, status));
  EXPECT_TRUE(c.recv_until(clock::now(), status));
  EXPECT_EQ(gander::select(gander::on_recv(c, out), gander::on_default(function{})), 0u);
  EXPECT_EQ(gander::select(gander::on_recv(c, function{})), 0u);
  EXPECT_EQ(gander::select(gander::on_send(c, *out)), 0u);
  EXPECT_EQ(gander::select(gander::on_send(c, T("f"), function{})), 0u);
  std::vector<gander::select_case> cases;
  cases.emplace_back(gander::on_recv(c, function{}));
  EXPECT_EQ(gander::select(cases), 0u);
  EXPECT_EQ(gander::send_chan<T>(c), c);
  EXPECT_NE(std::hash<gander::chan<T>>()(c), 0u);
  c.close();
  auto at = c.begin();
  EXPECT_EQ(at->text, "f");
  ++at;
  EXPECT_TRUE(at == c.end());
}

TEST(hostile_user, sends_and_receives) { use_channel<value, 8>(); }

TEST(hostile_user, starts_goroutines) {
  gander::run([] {
    gander::go(function{}, value());
    gander::go({.name = "named"}, function{});
    EXPECT_EQ(gander::spawn(function{}, value()).join().text, "result");
    gander::task_group tasks;
    tasks.go(function{});
    tasks.wait();
    gander::wait_group group;
    group.go(function{});
    group.wait();
    EXPECT_EQ(gander::blocking(function{}).text, "result");
    const gander::defer at_end(function{});
  });
  EXPECT_EQ(gander::run(hostile::condition{}), 1);
}

TEST(hostile_user, waits) {
  gander::once once;
  once.call(function{}, value());
  gander::mutex m;
  gander::condition_variable changed;
  std::unique_lock held(m);
  changed.wait(held, hostile::condition{});
  changed.wait_for(held, 1s, hostile::condition{});
  changed.wait_until(held, clock::now(), hostile::condition{});
  changed.wait(held, std::stop_token(), hostile::condition{});
  changed.wait_until(held, std::stop_token(), clock::now(), hostile::condition{});
  gander::barrier meet(1, hostile::completion{});
  meet.arrive_and_wait();
  gander::sleep_until(clock::now());
  gander::timer::after_func(1h, function{}).stop();
  static const gander::context_key<value> key;
  const auto ctx = gander::with_value(gander::background(), key, value("v"));
  EXPECT_EQ(ctx.value(key)->text, "v");
  EXPECT_TRUE(gander::with_deadline(ctx, clock::now()).ctx.err());
  static gander::goroutine_local<value> local;
  EXPECT_EQ(local->text, "");
}

}  // namespace
