// SPDX-License-Identifier: Apache-2.0
//
// go and spawn: what may be started, with which arguments, and what becomes of results.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/tracked.h"

namespace gander::testing {
namespace {

TEST(spawn, gives_results_of_any_kind) {
  run([] {
    EXPECT_EQ(spawn([] { return 42; }).join(), 42);
    EXPECT_EQ(spawn([](int a, int b) { return a + b; }, 2, 3).join(), 5);
    EXPECT_EQ(spawn([] { return std::string(1000, 'x'); }).join().size(), 1000U);
    EXPECT_EQ(*spawn([] { return std::make_unique<int>(7); }).join(), 7);
    static_assert(std::is_void_v<decltype(spawn([] {}).join())>);
    spawn([] {}).join();
  });
}

TEST(spawn, gives_references_as_references) {
  run([] {
    int number = 1;
    auto joined = spawn([&number]() -> int& { return number; });
    int& same = joined.join();
    EXPECT_EQ(&same, &number);
    std::string text = "moved";
    std::string&& expiring = spawn([&text]() -> std::string&& { return std::move(text); }).join();
    EXPECT_EQ(&expiring, &text);
  });
}

TEST(spawn, results_need_neither_default_constructor_nor_copy) {
  struct rigid {
    explicit rigid(int n) : number(n) {}
    rigid(rigid&&) = default;
    rigid& operator=(rigid&&) = delete;
    int number;
  };
  run([] { EXPECT_EQ(spawn([] { return rigid(3); }).join().number, 3); });
}

TEST(spawn, rethrows_what_left_the_goroutine) {
  run([] {
    struct own {
      int number;
    };
    try {
      spawn([]() -> int { throw own{5}; }).join();
      ADD_FAILURE() << "nothing thrown";
    } catch (const own& caught) {
      EXPECT_EQ(caught.number, 5);
    }
    EXPECT_THROW(spawn([] { panic("text"); }).join(), panic_error);
  });
}

TEST(spawn, a_dropped_handle_leaves_the_goroutine_running) {
  run([] {
    const auto token = std::make_shared<int>(0);
    const auto release = make_chan<void>();
    static_cast<void>(spawn([token, release] {
      release.recv();
      return token;
    }));
    static_cast<void>(spawn([token]() -> int { throw std::runtime_error("nobody asks"); }));
    EXPECT_GT(token.use_count(), 1);
    release.send();
    while (token.use_count() != 1) yield();
  });
}

TEST(spawn, a_handle_joins_once) {
  run([] {
    auto joined = spawn([] { return 1; });
    EXPECT_TRUE(joined.valid());
    EXPECT_EQ(joined.join(), 1);
    EXPECT_FALSE(joined.valid());
    EXPECT_THROW(joined.join(), panic_error);
    handle<int> empty;
    EXPECT_FALSE(empty.done());
    EXPECT_THROW(empty.join(), panic_error);
    auto threw = spawn([]() -> int { throw 1; });
    EXPECT_THROW(threw.join(), int);
    EXPECT_THROW(threw.join(), panic_error);
  });
}

TEST(spawn, join_waits_for_the_end_of_what_the_goroutine_was_given) {
  run([] {
    bool function_gone = false, argument_gone = false;
    spawn([held = slow_to_go(function_gone)](const slow_to_go&) {}, slow_to_go(argument_gone))
        .join();
    EXPECT_TRUE(function_gone);
    EXPECT_TRUE(argument_gone);
  });
}

TEST(spawn, handles_move) {
  run([] {
    auto one = spawn([] { return 1; });
    auto two = spawn([] { return 2; });
    handle<int> moved = std::move(one);
    EXPECT_FALSE(one.valid());
    one = std::move(two);
    std::vector<handle<int>> all;
    all.push_back(std::move(moved));
    all.push_back(std::move(one));
    EXPECT_EQ(all[0].join() + all[1].join(), 3);
  });
}

TEST(spawn, joins_from_many_goroutines_and_threads) {
  run({.gomaxprocs = 4}, [] {
    std::vector<handle<int>> all;
    for (int i = 0; i < 1000; ++i)
      all.push_back(spawn([i] {
        return spawn([i] {
                 if (i % 3 == 0) yield();
                 return i;
               })
            .join();
      }));
    int sum = 0;
    for (auto& h : all) sum += h.join();
    EXPECT_EQ(sum, 999 * 1000 / 2);
  });
}

TEST(go, moves_what_it_is_given) {
  run([] {
    const auto done = make_chan<int>();
    auto owned = std::make_unique<int>(5);
    go([done](std::unique_ptr<int> got,
              std::string text) { done.send(*got + static_cast<int>(text.size())); },
       std::move(owned), "four");
    EXPECT_EQ(done.recv(), 9);
    EXPECT_EQ(owned, nullptr);
    go([done, inside = std::make_unique<int>(6)] { done.send(*inside); });
    EXPECT_EQ(done.recv(), 6);
  });
}

TEST(go, takes_function_pointers_and_members) {
  static std::atomic<int> calls;
  calls = 0;
  struct counter {
    void add(int n) const { calls += n; }
  };
  run([] {
    spawn(+[] { ++calls; }).join();
    const counter c;
    spawn(&counter::add, &c, 5).join();
    while (num_goroutine() != 1) yield();
  });
  EXPECT_EQ(calls, 6);
}

TEST(go, copies_that_throw_start_nothing_and_leave_nothing) {
  struct fragile {
    std::shared_ptr<int> token;
    explicit fragile(std::shared_ptr<int> t) : token(std::move(t)) {}
    fragile(const fragile& other) : token(other.token) { throw std::runtime_error("no copies"); }
    void operator()() const { std::abort(); }
  };
  run([] {
    const auto token = std::make_shared<int>(0);
    const fragile f(token);
    for (int i = 0; i < 1000; ++i) {
      EXPECT_THROW(go(f), std::runtime_error);
      EXPECT_THROW(go([](const fragile&) {}, f), std::runtime_error);
      EXPECT_THROW(static_cast<void>(spawn(f)), std::runtime_error);
    }
    EXPECT_EQ(token.use_count(), 2);
    EXPECT_EQ(num_goroutine(), 1U);
    EXPECT_EQ(spawn([] { return 1; }).join(), 1);
  });
}

template <std::size_t Alignment>
struct alignas(Alignment) aligned {
  unsigned char bytes[Alignment];
  bool holds() const { return reinterpret_cast<std::uintptr_t>(this) % Alignment == 0; }
};

TEST(go, closures_and_arguments_may_be_over_aligned) {
  run([] {
    const auto results = make_chan<bool>();
    for (int i = 0; i < 40; ++i) {  // stacks of several colours
      go([results, a = aligned<64>{}] { results.send(a.holds()); });
      go([results](const aligned<64>& a) { results.send(a.holds()); }, aligned<64>{});
      go([results, a = aligned<1024>{}] { results.send(a.holds()); });
      go([results, a = aligned<128>{}, large = std::array<char, 64 * 1024>{}] {
        results.send(a.holds() && large[0] == 0);
      });
    }
    for (int i = 0; i < 160; ++i) EXPECT_EQ(results.recv(), true);
    auto joined = spawn([] { return aligned<64>{}; });
    EXPECT_TRUE(joined.join().holds());
  });
}

TEST(go, closures_and_arguments_may_be_large) {
  using block = std::array<unsigned char, 64 * 1024>;
  run([] {
    auto made = std::make_unique<block>();
    for (std::size_t i = 0; i < made->size(); ++i) (*made)[i] = static_cast<unsigned char>(i % 251);
    const auto sums = make_chan<long>();
    const auto sum = [sums](const block& b) {
      long total = 0;
      for (const unsigned char byte : b) total += byte;
      sums.send(total);
    };
    long expected = 0;
    for (const unsigned char byte : *made) expected += byte;
    for (int i = 0; i < 20; ++i) {
      go([sum, copy = *made] { sum(copy); });
      go(sum, *made);
      // Nearly as large as what still lies on the stack, beside a frame of the usual size.
      go([sums, part = std::array<char, 15 * 1024>{}] { sums.send(part[5]); });
    }
    long total = 0;
    for (int i = 0; i < 60; ++i) total += *sums.recv();
    EXPECT_EQ(total, 40 * expected);
    go({.stack_size = 16 * 1024},
       [sums, part = std::array<char, 15 * 1024>{}] { sums.send(part[7]); });
    EXPECT_EQ(sums.recv(), 0);
  });
}

// The closure is destroyed on its goroutine, where destructors may do anything.
TEST(go, destroys_closures_on_their_goroutine) {
  struct parks_when_destroyed {
    chan<std::uint64_t> out;
    explicit parks_when_destroyed(chan<std::uint64_t> c) : out(std::move(c)) {}
    parks_when_destroyed(parks_when_destroyed&& other) noexcept
        : out(std::exchange(other.out, {})) {}
    ~parks_when_destroyed() {
      if (out) out.send(goid());
    }
  };
  run({.gomaxprocs = 2}, [] {
    const auto ids = make_chan<std::uint64_t>();
    const auto own = make_chan<std::uint64_t>();
    for (int i = 0; i < 50; ++i) {
      go([own, held = parks_when_destroyed(ids)] { own.send(goid()); });
      const auto body = own.recv();
      EXPECT_EQ(ids.recv(), body);
    }
  });
}

}  // namespace
}  // namespace gander::testing
