// SPDX-License-Identifier: Apache-2.0
//
// gdb with our script on a program of test/debugger/: what it answers to each of a list of
// commands. An error in the script fails the test; so does an error of gdb's, unless it is asked
// for.
#pragma once

#include <string>
#include <vector>

#include "support/core.h"

namespace gander::testing {

struct session {
  std::vector<std::string> answers;  // one for each command, errors included
  std::string all;                   // of gdb itself, too, from its start on
  std::vector<long> ids;             // debugged::ids; empty while there are none

  // "goroutine 7", by its mark.
  std::string goroutine(std::size_t mark) const;
};

// A command may say @5 for the number of the goroutine with mark 5. `options` come before the
// program: how it is loaded (-core, a breakpoint and run).
session debug(const std::string& program, const std::vector<std::string>& options,
              std::vector<std::string> commands);

// Loads the script from the program itself.
inline const std::vector<std::string> trusting = {"-iex", "set auto-load safe-path /"};

// The program stands in everything_stands(), with `count` more goroutines.
std::vector<std::string> alive(int count = 0);
std::vector<std::string> dead(const std::string& core);

inline std::string debugged(const std::string& kind) { return GANDER_DEBUGGED_DIR "/" + kind; }

}  // namespace gander::testing
