// SPDX-License-Identifier: Apache-2.0
//
// Small programs made of goroutines and channels alone, as Go's own tests have them.
#include <gander/go.h>
#include <gander/run.h>
#include <gander/select.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <vector>

namespace gander {
namespace {

using ::testing::ElementsAre;

// Goroutines that are left when a run ends are not unwound, and keep their channels: a leak.
template <typename F>
void run_to_the_end(F body) {
  run([&] {
    body();
    while (num_goroutine() > 1) yield();
  });
}

// --- the sieve of Eratosthenes: a chain of filters that grows with every prime ---

recv_chan<int> without_multiples_of(int prime, recv_chan<int> in) {
  auto out = make_chan<int>();
  go([prime, in, out] {
    for (const int n : in) {
      if (n % prime != 0) out.send(n);
    }
    out.close();
  });
  return out;
}

TEST(chan_programs, sieve) {
  std::vector<int> primes;
  run_to_the_end([&] {
    auto numbers = make_chan<int>();
    go([numbers] {
      for (int n = 2; n < 2000; ++n) numbers.send(n);
      numbers.close();
    });
    recv_chan<int> left = numbers;
    while (const auto prime = left.recv()) {
      primes.push_back(*prime);
      left = without_multiples_of(*prime, left);
    }
  });
  ASSERT_EQ(primes.size(), 303u);
  EXPECT_EQ(primes.back(), 1999);
  EXPECT_EQ(std::accumulate(primes.begin(), primes.end(), 0), 277050);
}

// --- a chain of goroutines keeps the order -----------------------------------

TEST(chan_programs, a_value_passes_ten_thousand_goroutines) {
  run_to_the_end([] {
    auto first = make_chan<int>();
    recv_chan<int> in = first;
    for (int i = 0; i < 10000; ++i) {
      auto out = make_chan<int>();
      go([in, out] {
        while (const auto n = in.recv()) out.send(*n + 1);
        out.close();
      });
      in = out;
    }
    first.send(5);
    EXPECT_EQ(in.recv(), 10005);
    first.close();
    EXPECT_EQ(in.recv(), std::nullopt);
  });
}

// Each goroutine prints only when the one before it has: channels as locks handed on.
TEST(chan_programs, turns_are_taken_in_order) {
  for (const std::size_t capacity : {0u, 1u}) {
    std::vector<int> order;
    run_to_the_end([&] {
      auto turn = make_chan<void>(capacity);
      const auto first = turn;
      for (int i = 0; i < 100; ++i) {
        auto next = make_chan<void>(capacity);
        go([i, turn, next, &order] {
          turn.recv();
          order.push_back(i);
          next.send();
        });
        turn = next;
      }
      first.send();
      turn.recv();
    });
    std::vector<int> expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected);
  }
}

// --- power series, one goroutine per operation, coefficients made on demand ---

// A series answers each request for a coefficient with the next one, for ever.
struct series {
  chan<void> request = make_chan<void>();
  chan<long> coefficient = make_chan<long>();

  long next() const {
    request.send();
    return *coefficient.recv();
  }
  // The goroutine's end: waits until it is asked, false when nobody will ask any more.
  bool asked() const { return request.recv(); }
  void end() const { request.close(); }
};

template <typename F>
series make_series(F body) {
  series s;
  go([s, body]() mutable { body(s); });
  return s;
}

series constant_ones() {
  return make_series([](const series& out) {
    while (out.asked()) out.coefficient.send(1);
  });
}

// Two copies of one series: whichever runs ahead keeps what it has seen for the other.
std::pair<series, series> split(series in) {
  series a, b;
  go([in, a, b] {
    std::vector<long> seen;
    std::size_t at_a = 0, at_b = 0;
    const auto give = [&](std::size_t& at, const series& out) {
      if (at == seen.size()) seen.push_back(in.next());
      out.coefficient.send(seen[at++]);
    };
    for (bool a_on = true, b_on = true; a_on || b_on;) {
      const chan<void> from_a = a_on ? a.request : nullptr;
      const chan<void> from_b = b_on ? b.request : nullptr;
      select(on_recv(from_a,
                     [&](bool ok) {
                       if (ok) give(at_a, a);
                       a_on = ok;
                     }),
             on_recv(from_b, [&](bool ok) {
               if (ok) give(at_b, b);
               b_on = ok;
             }));
    }
    in.end();
  });
  return {a, b};
}

series sum(series f, series g) {
  return make_series([f, g](const series& out) {
    while (out.asked()) out.coefficient.send(f.next() + g.next());
    f.end();
    g.end();
  });
}

series scaled(long c, series f) {
  return make_series([c, f](const series& out) {
    while (out.asked()) out.coefficient.send(c * f.next());
    f.end();
  });
}

// F·G = f0·g0 + x·(f0·G' + g0·F' + x·F'·G'), where F = f0 + x·F'.
series product(series f, series g) {
  return make_series([f, g](const series& out) {
    if (!out.asked()) {
      f.end();
      g.end();
      return;
    }
    const long f0 = f.next(), g0 = g.next();
    out.coefficient.send(f0 * g0);
    if (!out.asked()) {
      f.end();
      g.end();
      return;
    }
    const auto [f1, f2] = split(f);
    const auto [g1, g2] = split(g);
    const series linear = sum(scaled(f0, g1), scaled(g0, f1));
    out.coefficient.send(linear.next());
    const series rest = product(f2, g2);
    while (out.asked()) out.coefficient.send(linear.next() + rest.next());
    linear.end();
    rest.end();
  });
}

std::vector<long> first(int n, const series& s) {
  std::vector<long> v;
  for (int i = 0; i < n; ++i) v.push_back(s.next());
  s.end();
  return v;
}

TEST(chan_programs, power_series) {
  run_to_the_end([] {
    // 1/(1-x)² = Σ (n+1) xⁿ, and 1/(1-x)³ = Σ (n+1)(n+2)/2 xⁿ
    EXPECT_THAT(first(8, product(constant_ones(), constant_ones())),
                ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_THAT(first(6, product(constant_ones(), product(constant_ones(), constant_ones()))),
                ElementsAre(1, 3, 6, 10, 15, 21));
    EXPECT_THAT(first(3, sum(constant_ones(), scaled(41, constant_ones()))),
                ElementsAre(42, 42, 42));
  });
}

// --- merging, fan-out and fan-in ---------------------------------------------

TEST(chan_programs, fan_out_and_in) {
  long total = 0;
  run_to_the_end([&] {
    auto jobs = make_chan<int>(10);
    auto results = make_chan<long>();
    auto done = make_chan<void>();
    for (int i = 0; i < 50; ++i) {
      go([=] {
        for (const int n : jobs) results.send(long{n} * n);
        done.send();
      });
    }
    go([=] {
      for (int n = 1; n <= 1000; ++n) jobs.send(n);
      jobs.close();
    });
    for (int left = 50; left > 0;) {
      select(on_recv(results, [&](std::optional<long> r) { total += *r; }),
             on_recv(done, [&] { --left; }));
    }
  });
  EXPECT_EQ(total, 333833500);
}

// --- what waits for ever -----------------------------------------------------

struct for_ever : ::testing::Test {
  for_ever() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

template <typename F>
void deadlocks(F body) {
  EXPECT_EXIT(run(body), ::testing::ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

TEST_F(for_ever, receive_from_nil) {
  deadlocks([] { (void)chan<int>().recv(); });
}
TEST_F(for_ever, send_to_nil) {
  deadlocks([] { chan<int>().send(1); });
}
TEST_F(for_ever, empty_select) {
  deadlocks([] { select(); });
}
TEST_F(for_ever, select_of_nil) {
  deadlocks([] { select(on_recv(chan<int>()), on_send(chan<int>(), 1)); });
}
TEST_F(for_ever, nobody_sends) {
  deadlocks([] { (void)make_chan<int>().recv(); });
}
TEST_F(for_ever, nobody_receives) {
  deadlocks([] { make_chan<int>().send(1); });
}
TEST_F(for_ever, a_full_channel) {
  deadlocks([] {
    auto c = make_chan<int>(1);
    c.send(1);
    c.send(2);
  });
}
TEST_F(for_ever, a_range_over_an_open_channel) {
  deadlocks([] {
    auto c = make_chan<int>(1);
    c.send(1);
    for ([[maybe_unused]] int n : c) {
    }
  });
}

}  // namespace
}  // namespace gander
