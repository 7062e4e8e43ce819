// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <gtest/gtest.h>

namespace gander {
namespace {

TEST(check, a_failed_check_prints_its_text_and_exits_with_status_2) {
  EXPECT_EXIT(check(false, "the sky fell"), testing::ExitedWithCode(2),
              "fatal error: the sky fell\n");
}

TEST(check, a_check_that_holds_does_nothing) { check(true, "unreachable"); }

}  // namespace
}  // namespace gander
