// SPDX-License-Identifier: Apache-2.0
#include "collector/stop.h"

#include <gander/gander.h>
#include <gtest/gtest.h>

#include <thread>

#include "collector/watch_test_helper.h"
#include "crash/thread_table.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

int sysmon_tid() {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m->is_sysmon) return m->tid;
  return 0;
}

// On a plain thread, as the collector's is one.
bool sysmon_is_asked() {
  bool asked = false;
  std::thread([&] {
    current_or_attach();
    world_stop stop;
    while (!stop.begin()) {
    }
    asked = crash::find_thread(sysmon_tid()) != nullptr;
    stop.end();
  }).join();
  return asked;
}

TEST(world_stop, asks_sysmon_only_while_no_run_is_on) {
  in_run([] {
    make_node();
    blocking([] { EXPECT_FALSE(sysmon_is_asked()); });
  });
  ASSERT_NE(sysmon_tid(), 0);
  EXPECT_TRUE(sysmon_is_asked()) << "it serves alarms then";
}

}  // namespace
}  // namespace gander::collector
