// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gander/panic.h>

#include <string>

namespace gander::testing {

// What f() panics with.
template <typename F>
std::string panic_text(F&& f) {
  try {
    f();
  } catch (const panic_error& e) {
    return e.what();
  }
  return "no panic";
}

}  // namespace gander::testing
