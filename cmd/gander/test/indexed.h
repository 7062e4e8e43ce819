// SPDX-License-Identifier: Apache-2.0
//
// A trace in memory, and what was said of it when it was read.
#pragma once

#include <memory>

#include "encoder.h"
#include "view/trace_index.h"

namespace gander::tool::testing {

struct indexed {
  explicit indexed(const bytes& data) {
    problems.strictly = false;
    input in{std::span(data)};
    totals = read_trace(in, problems, index);
  }

  problem_log problems;
  trace_totals totals;
  trace_index index;
};

}  // namespace gander::tool::testing
