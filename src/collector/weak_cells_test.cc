// SPDX-License-Identifier: Apache-2.0
//
// Weak cells that are held by nothing but an object that is about to be destroyed: its destructor
// may pass them on, and what they tell then is still true.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

struct target {
  std::uintptr_t value = 7;
};

gc::weak<target> passed_on;
gc::ptr<target> held;
chan<void> has_passed_on;

struct knows_target {
  GANDER_GC_DESTROY(knows_target)
  explicit knows_target(target* t) : known(t) {}
  ~knows_target() {
    passed_on = known;
    has_passed_on.send();
  }
  gc::weak<target> known;
};

TEST(weak_cells, of_a_destroyed_object_go_on_telling) {
  in_run([] {
    has_passed_on = make_chan<void>(1);
    spawn([] {
      held = gc::make<target>();
      gc::make<knows_target>(held);
    }).join();
    do collect_now();
    while (!has_passed_on.recv_for(std::chrono::milliseconds(10)));
    spawn([] { EXPECT_EQ(passed_on.lock(), held.get()); }).join();
    spawn([] { held = nullptr; }).join();
    let_others_rest();
    for (int i = 0; i < 3; ++i) collect_now();
    EXPECT_TRUE(passed_on.expired());
    passed_on = nullptr;
  });
}

}  // namespace
}  // namespace gander::collector
