// SPDX-License-Identifier: Apache-2.0
#include "crash/traceback_level.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

namespace gander::crash {
namespace {

// level << 2 | all << 1 | crash, so that a report reads each at one instant. Go's default is the
// least that the environment can leave in force.
std::atomic<unsigned> of_environment{1U << 2};
std::atomic<unsigned> of_program{0};

unsigned pack(traceback_level t) noexcept {
  return static_cast<unsigned>(t.level) << 2 | (t.all ? 2U : 0U) | (t.crash ? 1U : 0U);
}

}  // namespace

traceback_level parse_traceback(std::string_view word) noexcept {
  if (word.empty() || word == "single") return {1, false, false};
  if (word == "none") return {0, false, false};
  if (word == "all") return {1, true, false};
  if (word == "system") return {2, true, false};
  if (word == "crash") return {2, true, true};
  if (word == "wer") return {1, false, false};  // Windows' own; elsewhere the default
  const bool number =
      std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number) return {0, true, false};
  return {word == "0" ? 0 : word == "1" ? 1 : 2, true, false};
}

traceback_level current_traceback() noexcept {
  const unsigned environment = of_environment.load();
  const unsigned program = of_program.load();
  return {static_cast<int>(std::max(environment >> 2, program >> 2)),
          ((environment | program) & 2) != 0, ((environment | program) & 1) != 0};
}

void read_traceback_environment() noexcept {
  const char* const word = std::getenv("GOTRACEBACK");
  of_environment.store(pack(parse_traceback(word != nullptr ? word : "")));
}

void set_traceback(traceback_level to) noexcept { of_program.store(pack(to)); }

}  // namespace gander::crash
