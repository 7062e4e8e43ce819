// SPDX-License-Identifier: Apache-2.0
//
// The text form of traces in which Go keeps the cases of its own reader's tests.
#pragma once

#include <string>

#include "encoder.h"

namespace gander::tool::testing {

struct text_case {
  bool succeeds = false;  // with Go's reader
  bytes trace;
};

// Throws std::runtime_error when the text is not understood.
text_case parse_text_case(const std::string& text);

}  // namespace gander::tool::testing
