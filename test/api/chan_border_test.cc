// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

namespace {

// A program of its own, since it replaces operator new.
TEST(chan_border, no_user_code_runs_inside) {
  EXPECT_EQ(std::system(GANDER_TESTPROG_DIR "/chan_border"), 0);
}

}  // namespace
