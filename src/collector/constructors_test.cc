// SPDX-License-Identifier: Apache-2.0
//
// Objects that are being made while the collector runs: half-built, shown to others, given up by an
// exception.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

struct leaf {
  std::uintptr_t value = 0;
};

int destroyed = 0;  // of those that were never whole

struct half_built;
gc::ptr<half_built> shown;
std::unique_ptr<watcher> of_shown;

struct half_built {
  GANDER_GC_DESTROY(half_built)
  explicit half_built(bool throws, bool shows) : is_half(throws), first(gc::make<leaf>(1U)) {
    of_shown = std::make_unique<watcher>(this);
    if (shows) shown = this;
    collect_now();
    second = gc::make<leaf>(2U);
    collect_now();
    if (throws) throw std::runtime_error("half");
  }
  ~half_built() {
    if (is_half) ++destroyed;
  }

  bool is_half;
  gc::ptr<leaf> first;
  gc::ptr<leaf> second;
};

std::uintptr_t sum(const half_built& h) {
  return (h.first ? h.first->value : 0) + (h.second ? h.second->value : 0);
}

class constructors : public ::testing::Test {
 protected:
  void SetUp() override { destroyed = 0; }
  void TearDown() override {
    shown = nullptr;
    of_shown = nullptr;
  }
};

TEST_F(constructors, hold_what_they_have_made) {
  in_run([] {
    spawn([] { EXPECT_EQ(sum(*gc::make<half_built>(false, false)), 3U); }).join();
    EXPECT_TRUE(goes(*of_shown));
  });
}

TEST_F(constructors, that_publish_this_make_no_loss) {
  in_run([] {
    std::uintptr_t seen = 0;
    // Another one has it from the global alone.
    spawn([] { gc::make<half_built>(false, true); }).join();
    EXPECT_TRUE(stays(*of_shown));
    spawn([&] { seen = sum(*shown); }).join();
    EXPECT_EQ(seen, 3U);
    spawn([] { shown = nullptr; }).join();
    EXPECT_TRUE(goes(*of_shown));
  });
}

TEST_F(constructors, that_throw_leave_nothing) {
  in_run([] {
    spawn([] { EXPECT_THROW(gc::make<half_built>(true, false), std::runtime_error); }).join();
    EXPECT_TRUE(goes(*of_shown));
    collect_now();
  });
  EXPECT_EQ(destroyed, 0);
}

// Who has it finds memory, and in it what the destructors of members left.
TEST_F(constructors, that_throw_having_published_this) {
  in_run([] {
    spawn([] { EXPECT_THROW(gc::make<half_built>(true, true), std::runtime_error); }).join();
    EXPECT_TRUE(stays(*of_shown));
    spawn([&] {
      EXPECT_EQ(sum(*shown), 0U);
      shown = nullptr;
    }).join();
    EXPECT_TRUE(goes(*of_shown));
  });
  EXPECT_EQ(destroyed, 0);
}

}  // namespace
}  // namespace gander::collector
