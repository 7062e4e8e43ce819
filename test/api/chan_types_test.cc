// SPDX-License-Identifier: Apache-2.0
//
// What can travel, and the kinds of handle.
#include <gander/chan.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "support/tracked.h"
#include "support/workers.h"

namespace gander {
namespace {

using ::testing::ElementsAre;
using testing::tracked;
using testing::workers;

// --- the ways to travel ------------------------------------------------------

using internal::elem_mode;
using internal::mode_of;

struct opted_in {
  opted_in() = default;
  opted_in(opted_in&&) noexcept {}
};
struct picky_deleter {
  picky_deleter(const picky_deleter&) {}
  void operator()(int*) const {}
};
template <typename T>
struct own_allocator : std::allocator<T> {};

}  // namespace

template <>
inline constexpr bool enable_inline_move<opted_in> = true;

namespace {

static_assert(mode_of<int> == elem_mode::raw);
static_assert(mode_of<std::array<char, 64>> == elem_mode::raw);
static_assert(mode_of<std::array<char, 65>> == elem_mode::inline_move);
static_assert(mode_of<std::string> == elem_mode::inline_move);
static_assert(mode_of<std::unique_ptr<tracked>> == elem_mode::inline_move);
static_assert(mode_of<std::shared_ptr<int>> == elem_mode::inline_move);
static_assert(mode_of<std::vector<tracked>> == elem_mode::inline_move);
static_assert(mode_of<std::pair<int, std::string>> == elem_mode::inline_move);
static_assert(mode_of<std::optional<std::string>> == elem_mode::inline_move);
static_assert(mode_of<chan<tracked>> == elem_mode::inline_move);
static_assert(mode_of<opted_in> == elem_mode::inline_move);
static_assert(mode_of<tracked> == elem_mode::user);
static_assert(mode_of<std::pair<int, tracked>> == elem_mode::user);
static_assert(mode_of<std::unique_ptr<int, picky_deleter>> == elem_mode::user);
static_assert(mode_of<std::vector<int, own_allocator<int>>> == elem_mode::user);

// --- which handle does what --------------------------------------------------------------------

template <typename C>
concept can_send = requires(const C c) {
  c.send(1);
  c.try_send(1);
  c.close();
};
template <typename C>
concept can_receive = requires(const C c) {
  c.recv();
  c.try_recv();
  c.begin();
};
static_assert(can_send<chan<int>> && can_receive<chan<int>>);
static_assert(can_send<send_chan<int>> && !can_receive<send_chan<int>>);
static_assert(!can_send<recv_chan<int>> && can_receive<recv_chan<int>>);
template <typename C>
concept can_close = requires(const C c) {
  c.close();
};
static_assert(!can_close<recv_chan<int>>);

static_assert(std::is_convertible_v<chan<int>, send_chan<int>>);
static_assert(std::is_convertible_v<chan<int>, recv_chan<int>>);
static_assert(!std::is_convertible_v<send_chan<int>, chan<int>>);
static_assert(!std::is_convertible_v<recv_chan<int>, chan<int>>);
static_assert(!std::is_convertible_v<send_chan<int>, recv_chan<int>>);
static_assert(!std::is_convertible_v<recv_chan<int>, send_chan<int>>);
static_assert(!std::is_convertible_v<chan<int>, chan<long>>);
static_assert(!std::is_convertible_v<chan<int>, bool>);
static_assert(!std::equality_comparable_with<chan<int>, chan<long>>);
static_assert(std::equality_comparable<recv_chan<std::string>>);
static_assert(std::is_nothrow_move_constructible_v<chan<tracked>>);
static_assert(sizeof(chan<int>) == sizeof(void*));

static_assert(std::is_same_v<decltype(chan<int>().recv()), std::optional<int>>);
static_assert(std::is_same_v<decltype(chan<void>().recv()), bool>);
static_assert(!std::ranges::range<chan<void>>);
static_assert(std::ranges::input_range<chan<int>>);
static_assert(std::ranges::input_range<const recv_chan<std::unique_ptr<int>>>);
static_assert(!std::ranges::forward_range<chan<int>>);
static_assert(!std::ranges::range<send_chan<int>>);

TEST(chan_handle, copies_stand_for_the_same_channel) {
  auto c = make_chan<int>(1);
  const auto same = c;
  const recv_chan<int> in = c;
  const send_chan<int> out = c;
  EXPECT_EQ(c, same);
  EXPECT_EQ(c, in);
  EXPECT_EQ(out, c);
  EXPECT_NE(c, make_chan<int>(1));
  EXPECT_NE(c, nullptr);
  EXPECT_EQ(chan<int>(), nullptr);
  EXPECT_EQ(std::hash<chan<int>>()(c), std::hash<recv_chan<int>>()(in));
  const std::unordered_set<chan<int>> set{c, same, make_chan<int>()};
  EXPECT_EQ(set.size(), 2u);
  out.send(3);
  c = nullptr;
  EXPECT_EQ(in.recv(), 3);
  EXPECT_FALSE(c);
  EXPECT_TRUE(in);
}

TEST(chan_handle, dropping_the_last_one_closes_nothing_and_moves_leave_nil) {
  auto c = make_chan<int>();
  auto d = std::move(c);
  EXPECT_TRUE(d);
  EXPECT_FALSE(c);  // NOLINT: what a moved-from handle is, is promised
  const recv_chan<int> only = d;
  d = nullptr;
  recv_status status = recv_status::ok;
  EXPECT_FALSE(only.try_recv(status));
  EXPECT_EQ(status, recv_status::empty);
}

// --- unusual values -----------------------------------------------------------------------------

struct nothing_at_all {};

TEST(chan_types, zero_size) {
  auto c = make_chan<nothing_at_all>(1000);
  for (int i = 0; i < 1000; ++i) c.send({});
  EXPECT_FALSE(c.try_send({}));
  EXPECT_EQ(c.len(), 1000u);
  c.close();
  int n = 0;
  for ([[maybe_unused]] nothing_at_all& x : c) ++n;
  EXPECT_EQ(n, 1000);
}

TEST(chan_types, zero_size_channels_of_any_capacity_cost_nothing) {
  auto c = make_chan<void>(PTRDIFF_MAX / 2);
  c.send();
  EXPECT_EQ(c.len(), 1u);
  EXPECT_TRUE(c.recv());
}

struct empty_but_counted {
  static inline int live = 0;
  empty_but_counted() { ++live; }
  empty_but_counted(empty_but_counted&&) { ++live; }
  ~empty_but_counted() { --live; }
};

TEST(chan_types, an_empty_type_with_a_life_of_its_own) {
  {
    auto c = make_chan<empty_but_counted>(2);
    c.send({});
    c.send({});
    (void)c.recv();
  }
  EXPECT_EQ(empty_but_counted::live, 0);
}

template <std::size_t Align, bool UserMove>
struct alignas(Align) aligned {
  int n;
  const void* born = this;
  explicit aligned(int v) : n(v) { check(); }
  aligned(const aligned& o) requires(!UserMove) = default;
  aligned(aligned&& o) requires UserMove : n(o.n) { check(); }
  void check() const { EXPECT_EQ(reinterpret_cast<std::uintptr_t>(this) % Align, 0u); }
};

template <typename T>
void send_some_aligned() {
  for (const std::size_t capacity : {0u, 1u, 3u}) {
    auto c = make_chan<T>(capacity);
    workers w;
    w.go([c] {
      for (int i = 0; i < 20; ++i) c.send(T(i));
      c.close();
    });
    int expected = 0;
    for (T& v : c) {
      v.check();
      EXPECT_EQ(v.n, expected++);
    }
    EXPECT_EQ(expected, 20);
  }
}

TEST(chan_types, over_aligned) {
  send_some_aligned<aligned<64, false>>();
  send_some_aligned<aligned<64, true>>();
  send_some_aligned<aligned<256, false>>();
  send_some_aligned<aligned<256, true>>();
}

struct with_const_member {
  const int n;
};

TEST(chan_types, neither_default_constructible_nor_assignable) {
  auto c = make_chan<with_const_member>(1);
  c.send({5});
  EXPECT_EQ(c.recv()->n, 5);
}

TEST(chan_types, channel_of_channels) {
  auto requests = make_chan<chan<int>>();
  workers w;
  w.go([requests] {
    for (chan<int>& reply : requests) reply.send(42);
  });
  auto reply = make_chan<int>();
  requests.send(reply);
  EXPECT_EQ(reply.recv(), 42);
  requests.close();
}

struct request {
  int n;
  chan<request> reply;  // of a type that is incomplete here
};

TEST(chan_types, a_value_with_a_channel_of_its_own_type) {
  auto c = make_chan<request>();
  workers w;
  w.go([c] {
    auto r = c.recv();
    r->reply.send({r->n + 1, nullptr});
  });
  auto reply = make_chan<request>();
  c.send({1, reply});
  EXPECT_EQ(reply.recv()->n, 2);
}

TEST(chan_types, references_by_wrapper) {
  int n = 0;
  auto c = make_chan<std::reference_wrapper<int>>(1);
  c.send(n);
  c.recv()->get() = 7;
  EXPECT_EQ(n, 7);
}

TEST(chan_void, events) {
  auto c = make_chan<void>(2);
  c.send();
  EXPECT_TRUE(c.try_send());
  EXPECT_FALSE(c.try_send());
  EXPECT_FALSE(c.send_for(std::chrono::milliseconds(1)));
  EXPECT_FALSE(c.send_until(std::chrono::steady_clock::now()));
  EXPECT_TRUE(c.recv());
  EXPECT_TRUE(c.try_recv());
  recv_status status = recv_status::ok;
  EXPECT_FALSE(c.try_recv(status));
  EXPECT_EQ(status, recv_status::empty);
  EXPECT_FALSE(c.recv_for(std::chrono::milliseconds(1), status));
  EXPECT_EQ(status, recv_status::empty);
  EXPECT_FALSE(c.recv_until(std::chrono::system_clock::now()));
  c.close();
  EXPECT_FALSE(c.recv());
  EXPECT_FALSE(c.recv_for(std::chrono::hours(1), status));
  EXPECT_EQ(status, recv_status::closed);
  EXPECT_THROW(c.send(), panic_error);
  EXPECT_THROW(c.close(), panic_error);
}

// --- ranges --------------------------------------------------------------------------------------

chan<int> numbers(int n) {
  auto c = make_chan<int>(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) c.send(i);
  return c;
}

template <typename Range>
std::vector<int> all_of(Range&& range) {
  std::vector<int> v;
  for (const int n : range) v.push_back(n);
  return v;
}

TEST(chan_range, until_closed_and_drained) {
  auto c = numbers(3);
  c.close();
  EXPECT_THAT(all_of(c), ElementsAre(0, 1, 2));
  EXPECT_THAT(all_of(c), ElementsAre());
}

#ifndef __clang__  // Clang 14 does not compile libstdc++'s views
TEST(chan_range, take_takes_no_more) {
  auto c = numbers(5);
  EXPECT_THAT(all_of(c | std::views::take(3)), ElementsAre(0, 1, 2));
  EXPECT_EQ(c.len(), 2u);
  EXPECT_EQ(c.recv(), 3);
}

TEST(chan_range, views_compose) {
  auto c = numbers(10);
  c.close();
  auto odd = c | std::views::filter([](int n) { return n % 2 == 1; }) |
             std::views::transform([](int n) { return n * n; });
  EXPECT_THAT(all_of(odd), ElementsAre(1, 9, 25, 49, 81));
}

TEST(chan_range, drop_passes_over_values_that_nobody_looks_at) {
  auto c = numbers(5);
  c.close();
  EXPECT_THAT(all_of(c | std::views::drop(2)), ElementsAre(2, 3, 4));
}
#endif

TEST(chan_range, an_increment_receives_nothing) {
  auto c = numbers(3);
  auto it = c.begin();
  EXPECT_EQ(c.len(), 3u);
  EXPECT_EQ(*it, 0);
  EXPECT_EQ(*it, 0);
  ++it;
  EXPECT_EQ(c.len(), 2u);
  ++it;  // passes over 1, in time
  EXPECT_EQ(c.len(), 2u);
  EXPECT_EQ(*it, 2);
  EXPECT_EQ(c.len(), 0u);
}

TEST(chan_range, values_can_be_moved_out) {
  auto c = make_chan<std::unique_ptr<int>>(1);
  c.send(std::make_unique<int>(4));
  c.close();
  std::unique_ptr<int> kept;
  for (auto& p : c) kept = std::move(p);
  EXPECT_EQ(*kept, 4);
}

// --- moves are counted --------------------------------------------------------------------------

struct move_counter {
  int moves = 0;
  move_counter() = default;
  move_counter(move_counter&& o) : moves(o.moves + 1) {}
};

TEST(chan_types, a_hand_off_is_one_move_and_a_buffered_transfer_two) {
  auto direct = make_chan<move_counter>();
  workers w;
  w.go([direct] { direct.send({}); });
  EXPECT_EQ(direct.recv()->moves, 1);
  auto buffered = make_chan<move_counter>(1);
  buffered.send({});
  EXPECT_EQ(buffered.recv()->moves, 2);
}

}  // namespace
}  // namespace gander
