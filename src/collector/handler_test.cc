// SPDX-License-Identifier: Apache-2.0
//
// In a signal handler there is no collected heap: debug builds say so, where the collector is told
// of a store, or asked for memory. A handler is known by its stack, where that is the runtime's.
//
// Not under tsan, which delivers a signal late, nor under asan and ubsan, which bring stacks of
// their own.
#include "base/check.h"
#include "support/build.h"
#if GANDER_DEBUG_CHECKS && !UNDER_TSAN && !UNDER_ASAN && !UNDER_UBSAN
#include <gtest/gtest.h>

#include <csignal>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

node* field = nullptr;

void run_in_handler(void (*handler)(int)) {
  in_run([=] {
    make_node();
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    ::sigaction(SIGUSR1, &action, nullptr);
    internal::gc_now.marking = true;
    ::raise(SIGUSR1);
  });
}

TEST(handler_DeathTest, may_not_store) {
  EXPECT_DEATH(run_in_handler([](int) { internal::gc_store(field, field); }),
               "fatal error: gander called in a signal handler");
}

TEST(handler_DeathTest, may_not_allocate) {
  EXPECT_DEATH(run_in_handler([](int) { make_node(); }),
               "fatal error: gander called in a signal handler");
}

}  // namespace
}  // namespace gander::collector
#endif
