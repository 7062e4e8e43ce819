// SPDX-License-Identifier: Apache-2.0
#include <gander/select.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "support/panic_text.h"
#include "support/tracked.h"
#include "support/workers.h"

namespace gander {
namespace {

using testing::panic_text;
using testing::tracked;
using testing::workers;

// True when the case can go on at once, which it then does.
template <typename Case>
bool goes_on(Case&& c) {
  return select(std::forward<Case>(c), on_default()) == 0;
}

// --- what blocks -------------------------------------------------------------

template <typename T>
struct blocking : ::testing::Test {
  static T make() { return T(1); }

  // The same question to all the ways to ask it. A send or receive that goes on changes the
  // channel, so each starts from a new one.
  template <typename Make>
  static void expect(bool send_goes_on, bool recv_goes_on, Make&& channel) {
    const auto moment = std::chrono::milliseconds(1);
    EXPECT_EQ(goes_on(on_send(channel(), make())), send_goes_on);
    EXPECT_EQ(channel().try_send(make()), send_goes_on);
    EXPECT_EQ(channel().send_for(make(), moment), send_goes_on);
    EXPECT_EQ(goes_on(on_recv(channel())), recv_goes_on);
    recv_status status;
    (void)channel().try_recv(status);
    EXPECT_EQ(status != recv_status::empty, recv_goes_on);
    (void)channel().recv_for(moment, status);
    EXPECT_EQ(status != recv_status::empty, recv_goes_on);
    // Beside cases that never can, and in the middle of them.
    const chan<T> nil;
    EXPECT_EQ(select(on_recv(nil), on_recv(channel()), on_send(nil, make()), on_default()),
              recv_goes_on ? 1u : 3u);
    if (recv_goes_on) (void)channel().recv();
    if (recv_goes_on) select(on_recv(nil), on_recv(channel()));
    if (send_goes_on) channel().send(make());
    if (send_goes_on) select(on_send(channel(), make()), on_recv(nil));
  }
};
using travelers = ::testing::Types<int, std::string, tracked>;
template <>
std::string blocking<std::string>::make() {
  return "one";
}
TYPED_TEST_SUITE(blocking, travelers);

TYPED_TEST(blocking, nil) {
  this->expect(false, false, [] { return chan<TypeParam>(); });
}
TYPED_TEST(blocking, unbuffered) {
  this->expect(false, false, [] { return make_chan<TypeParam>(); });
}
TYPED_TEST(blocking, buffered_and_empty) {
  this->expect(true, false, [] { return make_chan<TypeParam>(3); });
}
TYPED_TEST(blocking, buffered_and_full) {
  this->expect(false, true, [this] {
    auto c = make_chan<TypeParam>(2);
    c.send(this->make());
    c.send(this->make());
    return c;
  });
}
TYPED_TEST(blocking, buffered_and_neither) {
  this->expect(true, true, [this] {
    auto c = make_chan<TypeParam>(2);
    c.send(this->make());
    return c;
  });
}
TYPED_TEST(blocking, closed) {
  for (const std::size_t capacity : {0u, 2u}) {
    auto c = make_chan<TypeParam>(capacity);
    c.close();
    EXPECT_TRUE(goes_on(on_recv(c, [](std::optional<TypeParam> v) { EXPECT_FALSE(v); })));
    EXPECT_EQ(select(on_recv(c)), 0u);
    const auto sends = [&] { select(on_send(c, this->make())); };
    EXPECT_EQ(panic_text(sends), "send on closed channel");
    const auto polls = [&] { select(on_send(c, this->make()), on_default()); };
    EXPECT_EQ(panic_text(polls), "send on closed channel");
  }
}

// --- one case or the other ---------------------------------------------------

TEST(select, gives_the_index_and_runs_that_callback_alone) {
  auto a = make_chan<int>(1);
  auto b = make_chan<std::string>(1);
  b.send("here");
  std::string got;
  const auto never = [](auto&&...) { ADD_FAILURE(); };
  EXPECT_EQ(select(on_recv(a, never), on_recv(b, [&](std::optional<std::string> s) { got = *s; })),
            1u);
  EXPECT_EQ(got, "here");
  bool sent = false;
  EXPECT_EQ(select(on_recv(b, never), on_send(a, 4, [&] { sent = true; }), on_default(never)), 1u);
  EXPECT_TRUE(sent);
  EXPECT_EQ(a.recv(), 4);
  bool by_default = false;
  EXPECT_EQ(select(on_default([&] { by_default = true; }), on_recv(a, never)), 0u);
  EXPECT_TRUE(by_default);
}

TEST(select, stores_what_comes) {
  auto c = make_chan<std::string>(2);
  auto quit = make_chan<void>(1);
  std::optional<std::string> word = "before";
  bool ok = false;
  EXPECT_EQ(select(on_recv(c, word), on_default()), 1u);
  EXPECT_EQ(word, "before");
  c.send("one");
  EXPECT_EQ(select(on_recv(c, word), on_recv(quit, ok)), 0u);
  EXPECT_EQ(word, "one");
  quit.send();
  EXPECT_EQ(select(on_recv(c, word), on_recv(quit, ok)), 1u);
  EXPECT_TRUE(ok);
  EXPECT_EQ(word, "one");
  quit.close();
  EXPECT_EQ(select(on_recv(c, word), on_recv(quit, ok)), 1u);
  EXPECT_FALSE(ok);
  c.close();
  EXPECT_EQ(select(on_recv(c, word)), 0u);
  EXPECT_EQ(word, std::nullopt);
}

TEST(select, moves_a_value_only_when_its_case_is_chosen) {
  auto full = make_chan<std::unique_ptr<int>>();
  auto buffered = make_chan<tracked>(1);
  auto p = std::make_unique<int>(1);
  tracked t(2);
  EXPECT_EQ(select(on_send(full, p), on_default()), 1u);
  EXPECT_EQ(select(on_send(full, std::move(p), [] {}), on_default()), 1u);
  EXPECT_EQ(*p, 1);
  EXPECT_EQ(select(on_send(full, p), on_send(buffered, t)), 1u);
  EXPECT_EQ(*p, 1);
  EXPECT_EQ(t.value, tracked::moved_from);
  // An lvalue with a callback is copied, when the case is made.
  auto words = make_chan<std::string>(1);
  std::string word = "a word that does not fit into the string";
  EXPECT_EQ(select(on_send(words, word, [] {})), 0u);
  EXPECT_EQ(word, words.recv());
}

TEST(select, a_callback_s_exception_leaves_it_after_the_commit) {
  auto c = make_chan<int>(1);
  c.send(1);
  EXPECT_THROW(select(on_recv(c, [](std::optional<int>) { throw 7; })), int);
  EXPECT_EQ(c.len(), 0u);
  EXPECT_THROW(select(on_send(c, 1, [] { throw 7; })), int);
  EXPECT_EQ(c.len(), 1u);
  EXPECT_THROW(select(on_default([] { throw 7; })), int);
}

TEST(select, never_pairs_with_itself) {
  auto c = make_chan<int>();
  int v = 1;
  EXPECT_EQ(select(on_send(c, v), on_recv(c), on_send(c, v), on_default()), 3u);
}

TYPED_TEST(blocking, two_selects_pair_through_one_channel_in_all_cases) {
  auto c = make_chan<TypeParam>();
  std::atomic<int> sent{0}, received{0};
  {
    workers w;
    for (int i = 0; i < 2; ++i) {
      w.go([&] {
        for (int n = 0; n < 500; ++n) {
          select(on_send(c, this->make(), [&] { ++sent; }),
                 on_recv(c, [&](auto v) { received += v.has_value(); }),
                 on_recv(c, [&](auto v) { received += v.has_value(); }),
                 on_send(c, this->make(), [&] { ++sent; }));
        }
      });
    }
  }
  EXPECT_EQ(sent, 500);
  EXPECT_EQ(received, 500);
}

TYPED_TEST(blocking, closing_wakes_a_select) {
  for (const std::size_t capacity : {0u, 1u}) {
    auto c = make_chan<TypeParam>(capacity);
    auto full = make_chan<TypeParam>(capacity);
    if (capacity > 0) full.send(this->make());
    auto started = make_chan<void>(2);
    workers w;
    w.go([&] {
      started.send();
      std::optional<TypeParam> v = this->make();
      EXPECT_EQ(select(on_recv(c, v), on_recv(chan<int>())), 0u);
      EXPECT_FALSE(v);
    });
    w.go([&] {
      TypeParam v = this->make();
      started.send();
      EXPECT_EQ(panic_text([&] { select(on_recv(chan<int>()), on_send(full, v)); }),
                "send on closed channel");
    });
    started.recv();
    started.recv();
    c.close();
    full.close();
  }
}

// --- fairness ----------------------------------------------------------------

// Pearson's statistic of `counts` against the uniform distribution.
double chi_square(const std::vector<int>& counts) {
  double total = 0, sum = 0;
  for (const int n : counts) total += n;
  const double expected = total / static_cast<double>(counts.size());
  for (const int n : counts) sum += (n - expected) * (n - expected) / expected;
  return sum;
}

TEST(select, is_uniform_among_the_ready) {
  constexpr int rounds = 20000;
  std::vector<int> counts(5);
  std::array<chan<int>, 5> c;
  for (auto& one : c) one = make_chan<int>(1);
  const chan<int> nil;
  const auto blocked = make_chan<int>();
  for (const auto& one : c) one.send(0);
  for (int i = 0; i < rounds; ++i) {
    std::size_t chosen = 0;
    const auto take = [&](std::size_t n) {
      return [&chosen, n](std::optional<int>) { chosen = n; };
    };
    select(on_recv(c[0], take(0)), on_recv(nil), on_recv(c[1], take(1)), on_recv(blocked),
           on_recv(c[2], take(2)), on_recv(c[3], take(3)), on_recv(c[4], take(4)),
           on_recv(blocked));
    ++counts[chosen];
    c[chosen].send(0);
  }
  // Four degrees of freedom: above 44 once in 10^8 runs.
  EXPECT_LT(chi_square(counts), 44);
}

TEST(select, is_uniform_among_senders_and_receivers) {
  auto c = make_chan<int>(2);
  c.send(0);  // half full, so both can go on, for ever
  std::vector<int> counts(2);
  for (int i = 0; i < 20000; ++i) {
    const std::size_t chosen = select(on_send(c, 1), on_recv(c));
    ++counts[chosen];
    if (chosen == 0)
      (void)c.recv();
    else
      c.send(0);
  }
  EXPECT_LT(chi_square(counts), 33);  // one degree of freedom: once in 10^8
}

// --- any number of cases -----------------------------------------------------

TEST(select_span, picks_as_the_other_form_does) {
  for (const std::size_t n : {1u, 2u, 16u, 17u, 100u}) {
    std::vector<chan<int>> channels(n);
    std::vector<select_case> cases;
    std::vector<int> got(n, -1);
    for (std::size_t i = 0; i < n; ++i) {
      channels[i] = make_chan<int>(1);
      cases.emplace_back(on_recv(channels[i], [&got, i](std::optional<int> v) { got[i] = *v; }));
    }
    for (std::size_t i = 0; i < n; ++i) {
      channels[i].send(static_cast<int>(i));
      EXPECT_EQ(select(cases), i);
      EXPECT_EQ(got[i], static_cast<int>(i));
    }
    bool waited = false;
    cases.emplace_back(on_default([&] { waited = true; }));
    EXPECT_EQ(select(cases), n);
    EXPECT_TRUE(waited);
    cases.emplace_back(on_default());
    EXPECT_EQ(panic_text([&] { select(cases); }), "select: multiple default cases");
  }
}

TEST(select_span, owns_what_it_was_given) {
  const testing::no_leaks leaks;
  {
    std::vector<select_case> cases;
    auto c = make_chan<tracked>(1);
    cases.emplace_back(
        on_send(c, tracked(5), [name = std::string("kept")] { EXPECT_EQ(name, "kept"); }));
    const recv_chan<tracked> in = c;
    c = nullptr;
    EXPECT_EQ(select(cases), 0u);
    EXPECT_EQ(in.recv()->value, 5);
    auto again = std::move(cases);
    again.emplace_back(on_recv(make_chan<int>()));
    again.emplace_back(on_default());
    EXPECT_EQ(select(again), 0u);  // sends the same case again, by now with a value moved from
  }
  EXPECT_EQ(leaks.left(), 0);
}

TEST(select_span, a_case_moved_from_is_never_ready) {
  auto c = make_chan<int>(1);
  c.send(1);
  std::vector<select_case> cases;
  cases.emplace_back(on_recv(c));
  cases.emplace_back(on_default());
  const select_case gone = std::move(cases[0]);
  EXPECT_EQ(select(cases), 1u);
}

TEST(select_span, waits_on_many) {
  std::vector<chan<tracked>> channels(40);
  std::vector<select_case> cases;
  int sum = 0;
  for (auto& c : channels) {
    c = make_chan<tracked>();
    cases.emplace_back(on_recv(c, [&](std::optional<tracked> v) { sum += v ? v->value : 0; }));
  }
  workers w;
  w.go([&] {
    for (auto& c : channels) c.send(tracked(1));
  });
  for (int i = 0; i < 40; ++i) EXPECT_EQ(select(cases), static_cast<std::size_t>(i));
  EXPECT_EQ(sum, 40);
}

}  // namespace
}  // namespace gander
