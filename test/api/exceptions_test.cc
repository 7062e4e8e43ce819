// SPDX-License-Identifier: Apache-2.0
//
// C++ exceptions in goroutines that park while one is in flight, and goexit's unwinding.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/build.h"

namespace gander::testing {
namespace {

struct numbered {
  int number;
};

class exceptions : public ::testing::TestWithParam<int> {
 protected:
  template <typename F>
  static void in_run(F body) {
    run({.gomaxprocs = GetParam()}, std::move(body));
  }
};
INSTANTIATE_TEST_SUITE_P(, exceptions, ::testing::Values(1, 2, 8),
                         [](const auto& value) { return "procs_" + std::to_string(value.param); });

TEST_P(exceptions, two_that_park_inside_catch_rethrow_their_own) {
  in_run([] {
    const auto first_parked = make_chan<void>();
    const auto second_parked = make_chan<void>();
    const auto body = [=](int number, const chan<void>& here, const chan<void>& there) {
      try {
        try {
          throw numbered{number};
        } catch (...) {
          number == 1 ? here.send() : static_cast<void>(there.recv());
          number == 1 ? static_cast<void>(there.recv()) : here.send();
          throw;
        }
      } catch (const numbered& caught) {
        return caught.number;
      }
    };
    auto one = spawn(body, 1, first_parked, second_parked);
    auto two = spawn(body, 2, second_parked, first_parked);
    EXPECT_EQ(one.join(), 1);
    EXPECT_EQ(two.join(), 2);
  });
}

// Three exceptions in flight at a time in each goroutine, parked between any two steps.
int rethrow_at_every_depth(int number, int depth) {
  try {
    throw numbered{number * 10 + depth};
  } catch (const numbered& outer) {
    yield();
    if (depth < 3) {
      EXPECT_EQ(rethrow_at_every_depth(number, depth + 1), number * 10 + depth + 1);
    }
    yield();
    try {
      throw;
    } catch (const numbered& again) {
      EXPECT_EQ(&again, &outer);
      yield();
      return again.number;
    }
  }
}

TEST_P(exceptions, a_crowd_rethrows_at_every_depth) {
  in_run([] {
    constexpr int crowd = 200;
    wait_group all;
    all.add(crowd);
    for (int i = 0; i < crowd; ++i)
      go([i, &all] {
        for (int round = 0; round < scaled(20, 5, 2); ++round)
          EXPECT_EQ(rethrow_at_every_depth(i, 1), i * 10 + 1);
        all.done();
      });
    all.wait();
  });
}

// uncaught_exceptions() counts those of the goroutine, not those of the thread.
struct yields_when_destroyed {
  int expected;
  ~yields_when_destroyed() {
    EXPECT_EQ(std::uncaught_exceptions(), expected);
    yield();
    EXPECT_EQ(std::uncaught_exceptions(), expected);
  }
};

TEST_P(exceptions, destructors_that_yield_keep_their_count_of_uncaught_ones) {
  in_run([] {
    wait_group all;
    constexpr int each = 50;
    all.add(2 * each);
    for (int i = 0; i < each; ++i) {
      go([&all] {
        for (int round = 0; round < 20; ++round) {
          try {
            const yields_when_destroyed outer{1};
            const yields_when_destroyed inner{1};
            throw numbered{round};
          } catch (const numbered& caught) {
            EXPECT_EQ(caught.number, round);
            EXPECT_EQ(std::uncaught_exceptions(), 0);
          }
        }
        all.done();
      });
      go([&all] {
        for (int round = 0; round < 20; ++round) const yields_when_destroyed calm{0};
        all.done();
      });
    }
    all.wait();
  });
}

TEST_P(exceptions, an_exception_ptr_travels_while_its_exception_is_being_handled) {
  in_run([] {
    const auto pointers = make_chan<std::exception_ptr>();
    const auto results = make_chan<std::string>();
    go([=] {
      try {
        throw std::runtime_error("sent on");
      } catch (const std::exception&) {
        pointers.send(std::current_exception());
        EXPECT_EQ(results.recv(), "go on");  // the other one has rethrown meanwhile
        try {
          throw;
        } catch (const std::runtime_error& mine) {
          results.send(mine.what());
        }
      }
    });
    try {
      std::rethrow_exception(*pointers.recv());
    } catch (const std::runtime_error& got) {
      EXPECT_STREQ(got.what(), "sent on");
      results.send("go on");
    }
    EXPECT_EQ(results.recv(), "sent on");
    EXPECT_EQ(std::current_exception(), nullptr);
  });
}

TEST_P(exceptions, a_new_goroutine_starts_without_its_creators_exceptions) {
  in_run([] {
    try {
      throw numbered{1};
    } catch (...) {
      spawn([] {
        EXPECT_EQ(std::current_exception(), nullptr);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
      }).join();
      EXPECT_NE(std::current_exception(), nullptr);
    }
  });
}

TEST_P(exceptions, a_run_inside_a_handler_leaves_its_exception_alone) {
  const int procs = GetParam();
  try {
    try {
      throw numbered{4};
    } catch (const numbered&) {
      run({.gomaxprocs = procs}, [] {
        EXPECT_EQ(std::current_exception(), nullptr);
        for (int i = 0; i < 10; ++i) rethrow_at_every_depth(i, 1);
      });
      EXPECT_EQ(run([] { return 6; }), 6);
      throw;
    }
  } catch (const numbered& caught) {
    EXPECT_EQ(caught.number, 4);
  }
}

// --- goexit ------------------------------------------------------------------------------------

struct noting {
  std::vector<std::string>* notes;
  const char* text;
  ~noting() { notes->push_back(text); }
};

TEST_P(exceptions, goexit_runs_destructors_innermost_first_and_handlers_that_rethrow) {
  in_run([] {
    std::vector<std::string> notes;
    const auto depths = [&notes] {
      const noting outer{&notes, "outer"};
      try {
        const noting middle{&notes, "middle"};
        try {
          const noting inner{&notes, "inner"};
          yield();
          goexit();
        } catch (const std::exception&) {
          notes.push_back("not an exception");
        } catch (...) {
          notes.push_back("handler");
          yield();
          throw;
        }
      } catch (...) {
        notes.push_back("outer handler");
        throw;
      }
      notes.push_back("not reached");
    };
    auto ended = spawn(depths);
    EXPECT_THROW(ended.join(), panic_error);
    EXPECT_EQ(notes,
              (std::vector<std::string>{"inner", "handler", "middle", "outer handler", "outer"}));
  });
}

TEST_P(exceptions, goexit_in_a_destructor_that_parks_goes_on_on_another_thread) {
  in_run([] {
    struct parks {
      chan<int> c;
      ~parks() {
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(c.recv());
      }
    };
    const auto feed = make_chan<int>();
    wait_group all;
    constexpr int crowd = 20;
    all.add(crowd);
    for (int i = 0; i < crowd; ++i)
      go([&all, feed] {
        const defer counted([&all] { all.done(); });
        const parks outer{feed};
        const parks inner{feed};
        goexit();
      });
    for (int i = 0; i < crowd * 6; ++i) feed.send(i);
    all.wait();
  });
}

TEST_P(exceptions, goexit_destroys_the_closure_and_leaves_the_others) {
  in_run([] {
    const auto held = std::make_shared<int>(1);
    const auto ended = make_chan<void>();
    go([held, ended] {
      const defer tell([&] { ended.close(); });
      goexit();
    });
    EXPECT_FALSE(ended.recv());
    while (held.use_count() != 1) yield();
    EXPECT_EQ(spawn([] { return 7; }).join(), 7);
  });
}

TEST(goexit, panics_on_a_plain_thread) { EXPECT_THROW(goexit(), panic_error); }

}  // namespace
}  // namespace gander::testing
