// SPDX-License-Identifier: Apache-2.0
//
// What a channel does, on values that are moved under its lock and on those that are not.
#include <gander/chan.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/build.h"
#include "support/panic_text.h"
#include "support/tracked.h"
#include "support/workers.h"

namespace gander {
namespace {

using testing::panic_text;
using testing::tracked;
using testing::workers;

// One maker and reader of numbered values for each way a value can travel.
template <typename T>
struct numbered;
template <>
struct numbered<int> {
  static int make(int n) { return n; }
  static int number(const int& v) { return v; }
};
template <>
struct numbered<std::unique_ptr<int>> {
  static std::unique_ptr<int> make(int n) { return std::make_unique<int>(n); }
  static int number(const std::unique_ptr<int>& v) { return v != nullptr ? *v : -1; }
};
template <>
struct numbered<tracked> {
  static tracked make(int n) { return tracked(n); }
  static int number(const tracked& v) { return v.value; }
};
struct large {
  int n;
  char rest[200];
};
template <>
struct numbered<large> {
  static large make(int n) { return {n, {}}; }
  static int number(const large& v) { return v.n; }
};

template <typename T>
struct chan_of : ::testing::Test {
  static T make(int n) { return numbered<T>::make(n); }
  static int number(const std::optional<T>& v) { return v ? numbered<T>::number(*v) : -2; }
  ~chan_of() override { EXPECT_EQ(leaks.left(), 0); }
  testing::no_leaks leaks;
};
using travelers = ::testing::Types<int, std::unique_ptr<int>, tracked, large>;
TYPED_TEST_SUITE(chan_of, travelers);

TYPED_TEST(chan_of, keeps_order_and_counts) {
  auto c = make_chan<TypeParam>(3);
  EXPECT_EQ(c.cap(), 3u);
  for (int round = 0; round < 3; ++round) {  // the ring wraps
    for (int i = 0; i < 3; ++i) c.send(this->make(i));
    EXPECT_EQ(c.len(), 3u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(this->number(c.recv()), i);
    EXPECT_EQ(c.len(), 0u);
  }
}

TYPED_TEST(chan_of, closed_channel_drains_then_ends) {
  auto c = make_chan<TypeParam>(2);
  c.send(this->make(7));
  c.close();
  recv_status status = recv_status::empty;
  EXPECT_EQ(this->number(c.try_recv(status)), 7);
  EXPECT_EQ(status, recv_status::ok);
  EXPECT_FALSE(c.recv().has_value());
  EXPECT_FALSE(c.try_recv(status).has_value());
  EXPECT_EQ(status, recv_status::closed);
  EXPECT_FALSE(c.recv_for(std::chrono::hours(1), status).has_value());
  EXPECT_EQ(status, recv_status::closed);
}

TYPED_TEST(chan_of, panics_speak_as_go_does_and_leave_the_argument) {
  for (const std::size_t capacity : {0u, 1u}) {
    auto c = make_chan<TypeParam>(capacity);
    c.close();
    TypeParam value = this->make(5);
    EXPECT_EQ(panic_text([&] { c.send(std::move(value)); }), "send on closed channel");
    EXPECT_EQ(panic_text([&] { c.try_send(std::move(value)); }), "send on closed channel");
    EXPECT_EQ(panic_text([&] { c.send_for(std::move(value), std::chrono::hours(1)); }),
              "send on closed channel");
    EXPECT_EQ(numbered<TypeParam>::number(value), 5);
    EXPECT_EQ(panic_text([&] { c.close(); }), "close of closed channel");
  }
  EXPECT_EQ(panic_text([] { chan<TypeParam>().close(); }), "close of nil channel");
}

TYPED_TEST(chan_of, try_send_moves_only_on_success) {
  for (const std::size_t capacity : {0u, 1u}) {
    auto c = make_chan<TypeParam>(capacity);
    if (capacity > 0) c.send(this->make(1));
    TypeParam value = this->make(5);
    EXPECT_FALSE(c.try_send(std::move(value)));
    EXPECT_FALSE(c.send_for(std::move(value), std::chrono::milliseconds(2)));
    EXPECT_FALSE(c.send_until(std::move(value),
                              std::chrono::system_clock::now() + std::chrono::milliseconds(2)));
    EXPECT_EQ(numbered<TypeParam>::number(value), 5);
  }
  auto c = make_chan<TypeParam>(1);
  EXPECT_TRUE(c.try_send(this->make(6)));
  EXPECT_EQ(this->number(c.try_recv()), 6);
}

TYPED_TEST(chan_of, unbuffered_send_returns_after_the_receive) {
  auto c = make_chan<TypeParam>();
  std::atomic<bool> sent{false};
  workers w;
  w.go([&] {
    c.send(this->make(3));
    sent = true;
  });
  recv_status status = recv_status::empty;
  std::optional<TypeParam> value;
  while (!value) {
    EXPECT_FALSE(sent);
    if (auto got = c.try_recv(status)) value.emplace(std::move(*got));
  }
  EXPECT_EQ(this->number(value), 3);
}

TYPED_TEST(chan_of, receiver_first_or_sender_first) {
  auto c = make_chan<TypeParam>();
  auto back = make_chan<TypeParam>();
  workers w;
  w.go([&] {
    while (auto v = c.recv()) back.send(std::move(*v));
    back.close();
  });
  for (int i = 0; i < 500; ++i) {
    c.send(this->make(i));
    EXPECT_EQ(this->number(back.recv()), i);
  }
  c.close();
  EXPECT_FALSE(back.recv());
}

TYPED_TEST(chan_of, close_wakes_receivers_and_panics_senders) {
  for (const std::size_t capacity : {0u, 2u}) {
    auto in = make_chan<TypeParam>(capacity);
    auto out = make_chan<TypeParam>(capacity);
    for (std::size_t i = 0; i < capacity; ++i) out.send(this->make(0));
    auto ready = make_chan<void>(8);
    std::atomic<int> ended{0}, panicked{0};
    {
      workers w;
      for (int i = 0; i < 4; ++i) {
        w.go([&] {
          ready.send();
          if (!in.recv()) ++ended;
        });
        w.go([&] {
          TypeParam value = this->make(9);
          ready.send();
          if (panic_text([&] { out.send(std::move(value)); }) == "send on closed channel")
            ++panicked;
          EXPECT_EQ(numbered<TypeParam>::number(value), 9);
        });
      }
      for (int i = 0; i < 8; ++i) ready.recv();
      in.close();
      out.close();
    }
    EXPECT_EQ(ended, 4);
    EXPECT_EQ(panicked, 4);
    for (std::size_t i = 0; i < capacity; ++i) EXPECT_EQ(this->number(out.recv()), 0);
    EXPECT_FALSE(out.recv());
  }
}

TYPED_TEST(chan_of, time_limits) {
  for (const std::size_t capacity : {0u, 1u}) {
    auto c = make_chan<TypeParam>(capacity);
    const auto start = std::chrono::steady_clock::now();
    recv_status status = recv_status::ok;
    EXPECT_FALSE(c.recv_for(std::chrono::milliseconds(20), status));
    EXPECT_EQ(status, recv_status::empty);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
    EXPECT_FALSE(c.recv_for(-std::chrono::hours(1), status));
    EXPECT_FALSE(c.recv_until(std::chrono::steady_clock::time_point::min(), status));
    EXPECT_EQ(status, recv_status::empty);
    workers w;
    w.go([&] { EXPECT_TRUE(c.send_for(this->make(4), std::chrono::hours::max())); });
    EXPECT_EQ(this->number(c.recv_until(std::chrono::system_clock::time_point::max(), status)), 4);
    EXPECT_EQ(status, recv_status::ok);
  }
}

TYPED_TEST(chan_of, nil_channel_blocks_until_the_limit) {
  const chan<TypeParam> nil;
  EXPECT_FALSE(nil);
  EXPECT_EQ(nil.len(), 0u);
  EXPECT_EQ(nil.cap(), 0u);
  EXPECT_FALSE(nil.try_recv());
  recv_status status = recv_status::ok;
  EXPECT_FALSE(nil.recv_for(std::chrono::milliseconds(3), status));
  EXPECT_EQ(status, recv_status::empty);
  TypeParam value = this->make(8);
  EXPECT_FALSE(nil.try_send(std::move(value)));
  EXPECT_FALSE(nil.send_for(std::move(value), std::chrono::milliseconds(3)));
  EXPECT_EQ(numbered<TypeParam>::number(value), 8);
}

TYPED_TEST(chan_of, values_left_go_with_the_channel) {
  auto c = make_chan<TypeParam>(4);
  for (int round = 0; round < 3; ++round) {
    c.send(this->make(1));
    (void)c.recv();
  }
  for (int i = 0; i < 4; ++i) c.send(this->make(i));
  c = nullptr;
  EXPECT_EQ(this->leaks.left(), 0);
}

// Each sender's values arrive in its order, none is lost, none comes twice.
TYPED_TEST(chan_of, many_to_many) {
  constexpr int senders = 4, receivers = 3, each = 3000;
  for (const std::size_t capacity : {0u, 1u, 7u}) {
    auto c = make_chan<TypeParam>(capacity);
    std::vector<std::vector<int>> got(receivers);
    {
      workers consumers;
      for (auto& mine : got) {
        consumers.go([&mine, c] {
          while (auto v = c.recv()) mine.push_back(numbered<TypeParam>::number(*v));
        });
      }
      workers producers;
      for (int s = 0; s < senders; ++s) {
        producers.go([&, s] {
          for (int i = 0; i < each; ++i) c.send(this->make(s * each + i));
        });
      }
      producers.wait();
      c.close();
    }
    std::vector<int> seen(senders * each);
    for (const auto& mine : got) {
      std::vector<int> last(senders, -1);
      for (const int n : mine) {
        ++seen[static_cast<std::size_t>(n)];
        EXPECT_LT(last[static_cast<std::size_t>(n / each)], n);
        last[static_cast<std::size_t>(n / each)] = n;
      }
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), senders * each);
  }
}

TYPED_TEST(chan_of, polling_ends_lose_nothing) {
  constexpr int count = 3000;
  for (const std::size_t capacity : {0u, 2u}) {
    auto c = make_chan<TypeParam>(capacity);
    workers w;
    w.go([&] {
      for (int i = 0; i < count; ++i) c.send(this->make(i));
      c.close();
    });
    int expected = 0;
    for (recv_status status = recv_status::empty; status != recv_status::closed;) {
      const auto v = c.try_recv(status);
      EXPECT_EQ(v.has_value(), status == recv_status::ok);
      if (v) {
        EXPECT_EQ(numbered<TypeParam>::number(*v), expected++);
      }
      if (status == recv_status::empty) std::this_thread::yield();
    }
    EXPECT_EQ(expected, count);
  }
}

TEST(chan, capacity_that_no_memory_can_hold_panics) {
  const auto text = [](auto&& make) { return panic_text([&] { (void)make(); }); };
  EXPECT_EQ(text([] { return make_chan<int>(static_cast<std::size_t>(-1)); }),
            "makechan: size out of range");
  EXPECT_EQ(text([] { return make_chan<void>(static_cast<std::size_t>(-1)); }),
            "makechan: size out of range");
  EXPECT_EQ(text([] { return make_chan<large>(SIZE_MAX / sizeof(large)); }),
            "makechan: size out of range");
  EXPECT_EQ(text([] { return make_chan<tracked>(SIZE_MAX / 3); }), "makechan: size out of range");
}

// Sanitizers end the process instead of failing such an allocation.
#if !UNDER_TSAN && !UNDER_ASAN
TEST(chan, capacity_beyond_memory_is_bad_alloc) {
  std::vector<chan<char>> held;
  const auto make_all = [&] {
    for (int i = 0; i < 4; ++i) held.push_back(make_chan<char>(SIZE_MAX / 4));
  };
  EXPECT_THROW(make_all(), std::bad_alloc);
}
#endif

TEST(chan, copies_lvalues_and_builds_in_place) {
  auto c = make_chan<std::string>(3);
  const std::string word = "a word that is too long for the small string";
  c.send(word);
  EXPECT_TRUE(c.try_send(word));
  c.emplace(3u, 'x');
  EXPECT_EQ(word.size(), 44u);
  EXPECT_EQ(c.recv(), word);
  EXPECT_EQ(c.recv(), word);
  EXPECT_EQ(c.recv(), "xxx");
}

}  // namespace
}  // namespace gander
