// SPDX-License-Identifier: Apache-2.0

// Runs a program that is expected to die, and keeps what it said.
#pragma once

#include <string>

namespace report {

struct outcome {
  int status = 0;  // as waitpid gives it
  std::string err;
};

// Starts program with one argument and GOTRACEBACK set, in /, without core files. Sends SIGQUIT
// when the child prints its first line on stdout, if asked to. Kills it after a minute: status then
// tells SIGKILL.
outcome run_child(const std::string& program, const std::string& argument,
                  const std::string& traceback, bool quit_at_first_line);

}  // namespace report
