// SPDX-License-Identifier: Apache-2.0
//
// Traces for tests: written to a file, and read by Go's own reader.
#pragma once

#include <gander/trace.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/core.h"

namespace gander::testing {

// What `go tool trace -d=1` prints of a trace. One that it refuses, or in which the stricter
// `gander trace --check` finds a fault, fails the test.
std::string go_dump(const std::string& path);

// Go's four profiles of a trace can be made.
void expect_profiles(const std::string& path);

// How often `what` stands in the text.
std::size_t count(std::string_view text, std::string_view what);

// A trace from its making to finish().
class traced {
 public:
  explicit traced(const trace::options& options = {});
  ~traced();

  // Ends the trace, and gives Go's view of it.
  std::string finish();

  const trace::result& result() const noexcept { return result_; }
  const std::string& path() const noexcept { return path_; }

 private:
  temporary_folder folder_;
  std::string path_;
  int fd_;
  bool on_ = false;
  trace::result result_;
};

}  // namespace gander::testing
