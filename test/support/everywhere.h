// SPDX-License-Identifier: Apache-2.0
//
// Tests that run twice: on plain threads, without any run(), and on goroutines.
#pragma once

#include <gander/run.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/workers.h"

namespace gander::testing {

class everywhere : public ::testing::TestWithParam<place> {
 protected:
  // Runs the test's body here, or as the main goroutine.
  template <typename F>
  static void in_place(F body) {
    if (GetParam() == place::threads) {
      body();
    } else {
      const inside_run one;
      gander::run(std::move(body));
    }
  }
};

inline std::string name_of_place(const ::testing::TestParamInfo<place>& info) {
  return info.param == place::threads ? "threads" : "goroutines";
}

}  // namespace gander::testing

// Instantiates a fixture derived from `everywhere` for both places.
#define GANDER_EVERYWHERE(suite)                                                                  \
  INSTANTIATE_TEST_SUITE_P(                                                                       \
      , suite,                                                                                    \
      ::testing::Values(::gander::testing::place::threads, ::gander::testing::place::goroutines), \
      ::gander::testing::name_of_place)
