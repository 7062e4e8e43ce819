// SPDX-License-Identifier: Apache-2.0
#include <gander/context.h>
#include <gander/time.h>

#include <string>

#include "support/await.h"
#include "support/everywhere.h"
#include "support/tracked.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await;
using testing::workers;

class context_test : public testing::everywhere {};
GANDER_EVERYWHERE(context_test);

const context_key<std::string> name_key;
const context_key<int> number_key;

TEST(context, background_is_never_done) {
  const context ctx = background();
  EXPECT_FALSE(ctx.done());
  EXPECT_FALSE(ctx.err());
  EXPECT_FALSE(ctx.cause());
  EXPECT_FALSE(ctx.deadline());
  EXPECT_FALSE(ctx.stop_token().stop_possible());
}

TEST(context, errors_are_those_of_std) {
  EXPECT_EQ(make_error_code(errc::canceled), std::errc::operation_canceled);
  EXPECT_EQ(make_error_code(errc::deadline_exceeded), std::errc::timed_out);
  EXPECT_EQ(std::error_code(errc::canceled).message(), "context canceled");
  EXPECT_EQ(std::error_code(errc::deadline_exceeded).message(), "context deadline exceeded");
}

TEST(context, cancel_reaches_all_below_and_none_above) {
  auto top = with_cancel(background());
  auto middle = with_cancel(top.ctx);
  const context value = with_value(middle.ctx, number_key, 1);
  auto bottom = with_timeout(value, 1h);
  auto sibling = with_cancel(top.ctx);
  const context detached = without_cancel(bottom.ctx);
  middle.cancel();
  middle.cancel();
  EXPECT_FALSE(top.ctx.err());
  EXPECT_FALSE(sibling.ctx.err());
  EXPECT_FALSE(detached.err());
  EXPECT_FALSE(detached.deadline());
  EXPECT_EQ(*detached.value(number_key), 1);
  for (const context& c : {middle.ctx, value, bottom.ctx}) {
    EXPECT_EQ(c.err(), errc::canceled);
    EXPECT_FALSE(c.done().recv());
  }
  auto late = with_cancel(bottom.ctx);
  EXPECT_EQ(late.ctx.err(), errc::canceled);
}

TEST(context, cause_goes_down) {
  auto top = with_cancel(background());
  auto below = with_cancel(top.ctx);
  top.cancel(std::make_exception_ptr(42));
  EXPECT_THROW(std::rethrow_exception(below.ctx.cause()), int);
  auto other = with_cancel(background());
  other.cancel();
  EXPECT_THROW(std::rethrow_exception(other.ctx.cause()), std::system_error);
}

TEST(context, last_cancel_fn_cancels) {
  context ctx;
  {
    auto made = with_cancel(background());
    ctx = made.ctx;
    { const cancel_fn copy = made.cancel; }
    EXPECT_FALSE(ctx.err());
    cancel_fn moved = std::move(made.cancel);
    EXPECT_FALSE(ctx.err());
  }
  EXPECT_EQ(ctx.err(), errc::canceled);
}

TEST(context, a_cancel_fn_that_was_moved_from_cancels_nothing) {
  auto made = with_cancel(background());
  cancel_fn moved = std::move(made.cancel);
  const cancel_fn copy = made.cancel;
  copy();
  made.cancel();
  cancel_fn().operator()();
  EXPECT_FALSE(made.ctx.err());
  made.cancel = moved;
  moved = cancel_fn();
  EXPECT_FALSE(made.ctx.err());
  made.cancel = {};
  EXPECT_EQ(made.ctx.err(), errc::canceled);
}

TEST(context, values_are_found_by_key_object) {
  const context a = with_value(background(), name_key, "a");
  const context b = with_value(a, number_key, 7);
  const context c = with_value(b, name_key, "c");
  EXPECT_EQ(*a.value(name_key), "a");
  EXPECT_EQ(a.value(number_key), nullptr);
  EXPECT_EQ(*c.value(number_key), 7);
  EXPECT_EQ(*c.value(name_key), "c");
  EXPECT_EQ(*b.value(name_key), "a");
}

TEST(context, dropping_leaks_nothing_and_long_chains_end_flat) {
  static const context_key<testing::tracked> key;
  const int before = testing::tracked::live;
  {
    auto top = with_cancel(background());
    for (int i = 0; i < 1000; ++i) {
      auto child = with_timeout(with_value(top.ctx, key, testing::tracked(i)), 1h);
    }
    EXPECT_EQ(testing::tracked::live, before);
    context chain = top.ctx;
    std::vector<cancel_fn> cancels;
    for (int i = 0; i < 100000; ++i) {
      auto made = with_cancel(chain);
      chain = made.ctx;
      cancels.push_back(made.cancel);
    }
    top.cancel();
    EXPECT_EQ(chain.err(), errc::canceled);
  }
}

TEST_P(context_test, deadline_comes) {
  in_place([] {
    auto top = with_timeout(background(), 3ms);
    auto below = with_deadline(top.ctx, std::chrono::steady_clock::now() + 1h);
    EXPECT_EQ(below.ctx.deadline(), top.ctx.deadline());  // the parent's is earlier
    EXPECT_FALSE(below.ctx.done().recv());
    EXPECT_EQ(below.ctx.err(), errc::deadline_exceeded);
    EXPECT_EQ(top.ctx.err(), errc::deadline_exceeded);
    EXPECT_EQ(with_timeout(background(), -1s).ctx.err(), errc::deadline_exceeded);
  });
}

TEST_P(context_test, deadlines_race_with_cancels_and_drops) {
  in_place([] {
    for (int i = 0; i < 500; ++i) {
      auto top = with_timeout(background(), std::chrono::microseconds(i % 50));
      workers crew(GetParam());
      crew.go([ctx = top.ctx, i] {
        auto below = with_timeout(ctx, std::chrono::microseconds(i % 40));
        auto lower = with_cancel(below.ctx);
        (void)lower.ctx.done().recv();
        EXPECT_TRUE(lower.ctx.err());
      });
      crew.go([cancel = top.cancel] { cancel(); });
    }
  });
}

TEST_P(context_test, stop_tokens_both_ways) {
  in_place([] {
    std::stop_source source;
    auto made = with_stop_token(background(), source.get_token());
    auto below = with_cancel(made.ctx);
    const std::stop_token out = below.ctx.stop_token();
    std::atomic<int> calls{0};
    const std::stop_callback count(out, [&] { ++calls; });
    EXPECT_FALSE(out.stop_requested());
    source.request_stop();
    EXPECT_EQ(below.ctx.err(), errc::canceled);
    EXPECT_TRUE(out.stop_requested());
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(below.ctx.stop_token().stop_requested());
    EXPECT_TRUE(with_stop_token(background(), source.get_token()).ctx.err());
  });
}

// They do not wait for somebody to make the next timer.
TEST(context_on_goroutines, values_go_with_the_last_handle_also_after_a_deadline) {
  using testing::tracked;
  static const context_key<tracked> key;
  gander::run([] {
    const int before = tracked::live;
    for (int round = 0; round < 20; ++round) {
      auto made = with_timeout(with_value(background(), key, tracked(1)), 200us);
      (void)made.ctx.done().recv();
    }
    await([&] { return tracked::live == before; });
  });
}

TEST(context_on_goroutines, stop_callbacks_of_a_deadline_run_on_a_goroutine) {
  gander::run([] {
    auto made = with_timeout(background(), 1ms);
    std::atomic<bool> called{false};
    const std::stop_callback call(made.ctx.stop_token(), [&] { called = true; });
    await([&] { return called.load(); });
  });
}

}  // namespace
}  // namespace gander
