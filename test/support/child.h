// SPDX-License-Identifier: Apache-2.0
//
// Runs a program, by default one of test/testprog/, as a child process and keeps what it said and
// cost.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace gander::testing {

struct child_options {
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::chrono::milliseconds limit = std::chrono::seconds(20);  // then it is killed
  std::vector<std::string> wrapper = {};  // put in front, with its options: gdb, prlimit
  std::string folder = {};                // where it starts
  bool core_dumps = false;
};

struct child_result {
  int exit_status = -1;  // -1 when a signal ended it
  int signal = 0;
  bool timed_out = false;  // it still lived at the limit
  std::string out;
  std::string err;
  std::chrono::microseconds cpu{0};

  // "name=value" lines of the output, for programs that report figures; -1 when there is none.
  long figure(const std::string& name) const;
};

// `name` is that of a file in test/testprog/, or a path.
child_result run_program(const std::string& name, const std::vector<std::string>& arguments = {},
                         const child_options& options = {});

}  // namespace gander::testing
