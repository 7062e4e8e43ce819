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

// What children may ask of the sanitizer that they are built with, if any; combined with ':'.
// That the runtime tells of their faults, and not the sanitizer in its own words.
inline const std::string faults_are_ours = "handle_segv=0:handle_sigbus=0:handle_sigfpe=0";
// Where it could not look for leaks at exit: it starts a thread for that.
inline const std::string no_leak_check = "detect_leaks=0";

struct child_options {
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::chrono::milliseconds limit = std::chrono::seconds(20);  // then it is killed
  std::vector<std::string> wrapper = {};  // put in front, with its options: gdb, prlimit
  std::string folder = {};                // where it starts
  bool core_dumps = false;
  std::string sanitizer = {};
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
